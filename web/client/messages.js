// The messages of a room in their present state, in order of seq, and what is missing between them.
// Pure. Fed by the room with what its log yields and with pages of older events.
// Invariant: each message once; at most `max` of them (the oldest give way to what is live, a page
// of older ones is taken as far as it fits); a hole is always shown.

import { MessageState } from "./message_state.js";
import { SeqRanges } from "./seq_ranges.js";

/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Missing} Missing */
/** @typedef {import("./room_log.js").LostStep} LostStep */

const kChangesMax = 1000;

export class Messages {
    #max;
    /** @type {Map<number, MessageState>} rising seqs, once sorted */
    #states = new Map();
    #newest = 0;
    #sorted = true;
    #seen = new SeqRanges();
    /** @type {LostStep[]} */
    #lost = [];
    /** @type {LogEvent[]} the newest changes, for pages that were asked for before they came */
    #changes = [];

    /** @param {number} [max] */
    constructor(max = 1000) {
        this.#max = max;
    }

    /** @returns {(Message | Missing)[]} */
    get list() {
        const messages = Array.from(this.#states.values(), ({ message }) => message);
        const holes = this.#holes();
        return [...messages, ...holes].sort((a, b) => start(a) - start(b));
    }

    /** @returns {number} */
    get size() {
        return this.#states.size;
    }

    /** @param {number} seq @returns {Message | undefined} */
    get(seq) {
        return this.#states.get(seq)?.message;
    }

    /**
     * The next event of the log.
     * @param {LogEvent} event @param {number} asOf the seq up to which it shows all changes
     * @returns {Message | undefined} the message that it is or changed, if it is here
     */
    next(event, asOf) {
        this.#take(event, asOf);
        while (this.#states.size > this.#max) this.#dropOldest();
        return this.get(event.type === "message" ? event.seq : (event.target ?? 0));
    }

    /** @param {LostStep} step */
    lost(step) {
        if (step.reason === "epoch") this.#reset();
        else this.#lost.push(step);
    }

    /** A page of history. @param {LogEvent[]} events oldest first @param {number} asOf */
    merge(events, asOf) {
        const room = this.#max - this.#states.size;
        const fresh = events.filter(
            ({ type, seq }) => type === "message" && !this.#states.has(seq),
        );
        const bound = fresh.length > room ? fresh[fresh.length - room]?.seq : 0;
        for (const event of events) {
            if (bound !== undefined && event.seq >= bound) this.#take(event, asOf);
            else if (event.type !== "message") this.#change(event);
        }
        this.#changes.sort((a, b) => a.seq - b.seq);
        for (const change of this.#changes) this.#change(change);
    }

    /** @param {LogEvent} event @param {number} asOf */
    #take(event, asOf) {
        this.#seen.add(event.seq, event.seq);
        if (event.type !== "message") {
            this.#changes.push(event);
            if (this.#changes.length > kChangesMax) this.#changes.shift();
            this.#change(event);
            return;
        }
        const known = this.#states.get(event.seq);
        if (known !== undefined) {
            known.renew(event, asOf);
            return;
        }
        this.#states.set(event.seq, new MessageState(event, asOf));
        this.#sorted &&= event.seq > this.#newest;
        this.#newest = Math.max(this.#newest, event.seq);
    }

    #sort() {
        if (this.#sorted) return;
        this.#states = new Map([...this.#states].sort(([a], [b]) => a - b));
        this.#sorted = true;
    }

    /** @param {LogEvent} change */
    #change(change) {
        this.#states.get(change.target ?? 0)?.apply(change);
    }

    #dropOldest() {
        this.#sort();
        const [oldest] = this.#states.keys();
        this.#states.delete(oldest);
        const [next] = this.#states.keys();
        this.#seen.trim(next ?? oldest + 1);
        this.#lost = this.#lost.filter(({ to }) => to > oldest);
    }

    #reset() {
        this.#states.clear();
        this.#newest = 0;
        this.#sorted = true;
        this.#seen = new SeqRanges();
        this.#lost = [];
        this.#changes = [];
    }

    /** @returns {Missing[]} */
    #holes() {
        const ranges = this.#seen.all;
        const from = Math.min(
            ...ranges.map((range) => range.from),
            ...this.#lost.map((l) => l.from),
        );
        const to = Math.max(...ranges.map((range) => range.to), ...this.#lost.map((l) => l.to));
        if (ranges.length + this.#lost.length === 0) return [];
        return this.#seen.missing({ from, to }).map((hole) => {
            const why = this.#lost.find((lost) => lost.from <= hole.to && lost.to >= hole.from);
            return { type: "hole", ...hole, reason: why?.reason ?? "unread" };
        });
    }
}

/** @param {Message | Missing} item @returns {number} */
function start(item) {
    return item.type === "hole" ? item.from : item.seq;
}
