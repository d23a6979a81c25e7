// What was sent and not yet acknowledged. An entry keeps its id across reconnects, so that the
// server can tell a second try from a second message (docs/protocol.md, "Send"). Pure.
// Invariant: bounded; entries of one room leave in the order in which they came.

import { StentorError } from "./errors.js";

/** @typedef {import("./types.js").Ack} Ack */

/**
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {string} room
 * @property {string} content
 * @property {number} [replyTo]
 * @property {number} at wall clock, when it was written
 * @property {"pending" | "sent" | "failed"} state
 * @property {StentorError} [error] why it failed
 * @property {number} tries
 */

export class Outbox {
    #max;
    /** @type {Map<string, Outgoing>} */
    #entries = new Map();

    /** @param {number} [max] */
    constructor(max = 200) {
        this.#max = max;
    }

    /** @returns {boolean} */
    get full() {
        return this.#entries.size >= this.#max;
    }

    /** @param {Outgoing} entry */
    add(entry) {
        if (this.full) {
            throw new StentorError("outbox_full", "too many messages wait to be sent");
        }
        this.#entries.set(entry.id, entry);
    }

    /** @param {string} id @returns {Outgoing | undefined} */
    get(id) {
        return this.#entries.get(id);
    }

    /** All that is kept for `room`, oldest first. @param {string} room @returns {Outgoing[]} */
    of(room) {
        return [...this.#entries.values()].filter((entry) => entry.room === room);
    }

    /** @param {string} id @returns {Outgoing | undefined} the entry, now sent and forgotten */
    settle(id) {
        const entry = this.#entries.get(id);
        if (entry === undefined) return undefined;
        this.#entries.delete(id);
        entry.state = "sent";
        return entry;
    }

    /** @param {string} id @param {StentorError} error @returns {Outgoing | undefined} */
    fail(id, error) {
        const entry = this.#entries.get(id);
        if (entry === undefined) return undefined;
        entry.state = "failed";
        entry.error = error;
        return entry;
    }

    /** A failed entry goes back to the end of the queue. @param {string} id */
    revive(id) {
        const entry = this.#entries.get(id);
        if (entry === undefined || entry.state !== "failed") return undefined;
        this.#entries.delete(id);
        this.#entries.set(id, entry);
        entry.state = "pending";
        entry.tries = 0;
        delete entry.error;
        return entry;
    }

    /** @param {string} id @returns {boolean} */
    discard(id) {
        return this.#entries.delete(id);
    }
}
