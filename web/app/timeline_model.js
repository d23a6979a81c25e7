// What a room's timeline shows: messages, joins and leaves, holes; and behind them what is on its
// way out. Pure data; timeline_rows.js lays it out, timeline_view.js draws it.
// Invariant: bounded (kItemsMax, kReadingMax while earlier ones are being read); a message stands in
// it once, whether it came as pending, by ack, live, by resume, by scrolling up or, after a restart
// of the server, in a new epoch.

import { messageOf, renew } from "./message.js";

/** @typedef {import("../client/types.js").LogEvent} LogEvent */
/** @typedef {import("../client/types.js").Member} Member */
/** @typedef {import("../client/types.js").Message} PresentState */
/** @typedef {import("../client/outbox.js").Outgoing} Outgoing */
/** @typedef {import("../client/room_log.js").LostStep} LostStep */
/** @typedef {import("./message.js").Message} Message */

/**
 * @typedef {object} Comings
 * @property {"presence"} kind
 * @property {string} key
 * @property {number} at
 * @property {Map<string, string>} joined
 * @property {Map<string, string>} left
 */
/** @typedef {{kind: "lost", key: string, at: number, reason: LostStep["reason"]}} Lost */
/** @typedef {Message | Comings | Lost} Item */

export const kItemsMax = 450; // rows are more: days, dividers
export const kReadingMax = 3000;

export class TimelineModel {
    /** @type {Item[]} */
    items = [];
    /** @type {Map<string, Message>} by client id: what is not in the log as far as we know */
    outgoing = new Map();
    /** The key of the first message not seen, or "". */
    unreadFrom = "";
    /** The reader is not at the end: what he reads is not taken away. */
    reading = false;
    /** Earlier events than this seq are not in it, 0: nothing is known yet. */
    olderThan = 0;
    /** @type {Map<string, Message>} answered messages that are not shown, by key */
    quoted = new Map();
    #epoch = 0;
    #serial = 0;
    /** @type {Map<string, Message>} */
    #byKey = new Map();
    /** @type {Map<string, Message>} by user and client id */
    #byClient = new Map();

    /** The next event of the log, of whatever type. @param {number} seq */
    begins(seq) {
        if (this.olderThan === 0) this.olderThan = seq;
    }

    /** @param {LogEvent | PresentState} event @param {boolean} mine @returns {Message} */
    message(event, mine) {
        const message = messageOf(event, this.keyOf(event.seq), mine);
        this.#add(message);
        this.items.push(message);
        this.begins(event.seq);
        this.#trim();
        return message;
    }

    /**
     * A page of older events, oldest first, that ends before `olderThan`.
     * @param {(LogEvent | PresentState)[]} events
     * @param {(user: string) => boolean} isMine
     */
    prepend(events, isMine) {
        if (events.length === 0) return;
        const older = [];
        for (const event of events) {
            if (event.type !== "message" || this.#byKey.has(this.keyOf(event.seq))) continue;
            const message = messageOf(event, this.keyOf(event.seq), isMine(event.user));
            this.#add(message);
            older.push(message);
        }
        const before = this.items.findLastIndex(
            (item) => item.kind === "lost" && item.reason === "epoch",
        );
        this.items.splice(before + 1, 0, ...older);
        this.olderThan = events[0].seq;
    }

    /** @returns {boolean} no older ones have a place */
    get full() {
        return this.items.length >= kReadingMax;
    }

    /** @returns {number} the seq of the newest message, 0: none */
    get newest() {
        return this.items.findLast((item) => item.kind === "message")?.seq ?? 0;
    }

    /** @param {string} key @returns {Message | undefined} of a message that is in the log */
    at(key) {
        return this.#byKey.get(key);
    }

    /** The message that `message` answers, if it is known. @param {Message} message */
    answered({ key, replyTo }) {
        if (replyTo === undefined) return undefined;
        const its = key.startsWith("out-")
            ? this.keyOf(replyTo)
            : `${key.slice(0, key.indexOf("-"))}-${replyTo}`;
        return this.#byKey.get(its) ?? this.quoted.get(its);
    }

    /** An answered message that is not shown itself. @param {LogEvent | PresentState} event */
    quote(event) {
        const key = this.keyOf(event.seq);
        this.quoted.set(key, messageOf(event, key, false));
    }

    /** Edited, deleted or reacted to. @param {PresentState} now @returns {Message | undefined} */
    renew(now) {
        const key = this.keyOf(now.seq);
        const shown = this.#byKey.get(key);
        for (const message of [shown, this.quoted.get(key)]) {
            if (message !== undefined) renew(message, now);
        }
        return shown;
    }

    /** @param {LostStep} step @param {number} at */
    lost(step, at) {
        if (step.reason === "epoch") {
            this.#epoch += 1;
            this.olderThan = 0;
        }
        if (this.items[this.items.length - 1]?.kind === "lost") return;
        this.items.push({ kind: "lost", key: this.#next("lost"), at, reason: step.reason });
        this.#trim();
    }

    /**
     * Who came and went; the net result of what follows in a row.
     * @param {{joined: Member[], left: Member[]}} news @param {number} at
     */
    presence(news, at) {
        let line = this.items[this.items.length - 1];
        if (line?.kind !== "presence") {
            line = {
                kind: "presence",
                key: this.#next("who"),
                at,
                joined: new Map(),
                left: new Map(),
            };
            this.items.push(line);
        }
        for (const { user, name } of news.joined) {
            if (!line.left.delete(user)) line.joined.set(user, name);
        }
        for (const { user, name } of news.left) {
            if (!line.joined.delete(user)) line.left.set(user, name);
        }
        line.at = at;
        if (line.joined.size + line.left.size === 0) this.items.pop();
        this.#trim();
    }

    /** @param {Outgoing} entry @param {{user: string, name: string}} me */
    sending(entry, me) {
        const shown = this.outgoing.get(entry.id);
        const inLog = this.#byClient.get(`${me.user}/${entry.id}`);
        if (shown === undefined && inLog !== undefined) return;
        this.outgoing.set(entry.id, {
            kind: "message",
            key: `out-${entry.id}`,
            at: entry.at,
            user: shown?.user ?? me.user,
            from: shown?.from ?? me.name,
            text: entry.content,
            mine: true,
            state: entry.state,
            seq: 0,
            revision: 0,
            clientId: entry.id,
            replyTo: entry.replyTo,
            reactions: new Map(),
            error: entry.error?.message,
        });
    }

    /** @param {string} id */
    discard(id) {
        this.outgoing.delete(id);
    }

    // The same message as pending, or as it was in the epoch before, gives way to this one.
    /** @param {Message} message */
    #add(message) {
        this.#byKey.set(message.key, message);
        this.quoted.delete(message.key);
        if (message.clientId === undefined) return;
        if (message.mine) this.outgoing.delete(message.clientId);
        const id = `${message.user}/${message.clientId}`;
        const before = this.#byClient.get(id);
        if (before !== undefined) {
            this.items = this.items.filter((item) => item !== before);
            if (before.key !== message.key) this.#byKey.delete(before.key);
        }
        this.#byClient.set(id, message);
    }

    #trim() {
        const max = this.reading ? kReadingMax : kItemsMax;
        while (this.items.length > max) {
            const gone = this.items.shift();
            if (gone?.kind !== "message") continue;
            this.#byKey.delete(gone.key);
            if (gone.key === this.keyOf(gone.seq)) this.olderThan = gone.seq + 1;
            this.#byClient.delete(`${gone.user}/${gone.clientId}`);
        }
    }

    /** @param {number} seq in the present epoch @returns {string} */
    keyOf(seq) {
        return `m${this.#epoch}-${seq}`;
    }

    /** @param {string} prefix @returns {string} */
    #next(prefix) {
        this.#serial += 1;
        return `${prefix}-${this.#serial}`;
    }
}
