export class OwnTyping {
    /** @param {boolean} on @param {number} now @returns {boolean | null} what to tell */
    typed(on: boolean, now: number): boolean | null;
    /** @param {number} now @returns {number | null} ms until idle; null: is not typing */
    idleIn(now: number): number | null;
    #private;
}
export class Typists {
    /** @returns {import("./types.js").Member[]} who began first comes first */
    get list(): import("./types.js").Member[];
    /** @param {Typing} typing @param {number} now @returns {boolean} it is news */
    told({ user, from, on }: Typing, now: number): boolean;
    /** @param {number} now @returns {Typing[]} who has stopped */
    expire(now: number): Typing[];
    /** @param {number} now @returns {number | null} ms until the next one has stopped */
    expiresIn(now: number): number | null;
    /** The connection is gone, and with it all news. @returns {Typing[]} who has stopped */
    clear(): Typing[];
    #private;
}
export type Typing = import("./types.js").Typing;
