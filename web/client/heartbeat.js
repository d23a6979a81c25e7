// Notices a connection that died without a close (docs/protocol.md, "Liveness"): after `quietMs`
// without a byte it asks for a sign of life, and after `graceMs` more it gives the connection up.
// Invariant: at most one timer; `heard` costs no timer call.

/** @typedef {import("./clock.js").Clock} Clock */

export class Heartbeat {
    #clock;
    #quietMs;
    #graceMs;
    #ask;
    #giveUp;
    #heardAt = 0;
    #asked = false;
    /** @type {any} */
    #timer = null;

    /**
     * @param {Clock} clock
     * @param {{quietMs: number, graceMs: number, ask: () => void, giveUp: () => void}} options
     */
    constructor(clock, { quietMs, graceMs, ask, giveUp }) {
        this.#clock = clock;
        this.#quietMs = quietMs;
        this.#graceMs = graceMs;
        this.#ask = ask;
        this.#giveUp = giveUp;
    }

    start() {
        this.heard();
        this.#arm(this.#quietMs);
    }

    stop() {
        this.#clock.clearTimeout(this.#timer);
        this.#timer = null;
    }

    heard() {
        this.#heardAt = this.#clock.now();
        this.#asked = false;
    }

    /** Ask now: the computer may have slept, and timers with it. */
    probe() {
        if (this.#timer === null || this.#asked) return;
        this.stop();
        this.#askNow();
    }

    /** @param {number} delayMs */
    #arm(delayMs) {
        this.#timer = this.#clock.setTimeout(() => this.#check(), delayMs);
    }

    #askNow() {
        this.#asked = true;
        this.#ask();
        this.#arm(this.#graceMs);
    }

    #check() {
        if (this.#asked) {
            this.stop();
            this.#giveUp();
            return;
        }
        const quietMs = this.#clock.now() - this.#heardAt;
        if (quietMs >= this.#quietMs) this.#askNow();
        else this.#arm(this.#quietMs - quietMs);
    }
}
