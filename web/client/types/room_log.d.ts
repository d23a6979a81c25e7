export class RoomLog {
    /** @param {number} [catchUpMax] how many missed events are worth paging; beyond, skip */
    constructor(catchUpMax?: number);
    /** Where to resume, or null before the first `joined`. @returns {Position | null} */
    get position(): Position | null;
    /** The newest seq that is known to exist. @returns {number} */
    get head(): number;
    /** The oldest seq that the server keeps, as far as is known. @returns {number} */
    get first(): number;
    /** The bound for a page of older events, or 0 when there are none. @returns {number} */
    get olderThan(): number;
    /**
     * @param {Joined} joined
     * @param {boolean} resumed the join had a `since`
     * @returns {Step[]}
     */
    joined(joined: Joined, resumed: boolean): Step[];
    /** @param {LogEvent} event @returns {Step[]} */
    live(event: LogEvent): Step[];
    /** @param {{epoch: string, to: number}} gap @returns {Step[]} */
    gap(gap: {
        epoch: string;
        to: number;
    }): Step[];
    /** The hole to page next, oldest first, or null. @returns {Hole | null} */
    get hole(): Hole | null;
    /**
     * The answer to a page asked for `hole`; null when the server refused it for good.
     * @param {Hole} hole
     * @param {HistoryPage | null} page
     * @param {number} [asOf] the head when it was asked for: so much the page has seen
     * @returns {Step[]}
     */
    page(hole: Hole, page: HistoryPage | null, asOf?: number): Step[];
    /** Older events, for reading backwards. @param {HistoryPage} page @returns {LogEvent[]} */
    older(page: HistoryPage): LogEvent[];
    #private;
}
export type LogEvent = import("./types.js").LogEvent;
export type Joined = import("./types.js").Joined;
export type HistoryPage = import("./types.js").HistoryPage;
export type Position = import("./types.js").Position;
/**
 * exclusive bounds
 */
export type Hole = {
    after: number;
    before: number;
};
export type LostReason = Exclude<import("./types.js").HoleReason, "unread">;
/**
 * `asOf`: a message shows all changes up to this seq, at least.
 */
export type EventStep = {
    kind: "event";
    event: LogEvent;
    live: boolean;
    asOf: number;
};
export type LostStep = {
    kind: "lost";
    from: number;
    to: number;
    reason: LostReason;
};
export type Step = EventStep | LostStep;
