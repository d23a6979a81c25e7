// What was said and not yet acknowledged. An entry keeps its id across reconnects, so that the
// server can tell a second try from a second message (docs/protocol.md, "Send"). Pure.
// Invariant: bounded in entries and in bytes; what failed gives way to what is new; entries of one
// room leave in the order in which they came.

import { StentorError } from "./errors.js";

/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {"send" | "direct" | "edit" | "delete" | "react"} Verb */

/**
 * @typedef {object} Draft
 * @property {Verb} verb
 * @property {string} room "": a direct message whose room its ack will name
 * @property {{type: string, [field: string]: any}} command the frame, without its id
 */

/**
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {Verb} verb
 * @property {string} room
 * @property {string} content "" for what has none
 * @property {number} [replyTo]
 * @property {{type: string, [field: string]: any}} command
 * @property {number} bytes
 * @property {number} at wall clock, when it was written
 * @property {"pending" | "sent" | "failed"} state
 * @property {StentorError} [error] why it failed
 * @property {number} refusals how often the server was too busy
 */

/** @typedef {{entriesMax?: number, bytesMax?: number}} OutboxBounds */

export class Outbox {
    #entriesMax;
    #bytesMax;
    #bytes = 0;
    /** @type {Map<string, Outgoing>} */
    #entries = new Map();

    /** @param {OutboxBounds} [bounds] */
    constructor({ entriesMax = 200, bytesMax = 1024 * 1024 } = {}) {
        this.#entriesMax = entriesMax;
        this.#bytesMax = bytesMax;
    }

    /** @returns {boolean} not even an empty message would find room */
    get full() {
        const pending = this.pending();
        const bytes = pending.reduce((sum, entry) => sum + entry.bytes, 0);
        return pending.length >= this.#entriesMax || bytes >= this.#bytesMax;
    }

    /**
     * Throws `outbox_full`. Failed entries give way, the oldest first.
     * @param {Draft & {id: string, at: number}} draft
     * @returns {Outgoing}
     */
    add({ id, verb, room, command, at }) {
        const bytes = new TextEncoder().encode(JSON.stringify(command)).length + id.length;
        for (const entry of this.#entries.values()) {
            if (this.#hasRoom(bytes)) break;
            if (entry.state === "failed") this.discard(entry.id);
        }
        if (!this.#hasRoom(bytes)) {
            throw new StentorError("outbox_full", "too many messages wait to be sent");
        }
        const { content = "", reply_to: replyTo } = command;
        const state = /** @type {const} */ ("pending");
        const entry = { id, verb, room, content, replyTo, command, bytes, at, state, refusals: 0 };
        this.#entries.set(id, entry);
        this.#bytes += bytes;
        return entry;
    }

    /** @param {string} id @returns {Outgoing | undefined} */
    get(id) {
        return this.#entries.get(id);
    }

    /** All that is kept for `room`, oldest first. @param {string} room @returns {Outgoing[]} */
    of(room) {
        return [...this.#entries.values()].filter((entry) => entry.room === room);
    }

    /** @returns {Outgoing[]} oldest first */
    pending() {
        return [...this.#entries.values()].filter(({ state }) => state === "pending");
    }

    /** @param {string} id @returns {Outgoing | undefined} the entry, now sent and forgotten */
    settle(id) {
        const entry = this.#entries.get(id);
        if (entry === undefined) return undefined;
        this.discard(id);
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
        entry.refusals = 0;
        delete entry.error;
        return entry;
    }

    /** @param {string} id @returns {boolean} */
    discard(id) {
        this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
        return this.#entries.delete(id);
    }

    /** @param {number} bytes */
    #hasRoom(bytes) {
        return this.#entries.size < this.#entriesMax && this.#bytes + bytes <= this.#bytesMax;
    }
}
