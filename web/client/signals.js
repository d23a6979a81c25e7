// What is said in a room and kept nowhere, or as one number a user: who is typing, and how far each
// has read. Tells the server in time, and lets what was heard run out in time.
// Invariant: nothing is told unless the room is open; at most one timer for each purpose.

import { OwnTyping, Typists } from "./typing.js";
import { ReadPositions } from "./read_positions.js";

/** @typedef {import("./room.js").Wire} Wire */
/** @typedef {import("./types.js").ReadPosition} ReadPosition */
/** @typedef {import("./types.js").Typing} Typing */
/**
 * @typedef {object} SignalEvents
 * @property {(typing: Typing) => void} typing
 * @property {(positions: ReadPosition[]) => void} read
 */

export class Signals {
    #room;
    #wire;
    #on;
    #open = false;
    #own = new OwnTyping();
    #typists = new Typists();
    #positions = new ReadPositions();
    /** @type {Set<string>} purposes that have a timer */
    #timed = new Set();

    /** @param {string} room @param {Wire} wire @param {SignalEvents} on news of the others */
    constructor(room, wire, on) {
        this.#room = room;
        this.#wire = wire;
        this.#on = on;
    }

    get typists() {
        return this.#typists.list;
    }

    get positions() {
        return this.#positions;
    }

    /** The room is joined. */
    opened() {
        this.#open = true;
        this.#tellRead();
    }

    /** The connection is gone. */
    interrupted() {
        this.#open = false;
        this.#own = new OwnTyping();
        this.#timed.clear();
        this.#positions.interrupted(this.#wire.now());
        for (const typing of this.#typists.clear()) this.#on.typing(typing);
    }

    /** This user is, or no longer. @param {boolean} on */
    typing(on) {
        if (!this.#open) return;
        const tell = this.#own.typed(on, this.#wire.now());
        if (tell !== null) this.#wire.tell({ type: "typing", room: this.#room, on: tell });
        const idleIn = () => this.#own.idleIn(this.#wire.now());
        this.#when("idle", idleIn, () => this.typing(false));
    }

    /** This user has read up to `seq`. @param {number} seq */
    read(seq) {
        this.#positions.read(seq);
        this.#tellRead();
    }

    /** @param {Typing} typing of another */
    heardTyping({ user, from, on }) {
        const typing = { user, from, on };
        if (this.#typists.told(typing, this.#wire.now())) this.#on.typing(typing);
        this.#expireTypists();
    }

    /** @param {ReadPosition[]} positions */
    heardRead(positions) {
        for (const { user, seq } of positions) {
            if (this.#wire.isMe(user)) this.#positions.known(seq); // by another tab, perhaps
        }
        const news = this.#positions.heard(positions);
        if (news.length > 0) this.#on.read(news);
    }

    #tellRead() {
        if (!this.#open) return;
        const dueIn = () => this.#positions.dueIn(this.#wire.now());
        this.#when("read", dueIn, () => {
            const seq = this.#positions.tell(this.#wire.now());
            this.#wire.tell({ type: "read", room: this.#room, seq });
        });
    }

    #expireTypists() {
        const expiresIn = () => this.#typists.expiresIn(this.#wire.now());
        this.#when("typists", expiresIn, () => {
            for (const typing of this.#typists.expire(this.#wire.now())) this.#on.typing(typing);
            this.#expireTypists();
        });
    }

    // Runs when the time has come, and looks again when a timer ends: it may have moved meanwhile.
    /** @param {string} purpose @param {() => number | null} dueIn @param {() => void} run */
    #when(purpose, dueIn, run) {
        if (this.#timed.has(purpose)) return;
        const delayMs = dueIn();
        if (delayMs === null || !this.#open) return;
        if (delayMs === 0) return run();
        this.#timed.add(purpose);
        this.#wire.later(() => {
            this.#timed.delete(purpose);
            this.#when(purpose, dueIn, run);
        }, delayMs);
    }
}
