export class StentorError extends Error {
    /** @param {import("./types.js").Frame} frame of type `error` */
    static of(frame: import("./types.js").Frame): StentorError;
    /**
     * @param {string} code
     * @param {string} message
     * @param {number} [retryAfterMs] 0: the server named no time
     */
    constructor(code: string, message: string, retryAfterMs?: number);
    code: string;
    retryAfterMs: number;
    /** Nothing was accepted, and the same command may succeed later. */
    get passing(): boolean;
}
