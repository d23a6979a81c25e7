// Brings what was said to the server: at first, after a reconnect, after a refusal that passes,
// until the ack or a refusal for good. The same for every verb that a room's log keeps.
// Invariant: each promise is settled once; an entry is on its way at most once per connection.

import { StentorError } from "./errors.js";
import { Outbox } from "./outbox.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").Question} Question */
/** @typedef {import("./outbox.js").Draft} Draft */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").Limits} Limits */
/** @typedef {import("./types.js").LogEvent} LogEvent */

/**
 * What delivery needs of its client.
 * @typedef {object} Way
 * @property {(entry: Outgoing) => "open" | "blocked" | "closed"} to blocked: perhaps later
 * @property {(entry: Outgoing, question: Question) => void} ask
 * @property {(run: () => void, delayMs: number) => void} later unless the connection is lost
 * @property {(entry: Outgoing) => void} changed
 * @property {() => Limits} limits
 */

const kRefusalsMax = 5;

export class Delivery {
    #clock;
    #way;
    #outbox;
    /** @type {Set<string>} ids that this connection has seen to */
    #asked = new Set();
    /** @type {Map<string, {resolve: (ack: Ack) => void, reject: (error: StentorError) => void}>} */
    #promises = new Map();

    /**
     * @param {Clock} clock
     * @param {Way} way
     * @param {import("./outbox.js").OutboxBounds} [bounds]
     */
    constructor(clock, way, bounds) {
        this.#clock = clock;
        this.#way = way;
        this.#outbox = new Outbox(bounds);
    }

    /** @returns {boolean} */
    get full() {
        return this.#outbox.full;
    }

    /** @param {Draft} draft @returns {Promise<Ack>} */
    post(draft) {
        return new Promise((resolve, reject) => {
            const id = this.#clock.uuid();
            const command = sendable(draft.command, id, this.#way.limits()); // throws: rejected
            const entry = this.#outbox.add({ ...draft, command, id, at: Date.now() });
            this.#promises.set(id, { resolve, reject });
            this.#way.changed({ ...entry });
            this.#transmit(entry);
        });
    }

    /** A failed one once more. @param {string} id @returns {boolean} it was still there */
    again(id) {
        const entry = this.#outbox.revive(id);
        if (entry === undefined) return false;
        this.#way.changed({ ...entry });
        this.#transmit(entry);
        return true;
    }

    /** Logged in, or a room was joined: what waited for that may go. */
    flush() {
        for (const entry of this.#outbox.pending()) this.#transmit(entry);
    }

    /** The connection is gone: all that waits has to go again. */
    interrupted() {
        this.#asked.clear();
    }

    /** The room cannot be joined. @param {string} room @param {StentorError} why */
    roomRefused(room, why) {
        for (const entry of this.#outbox.pending()) {
            if (entry.room === room) this.#fail(entry.id, why);
        }
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

    // The ack usually came first; after a reconnect the event itself may be all that comes, and
    // the weakest durability is all that it proves.
    /** An event of our own stands in the log. @param {string} epoch @param {LogEvent} event */
    seen(epoch, { room, client_id: id, seq, at }) {
        if (id === undefined || this.#outbox.get(id) === undefined) return;
        this.#acked({ id, room, epoch, seq, at, durability: "memory" });
    }

    /** @param {Outgoing} entry */
    #transmit(entry) {
        if (this.#asked.has(entry.id)) return;
        const way = this.#way.to(entry);
        if (way === "closed") {
            this.#fail(entry.id, new StentorError("not_in_room", "you are not in this room"));
        }
        if (way !== "open") return;
        this.#asked.add(entry.id);
        const question = {
            answered: (/** @type {Ack} */ ack) => this.#acked(ack),
            refused: (/** @type {StentorError} */ error) => this.#refused(entry, error),
        };
        this.#way.ask(entry, question);
    }

    /** @param {Ack} ack */
    #acked(ack) {
        this.#asked.delete(ack.id);
        const entry = this.#outbox.settle(ack.id);
        if (entry !== undefined) this.#way.changed({ ...entry, room: ack.room, at: ack.at });
        this.#promises.get(ack.id)?.resolve(ack);
        this.#promises.delete(ack.id);
    }

    /** @param {Outgoing} entry @param {StentorError} error */
    #refused(entry, error) {
        if (error.code === "disconnected") return; // it goes again after the reconnect
        entry.refusals += 1;
        if (!error.passing || entry.refusals >= kRefusalsMax) {
            this.#fail(entry.id, error);
            return;
        }
        this.#way.later(() => {
            this.#asked.delete(entry.id);
            if (this.#outbox.get(entry.id)?.state === "pending") this.#transmit(entry);
        }, error.retryAfterMs || 1000);
    }

    // A message waits for "Try again", a change is given back to whoever asked for it.
    /** @param {string} id @param {StentorError} error */
    #fail(id, error) {
        this.#asked.delete(id);
        const entry = this.#outbox.fail(id, error);
        if (entry === undefined) return;
        if (entry.verb !== "send" && entry.verb !== "direct") this.#outbox.discard(id);
        this.#way.changed({ ...entry });
        this.#promises.get(id)?.reject(error);
        this.#promises.delete(id);
    }
}

// Half a surrogate pair is no text, and a frame with one would be answered without its id; a frame
// over the limit would cost the connection, after every reconnect again.
/**
 * @param {Draft["command"]} command @param {string} id @param {Limits} limits
 * @returns {Draft["command"]}
 */
function sendable(command, id, limits) {
    if (typeof command.content !== "string") return command;
    const content = command.content.replace(/\p{Surrogate}/gu, "\ufffd");
    const whole = { ...command, content };
    const codePoints = Array.from(content).length;
    const bytes = new TextEncoder().encode(JSON.stringify({ ...whole, id })).length;
    if (codePoints <= limits.content && bytes <= limits.message_bytes) return whole;
    const message = `content: ${codePoints} characters, at most ${limits.content} fit`;
    throw new StentorError("too_large", message);
}
