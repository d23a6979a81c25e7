// Where the client gets its time, its timers and its dice: one object that a test can replace.
// Invariant: `now` never goes back (it is no wall clock), in ms.

/**
 * @typedef {object} Clock
 * @property {() => number} now
 * @property {(run: () => void, delayMs: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random in [0, 1)
 * @property {() => string} uuid
 */

/** @type {Clock} */
export const systemClock = {
    now: () => performance.now(),
    setTimeout: (run, delayMs) => setTimeout(run, delayMs),
    clearTimeout: (timer) => clearTimeout(timer),
    random: () => Math.random(),
    uuid: randomUuid,
};

// crypto.randomUUID is missing on pages served over plain http from another host; this is not.
/** @returns {string} */
function randomUuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        hex.slice(12, 16),
        hex.slice(16, 20),
        hex.slice(20),
    ].join("-");
}
