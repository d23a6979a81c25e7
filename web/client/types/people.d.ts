export class People {
    /** @param {string} room @param {Wire} wire @param {() => void} changed */
    constructor(room: string, wire: Wire, changed: () => void);
    /** @returns {Member[]} in no particular order; perhaps not all of a large room */
    get list(): Member[];
    /** @returns {number} how many users are in the room, listed or not */
    get count(): number;
    /** @returns {boolean} the list may differ from the server's */
    get stale(): boolean;
    /** @param {string} user @returns {boolean} */
    has(user: string): boolean;
    /** The room was joined on a new connection. @param {import("./types.js").Joined} joined */
    joined(joined: import("./types.js").Joined): void;
    /** @param {Presence} presence @returns {{joined: Member[], left: Member[]}} what is news */
    apply(presence: Presence): {
        joined: Member[];
        left: Member[];
    };
    /** One page. @param {{after?: string, limit?: number}} page @returns {Promise<MembersPage>} */
    read({ after, limit }: {
        after?: string;
        limit?: number;
    }): Promise<MembersPage>;
    #private;
}
export type Wire = import("./room.js").Wire;
export type Member = import("./types.js").Member;
export type MembersPage = import("./types.js").MembersPage;
export type Presence = import("./types.js").Presence;
