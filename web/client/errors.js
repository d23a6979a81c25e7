// Why a command failed: the `error` frame of the server, or a reason of the client's own
// (`disconnected`, `left`, `outbox_full`, `cancelled`, and `too_large` before it is sent).
// Invariant: `code` is one of the words of docs/protocol.md, "Errors and closing", or of the above.

export class StentorError extends Error {
    /**
     * @param {string} code
     * @param {string} message
     * @param {number} [retryAfterMs] 0: the server named no time
     */
    constructor(code, message, retryAfterMs = 0) {
        super(message);
        this.name = "StentorError";
        this.code = code;
        this.retryAfterMs = retryAfterMs;
    }

    /** @param {import("./types.js").Frame} frame of type `error` */
    static of(frame) {
        return new StentorError(frame.code, frame.message ?? frame.code, frame.retry_after_ms ?? 0);
    }

    /** Nothing was accepted, and the same command may succeed later. */
    get passing() {
        return this.code === "unavailable" || this.code === "rate_limited";
    }
}
