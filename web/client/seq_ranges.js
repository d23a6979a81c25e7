// A set of seqs, kept as ranges: which part of a room's log is known. Pure.
// Invariant: ranges are disjoint, rising, and never touch (what touches is one).

/** @typedef {{from: number, to: number}} Range both bounds belong to it */

export class SeqRanges {
    /** @type {Range[]} */
    #ranges = [];

    /** @returns {readonly Range[]} */
    get all() {
        return this.#ranges;
    }

    /** @param {number} from @param {number} to */
    add(from, to) {
        if (from > to) return;
        const newest = this.#ranges[this.#ranges.length - 1];
        if (newest !== undefined && from > newest.from && from <= newest.to + 1) {
            newest.to = Math.max(newest.to, to); // the usual case: one more live event
            return;
        }
        const apart = this.#ranges.filter((range) => range.to + 1 < from || range.from - 1 > to);
        const touching = this.#ranges.filter((range) => !apart.includes(range));
        const whole = {
            from: Math.min(from, ...touching.map((range) => range.from)),
            to: Math.max(to, ...touching.map((range) => range.to)),
        };
        this.#ranges = [...apart, whole].sort((a, b) => a.from - b.from);
    }

    /** What of `range` is not in the set. @param {Range} range @returns {Range[]} */
    missing({ from, to }) {
        /** @type {Range[]} */
        const holes = [];
        let next = from;
        for (const range of this.#ranges) {
            if (range.to < next) continue;
            if (range.from > to) break;
            if (range.from > next) holes.push({ from: next, to: range.from - 1 });
            next = range.to + 1;
        }
        if (next <= to) holes.push({ from: next, to });
        return holes;
    }

    /** Forgets what is below `seq`. @param {number} seq */
    trim(seq) {
        this.#ranges = this.#ranges
            .filter((range) => range.to >= seq)
            .map(({ from, to }) => ({ from: Math.max(from, seq), to }));
    }
}
