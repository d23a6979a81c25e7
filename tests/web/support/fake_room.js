// TEST DOUBLE. One room of the fake chat: its log, the present state of its messages, its people.
// Invariant: events stand in `events` as they happened; `seen` shows one as a page would now.

import { randomUUID } from "node:crypto";

export class FakeRoom {
    epoch = randomUUID();
    /** @type {any[]} seq is the index + 1 */
    events = [];
    /** The oldest seq that is kept. */
    first = 1;
    version = 0;
    /** @type {Map<string, {name: string, count: number}>} by user, with its connections */
    users = new Map();
    /** @type {Map<string, number>} read positions by user */
    read = new Map();

    /** @param {string} name */
    constructor(name) {
        this.name = name;
    }

    /** @returns {boolean} */
    get direct() {
        return this.name.startsWith("dm.");
    }

    /** @returns {number} */
    get head() {
        return this.events.length;
    }

    /** @returns {string[]} of a direct room: its two users */
    get pair() {
        return this.name.split(".").slice(1);
    }

    /** @returns {{user: string, name: string}[]} */
    get members() {
        return Array.from(this.users, ([user, { name }]) => ({ user, name }));
    }

    /** The event with this id of this user, if it was accepted before. */
    told(user, id) {
        return id && this.events.find((event) => event.client_id === id && event.user === user);
    }

    /** @returns {any} the event, now in the log */
    append(fields) {
        const { type, ...rest } = fields;
        const event = { type, room: this.name, seq: this.head + 1, at: Date.now(), ...rest };
        this.events.push(event);
        return event;
    }

    /** A message that is kept and not deleted, or undefined. */
    message(seq) {
        const event = seq >= this.first ? this.events[seq - 1] : undefined;
        return event?.type === "message" && !this.#deleted(seq) ? event : undefined;
    }

    /** As a page shows it. */
    seen(event) {
        if (event.type === "edited" && this.#deleted(event.target)) {
            const { content: _gone, ...rest } = event;
            return { ...rest, deleted: true };
        }
        return event.type === "message" ? this.#present(event) : event;
    }

    /** Events with after < seq < before, in their present state. */
    between(after, before) {
        return this.events
            .slice(Math.max(after, this.first - 1), Math.max(0, Math.min(before - 1, this.head)))
            .map((event) => this.seen(event));
    }

    #deleted(seq) {
        return this.events.some(({ type, target }) => type === "deleted" && target === seq);
    }

    #present(message) {
        const changes = this.events.filter(({ target }) => target === message.seq);
        const shown = { ...message };
        /** @type {Map<string, string[]>} */
        const reactions = new Map();
        for (const { type, content, at, emoji, from, on } of changes) {
            if (type === "edited") Object.assign(shown, { content, edited_at: at });
            if (type !== "reacted") continue;
            const names = (reactions.get(emoji) ?? []).filter((name) => name !== from);
            if (on) names.push(from);
            if (names.length > 0) reactions.set(emoji, names);
            else reactions.delete(emoji);
        }
        if (reactions.size > 0) shown.reactions = Object.fromEntries(reactions);
        if (!this.#deleted(message.seq)) return shown;
        const { content: _gone, edited_at: _when, reactions: _none, ...rest } = shown;
        return { ...rest, deleted: true };
    }
}
