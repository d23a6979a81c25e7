// Keeps the list of a room's people whole: what `joined` gave, `presence` since, and the rest
// fetched page by page.
// Invariant: at most one fetch is under way; in a room of more than kMembersMax only its first page
// is kept up to date, by presence.

import { Members } from "./members.js";

/** @typedef {import("./room.js").Wire} Wire */
/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./types.js").MembersPage} MembersPage */
/** @typedef {import("./types.js").Presence} Presence */

const kMembersMax = 500;
const kAgainMs = 10_000;

export class People {
    #room;
    #wire;
    #changed;
    #members = new Members();
    #fetching = false;

    /** @param {string} room @param {Wire} wire @param {() => void} changed */
    constructor(room, wire, changed) {
        this.#room = room;
        this.#wire = wire;
        this.#changed = changed;
    }

    /** @returns {Member[]} in no particular order; perhaps not all of a large room */
    get list() {
        return this.#members.list;
    }

    /** @returns {number} how many users are in the room, listed or not */
    get count() {
        return this.#members.count;
    }

    /** @returns {boolean} the list may differ from the server's */
    get stale() {
        return this.#members.stale;
    }

    /** @param {string} user @returns {boolean} */
    has(user) {
        return this.#members.has(user);
    }

    /** The room was joined on a new connection. @param {import("./types.js").Joined} joined */
    joined(joined) {
        this.#fetching = false;
        this.#members.reset(joined);
        this.#changed();
        this.#fetch();
    }

    /** @param {Presence} presence @returns {{joined: Member[], left: Member[]}} what is news */
    apply(presence) {
        const news = this.#members.apply(presence);
        this.#changed();
        this.#fetch();
        return news;
    }

    /** One page. @param {{after?: string, limit?: number}} page @returns {Promise<MembersPage>} */
    read({ after, limit = 100 }) {
        return new Promise((answered, refused) => {
            const command = { type: "members", room: this.#room, after, limit };
            this.#wire.ask(command, { answered, refused });
        });
    }

    // The whole list, up to kMembersMax; in a large room not more often than every ten seconds.
    #fetch() {
        if (this.#fetching || !this.#members.stale) return;
        this.#fetching = true;
        /** @type {Member[]} */
        const all = [];
        const done = () =>
            this.#wire.later(() => {
                this.#fetching = false;
                if (this.#members.count <= kMembersMax) this.#fetch();
            }, kAgainMs);
        /** @param {string} [after] */
        const ask = (after) => {
            const command = { type: "members", room: this.#room, limit: 100 };
            this.#wire.ask(after === undefined ? command : { ...command, after }, {
                answered: (page) => {
                    all.push(...page.members);
                    if (page.more && page.members.length > 0 && all.length < kMembersMax) {
                        ask(all[all.length - 1].user);
                        return;
                    }
                    this.#members.reset({ ...page, members: all });
                    this.#changed();
                    done();
                },
                refused: (error) => error.code === "disconnected" || done(),
            });
        };
        ask();
    }
}
