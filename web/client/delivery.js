// Brings what `send` took to the server: at first, after a reconnect, after a refusal that passes,
// until the ack or a refusal for good.
// Invariant: each promise is settled once; an entry is on its way at most once per connection.

import { StentorError } from "./errors.js";
import { Outbox } from "./outbox.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").Question} Question */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").LogEvent} LogEvent */

/**
 * What delivery needs of its client.
 * @typedef {object} Way
 * @property {(room: string) => "open" | "blocked" | "closed"} to blocked: perhaps later
 * @property {(command: any, question: Question, id: string) => void} ask
 * @property {(run: () => void, delayMs: number) => void} later unless the connection is lost
 * @property {(entry: Outgoing) => void} changed
 */

const kTriesMax = 5;

export class Delivery {
    #clock;
    #way;
    #outbox;
    /** @type {Map<string, {resolve: (ack: Ack) => void, reject: (error: StentorError) => void}>} */
    #promises = new Map();

    /** @param {Clock} clock @param {Way} way @param {number} [outboxMax] */
    constructor(clock, way, outboxMax) {
        this.#clock = clock;
        this.#way = way;
        this.#outbox = new Outbox(outboxMax);
    }

    /** @returns {boolean} */
    get full() {
        return this.#outbox.full;
    }

    /**
     * @param {string} room
     * @param {string} content
     * @param {number} [replyTo]
     * @returns {Promise<Ack>}
     */
    send(room, content, replyTo) {
        const id = this.#clock.uuid();
        /** @type {Outgoing} */
        const entry = { id, room, content, replyTo, at: Date.now(), state: "pending", tries: 0 };
        return new Promise((resolve, reject) => {
            this.#outbox.add(entry); // throws when full: the promise is rejected
            this.#promises.set(id, { resolve, reject });
            this.#way.changed({ ...entry });
            this.#transmit(entry);
        });
    }

    /** A failed one once more. @param {string} id */
    again(id) {
        const entry = this.#outbox.revive(id);
        if (entry === undefined) return;
        this.#way.changed({ ...entry });
        this.#transmit(entry);
    }

    /** The room has been joined: what waits for it may go. @param {string} room */
    roomOpened(room) {
        for (const entry of this.#pending(room)) this.#transmit(entry);
    }

    /** The room cannot be joined. @param {string} room @param {StentorError} why */
    roomRefused(room, why) {
        for (const entry of this.#pending(room)) this.#fail(entry.id, why);
    }

    /** The room was left: nothing of it is kept. @param {string} room */
    roomLeft(room) {
        const why = new StentorError("left", "the room was left before this was sent");
        for (const entry of this.#outbox.of(room)) this.discard(entry.id, why);
    }

    /** @param {string} id @param {StentorError} why */
    discard(id, why) {
        this.#outbox.discard(id);
        this.#promises.get(id)?.reject(why);
        this.#promises.delete(id);
    }

    // The ack usually came first; after a reconnect the message itself may be all that comes, and
    // the weakest durability is all that it proves.
    /** A message of our own stands in the log. @param {string} epoch @param {LogEvent} event */
    seen(epoch, { room, client_id: id, seq, at }) {
        if (id === undefined || this.#outbox.get(id) === undefined) return;
        this.#acked({ id, room, epoch, seq, at, durability: "memory" });
    }

    /** @param {string} room @returns {Outgoing[]} */
    #pending(room) {
        return this.#outbox.of(room).filter(({ state }) => state === "pending");
    }

    /** @param {Outgoing} entry */
    #transmit(entry) {
        const way = this.#way.to(entry.room);
        if (way === "closed") {
            this.#fail(entry.id, new StentorError("not_in_room", "you are not in this room"));
        }
        if (way !== "open") return;
        entry.tries += 1;
        const { room, content, replyTo } = entry;
        const reply = replyTo === undefined ? {} : { reply_to: replyTo };
        const question = {
            answered: (/** @type {Ack} */ ack) => this.#acked(ack),
            refused: (/** @type {StentorError} */ error) => this.#refused(entry, error),
        };
        this.#way.ask({ type: "send", room, content, ...reply }, question, entry.id);
    }

    /** @param {Ack} ack */
    #acked(ack) {
        const entry = this.#outbox.settle(ack.id);
        if (entry !== undefined) this.#way.changed({ ...entry, at: ack.at });
        this.#promises.get(ack.id)?.resolve(ack);
        this.#promises.delete(ack.id);
    }

    /** @param {Outgoing} entry @param {StentorError} error */
    #refused(entry, error) {
        if (error.code === "disconnected") return; // it goes again after the reconnect
        if (!error.passing || entry.tries >= kTriesMax) {
            this.#fail(entry.id, error);
            return;
        }
        this.#way.later(() => {
            if (this.#outbox.get(entry.id)?.state === "pending") this.#transmit(entry);
        }, error.retryAfterMs || 1000);
    }

    /** @param {string} id @param {StentorError} error */
    #fail(id, error) {
        const entry = this.#outbox.fail(id, error);
        if (entry === undefined) return;
        this.#way.changed({ ...entry });
        this.#promises.get(id)?.reject(error);
        this.#promises.delete(id);
    }
}
