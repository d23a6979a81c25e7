/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Reactions} Reactions */
export class MessageState {
    /** @param {LogEvent} event of type `message` @param {number} asOf */
    constructor(event: LogEvent, asOf: number);
    /** @type {Message} */
    message: Message;
    /** The server said it again. @param {LogEvent} event @param {number} asOf */
    renew(event: LogEvent, asOf: number): void;
    /** @param {LogEvent} change whose target this is */
    apply(change: LogEvent): void;
    #private;
}
export type LogEvent = import("./types.js").LogEvent;
export type Message = import("./types.js").Message;
export type Reactions = import("./types.js").Reactions;
