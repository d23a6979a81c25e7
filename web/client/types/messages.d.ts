export class Messages {
    /** @param {number} [max] */
    constructor(max?: number);
    /** @returns {(Message | Missing)[]} */
    get list(): (Message | Missing)[];
    /** @returns {number} */
    get size(): number;
    /** @param {number} seq @returns {Message | undefined} */
    get(seq: number): Message | undefined;
    /**
     * The next event of the log.
     * @param {LogEvent} event @param {number} asOf the seq up to which it shows all changes
     * @returns {Message | undefined} the message that it is or changed, if it is here
     */
    next(event: LogEvent, asOf: number): Message | undefined;
    /** @param {LostStep} step */
    lost(step: LostStep): void;
    /** A page of history. @param {LogEvent[]} events oldest first @param {number} asOf */
    merge(events: LogEvent[], asOf: number): void;
    #private;
}
export type LogEvent = import("./types.js").LogEvent;
export type Message = import("./types.js").Message;
export type Missing = import("./types.js").Missing;
export type LostStep = import("./room_log.js").LostStep;
