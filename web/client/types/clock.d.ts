/**
 * @typedef {object} Clock
 * @property {() => number} now
 * @property {(run: () => void, delayMs: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random in [0, 1)
 * @property {() => string} uuid
 */
/** @type {Clock} */
export const systemClock: Clock;
export type Clock = {
    now: () => number;
    setTimeout: (run: () => void, delayMs: number) => any;
    clearTimeout: (timer: any) => void;
    /**
     * in [0, 1)
     */
    random: () => number;
    uuid: () => string;
};
