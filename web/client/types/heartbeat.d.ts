/** @typedef {import("./clock.js").Clock} Clock */
export class Heartbeat {
    /**
     * @param {Clock} clock
     * @param {{quietMs: number, graceMs: number, ask: () => void, giveUp: () => void}} options
     */
    constructor(clock: Clock, { quietMs, graceMs, ask, giveUp }: {
        quietMs: number;
        graceMs: number;
        ask: () => void;
        giveUp: () => void;
    });
    start(): void;
    stop(): void;
    heard(): void;
    /** Ask now: the computer may have slept, and timers with it. */
    probe(): void;
    #private;
}
export type Clock = import("./clock.js").Clock;
