// How far each user has read (docs/protocol.md, `read`), and when to tell the server how far this
// one has. Pure: the caller has the clock.
// Invariant: positions of an epoch never go back; at most one is told in kPauseMs.

/** @typedef {import("./types.js").ReadPosition} ReadPosition */

const kPauseMs = 1000;
const kUnsureMs = 10_000; // told so shortly before a loss, it may not have arrived

export class ReadPositions {
    /** @type {Map<string, number>} by user, as the server told */
    others = new Map();
    #own = 0;
    #told = 0;
    #toldAt = -kPauseMs;

    /** @returns {number} how far this user has read, on whichever connection */
    get own() {
        return this.#own;
    }

    /** This user has read up to `seq`. @param {number} seq */
    read(seq) {
        this.#own = Math.max(this.#own, seq);
    }

    /** The server knows it. @param {number} seq */
    known(seq) {
        this.read(seq);
        this.#told = Math.max(this.#told, seq);
    }

    /** @param {number} now @returns {number | null} ms until a position is to be told */
    dueIn(now) {
        return this.#own > this.#told ? Math.max(0, this.#toldAt + kPauseMs - now) : null;
    }

    /** Called when it is due. @param {number} now @returns {number} the position to tell */
    tell(now) {
        this.#told = this.#own;
        this.#toldAt = now;
        return this.#own;
    }

    /** @param {ReadPosition[]} positions @returns {ReadPosition[]} those that are news */
    heard(positions) {
        const news = positions.filter(({ user, seq }) => seq > (this.others.get(user) ?? 0));
        for (const { user, seq } of news) this.others.set(user, seq);
        return news;
    }

    /** The connection is gone. @param {number} now */
    interrupted(now) {
        if (now - this.#toldAt < kUnsureMs) this.#told = 0;
    }

    /** The log began anew. */
    reset() {
        this.others.clear();
        this.#own = this.#told = 0;
    }
}
