/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./types.js").MembersPage} MembersPage */
/** @typedef {import("./types.js").Presence} Presence */
export class Members {
    count: number;
    stale: boolean;
    /** @returns {Member[]} in no particular order */
    get list(): Member[];
    /** @param {string} user @returns {boolean} */
    has(user: string): boolean;
    /** @param {{version: number, count: number, members: Member[]}} whole */
    reset(whole: {
        version: number;
        count: number;
        members: Member[];
    }): void;
    /**
     * @param {Presence} presence
     * @returns {{joined: Member[], left: Member[]}} the changes that were news
     */
    apply(presence: Presence): {
        joined: Member[];
        left: Member[];
    };
    #private;
}
export type Member = import("./types.js").Member;
export type MembersPage = import("./types.js").MembersPage;
export type Presence = import("./types.js").Presence;
