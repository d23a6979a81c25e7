// How long to wait before the next attempt to connect: exponential with full jitter, so that a
// thousand clients that lost one server do not come back in step.
// Invariant: 0 <= delay <= min(longestMs, firstMs * 2^attempts).

export class Backoff {
    #attempts = 0;
    #random;
    #firstMs;
    #longestMs;

    /**
     * @param {() => number} random
     * @param {number} [firstMs]
     * @param {number} [longestMs]
     */
    constructor(random, firstMs = 500, longestMs = 20_000) {
        this.#random = random;
        this.#firstMs = firstMs;
        this.#longestMs = longestMs;
    }

    /** @returns {number} */
    nextMs() {
        const bound = Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(this.#attempts, 30));
        this.#attempts += 1;
        return Math.floor(this.#random() * bound);
    }

    reset() {
        this.#attempts = 0;
    }
}
