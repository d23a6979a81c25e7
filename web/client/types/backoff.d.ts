export class Backoff {
    /**
     * @param {() => number} random
     * @param {number} [firstMs]
     * @param {number} [longestMs]
     */
    constructor(random: () => number, firstMs?: number, longestMs?: number);
    /** @returns {number} */
    nextMs(): number;
    reset(): void;
    #private;
}
