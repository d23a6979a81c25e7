export class Paging {
    /**
     * @param {string} room @param {Wire} wire @param {RoomLog} log @param {Messages} messages
     * @param {(steps: Step[]) => void} yielded
     */
    constructor(room: string, wire: Wire, log: RoomLog, messages: Messages, yielded: (steps: Step[]) => void);
    /** A new connection: what was under way never comes. */
    restart(): void;
    /** Asks for what the log misses, until nothing is missing. */
    fill(): void;
    /** @param {HistoryRange} range @returns {Promise<HistoryPage>} */
    read({ before, after, limit }: HistoryRange): Promise<HistoryPage>;
    #private;
}
export type Messages = import("./messages.js").Messages;
export type RoomLog = import("./room_log.js").RoomLog;
export type Step = import("./room_log.js").Step;
export type Wire = import("./room.js").Wire;
export type HistoryPage = import("./types.js").HistoryPage;
export type HistoryRange = import("./types.js").HistoryRange;
