// Puts a room's events in order: live ones, those of `joined`, pages of history, in whatever order
// they arrive (docs/protocol.md, "Join", "History", "Slow readers"). It says which page to ask for
// next, and what could not be had. Pure: no socket, no timer.
// Invariant: what it yields has rising `seq` within an epoch, each at most once; a hole is yielded
// as `lost`, never passed over in silence.

/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").Joined} Joined */
/** @typedef {import("./types.js").HistoryPage} HistoryPage */
/** @typedef {import("./types.js").Position} Position */
/** @typedef {{after: number, before: number}} Hole exclusive bounds */
/** @typedef {Exclude<import("./types.js").HoleReason, "unread">} LostReason */
/**
 * `asOf`: a message shows all changes up to this seq, at least.
 * @typedef {{kind: "event", event: LogEvent, live: boolean, asOf: number}} EventStep
 */
/** @typedef {{kind: "lost", from: number, to: number, reason: LostReason}} LostStep */
/** @typedef {EventStep | LostStep} Step */

const kWaitingMax = 2000;

export class RoomLog {
    #epoch = "";
    #last = 0; // everything up to here was yielded
    #head = 0; // the newest seq that is known to exist
    #first = 1; // the oldest seq that the server keeps
    #oldest = 0; // the oldest seq yielded in this epoch, 0: none
    #catchUpMax;
    /** @type {Map<number, {event: LogEvent, live: boolean, asOf: number}>} */
    #waiting = new Map();

    /** @param {number} [catchUpMax] how many missed events are worth paging; beyond, skip */
    constructor(catchUpMax = 2000) {
        this.#catchUpMax = catchUpMax;
    }

    /** Where to resume, or null before the first `joined`. @returns {Position | null} */
    get position() {
        return this.#epoch === "" ? null : { epoch: this.#epoch, seq: this.#last };
    }

    /** The newest seq that is known to exist. @returns {number} */
    get head() {
        return this.#head;
    }

    /** The oldest seq that the server keeps, as far as is known. @returns {number} */
    get first() {
        return this.#first;
    }

    /** The bound for a page of older events, or 0 when there are none. @returns {number} */
    get olderThan() {
        const oldest = this.#oldest === 0 ? this.#last + 1 : this.#oldest;
        return this.#epoch !== "" && oldest > this.#first ? oldest : 0;
    }

    /**
     * @param {Joined} joined
     * @param {boolean} resumed the join had a `since`
     * @returns {Step[]}
     */
    joined(joined, resumed) {
        /** @type {Step[]} */
        const steps = [];
        if (!resumed || !joined.recovered) {
            const given = joined.events.length > 0 ? joined.events[0].seq - 1 : null;
            const start = given ?? (resumed ? joined.first - 1 : joined.seq);
            const begun = this.#epoch !== "" && this.#last > 0;
            if (begun && this.#epoch !== joined.epoch) {
                steps.push({ kind: "lost", from: 0, to: 0, reason: "epoch" });
            } else if (begun && start > this.#last) {
                steps.push({ kind: "lost", from: this.#last + 1, to: start, reason: "expired" });
            }
            const same = this.#epoch === joined.epoch;
            this.#last = same ? Math.max(start, this.#last) : start;
            if (!same) this.#oldest = 0;
            this.#head = 0;
        }
        this.#waiting.clear();
        this.#epoch = joined.epoch;
        this.#first = joined.first;
        this.#head = Math.max(this.#head, joined.seq);
        for (const event of joined.events) this.#take(event, false, joined.seq);
        return this.#settle(steps);
    }

    /** @param {LogEvent} event @returns {Step[]} */
    live(event) {
        this.#take(event, true, event.seq);
        return this.#settle([]);
    }

    /** @param {{epoch: string, to: number}} gap @returns {Step[]} */
    gap(gap) {
        if (gap.epoch === this.#epoch) this.#head = Math.max(this.#head, gap.to);
        return this.#settle([]);
    }

    /** The hole to page next, oldest first, or null. @returns {Hole | null} */
    get hole() {
        if (this.#last >= this.#head) return null;
        const end = this.#waiting.size > 0 ? Math.min(...this.#waiting.keys()) : this.#head + 1;
        return { after: this.#last, before: end };
    }

    /**
     * The answer to a page asked for `hole`; null when the server refused it for good.
     * @param {Hole} hole
     * @param {HistoryPage | null} page
     * @param {number} [asOf] the head when it was asked for: so much the page has seen
     * @returns {Step[]}
     */
    page(hole, page, asOf = 0) {
        const usable = page !== null && page.epoch === this.#epoch;
        const had = this.#waiting.size + this.#last;
        if (usable) {
            this.#first = Math.max(this.#first, page.first);
            for (const event of page.events) this.#take(event, false, asOf);
        }
        /** @type {Step[]} */
        const steps = [];
        if (usable && this.#first > this.#last + 1) {
            this.#lose(steps, Math.min(this.#first, hole.before) - 1, "expired");
        } else if (this.#waiting.size + this.#last === had && hole.after === this.#last) {
            this.#lose(steps, hole.before - 1, usable ? "expired" : "failed");
        }
        return this.#settle(steps);
    }

    /** Older events, for reading backwards. @param {HistoryPage} page @returns {LogEvent[]} */
    older(page) {
        if (page.epoch !== this.#epoch) return [];
        this.#first = Math.max(this.#first, page.first);
        const bound = this.olderThan;
        const events = page.events.filter((event) => event.seq < bound);
        if (events.length > 0) this.#oldest = events[0].seq;
        else if (page.events.length === 0) this.#first = bound;
        return events;
    }

    /** @param {LogEvent} event @param {boolean} live @param {number} asOf */
    #take(event, live, asOf) {
        if (event.seq <= this.#last || this.#waiting.has(event.seq)) return;
        this.#waiting.set(event.seq, { event, live, asOf: Math.max(asOf, event.seq) });
        this.#head = Math.max(this.#head, event.seq);
    }

    /** @param {Step[]} steps @param {number} to @param {LostReason} reason */
    #lose(steps, to, reason) {
        if (to <= this.#last) return;
        steps.push({ kind: "lost", from: this.#last + 1, to, reason });
        this.#last = to;
    }

    /** @param {Step[]} steps @returns {Step[]} the same list, with what is in order now */
    #settle(steps) {
        this.#drain(steps);
        const hole = this.hole;
        if (hole === null) return steps;
        const tooFar = hole.before - hole.after - 1 > this.#catchUpMax;
        if (tooFar) this.#lose(steps, hole.before - 101, "skipped");
        if (this.#waiting.size > kWaitingMax) {
            this.#lose(steps, Math.min(...this.#waiting.keys()) - 1, "skipped");
            this.#drain(steps);
        }
        return steps;
    }

    /** @param {Step[]} steps */
    #drain(steps) {
        for (;;) {
            const next = this.#waiting.get(this.#last + 1);
            if (next === undefined) return;
            this.#waiting.delete(this.#last + 1);
            this.#last += 1;
            if (this.#oldest === 0) this.#oldest = this.#last;
            steps.push({ kind: "event", ...next });
        }
    }
}
