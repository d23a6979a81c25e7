// Dice with a seed: the same seed, the same throws.
// Invariant: pure.

export class Dice {
    #state;

    /** @param {number} seed */
    constructor(seed) {
        this.#state = seed >>> 0;
    }

    /** @returns {number} in [0, 1) */
    next() {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let mixed = this.#state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    /** @param {number} bound @returns {number} in 0..bound-1 */
    below(bound) {
        return Math.floor(this.next() * bound);
    }

    /** @template T @param {readonly T[]} list @returns {T} */
    one(list) {
        return list[this.below(list.length)];
    }
}
