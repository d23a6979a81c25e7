// Who is in a room: the list of `joined`, kept up to date by `presence` (docs/protocol.md, table of
// section 3). Pure.
// Invariant: `stale` is true exactly while the list may differ from the server's: a version was
// missed, or the list is longer than what was fetched.

/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./types.js").MembersPage} MembersPage */
/** @typedef {import("./types.js").Presence} Presence */

export class Members {
    count = 0;
    stale = false;
    #version = 0;
    /** @type {Map<string, string>} */
    #names = new Map();

    /** @returns {Member[]} in no particular order */
    get list() {
        return Array.from(this.#names, ([user, name]) => ({ user, name }));
    }

    /** @param {string} user @returns {boolean} */
    has(user) {
        return this.#names.has(user);
    }

    /** @param {{version: number, count: number, members: Member[]}} whole */
    reset(whole) {
        this.#names = new Map(whole.members.map((member) => [member.user, member.name]));
        this.#version = whole.version;
        this.count = whole.count;
        this.stale = this.#names.size < whole.count;
    }

    /**
     * @param {Presence} presence
     * @returns {{joined: Member[], left: Member[]}} the changes that were news
     */
    apply(presence) {
        if (presence.version <= this.#version) return { joined: [], left: [] };
        if (presence.version !== this.#version + 1) this.stale = true;
        this.#version = presence.version;
        this.count = presence.count;
        const joined = presence.joined.filter((member) => !this.#names.has(member.user));
        const left = presence.left.flatMap((user) => {
            const name = this.#names.get(user);
            return name === undefined ? [] : [{ user, name }];
        });
        for (const member of presence.joined) this.#names.set(member.user, member.name);
        for (const user of presence.left) this.#names.delete(user);
        return { joined, left };
    }
}
