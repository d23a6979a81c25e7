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

// crypto.randomUUID is missing on pages served over plain http from another host, and Node 18 has
// no global crypto at all. The id must be unique for its user, not secret: dice do as well.
/** @returns {string} */
function randomUuid() {
    const bytes = new Uint8Array(16);
    if (globalThis.crypto === undefined) bytes.forEach((_, i) => (bytes[i] = Math.random() * 256));
    else crypto.getRandomValues(bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
