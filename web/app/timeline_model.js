// What a room's timeline shows: messages, joins and leaves, holes; and behind them what is on its
// way out. Pure data; timeline_rows.js lays it out, timeline_view.js draws it.
// Invariant: at most kItemsMax items; a message stands in it once, whether it came as pending, by
// ack, live, by resume or, after a restart of the server, in a new epoch.

/** @typedef {import("../client/types.js").LogEvent} LogEvent */
/** @typedef {import("../client/types.js").Member} Member */
/** @typedef {import("../client/outbox.js").Outgoing} Outgoing */
/** @typedef {import("../client/room_log.js").LostStep} LostStep */

/**
 * @typedef {object} Message
 * @property {"message"} kind
 * @property {string} key
 * @property {number} at
 * @property {string} user
 * @property {string} from
 * @property {string} text
 * @property {boolean} mine
 * @property {"pending" | "sent" | "failed"} state
 * @property {number} seq 0: not known yet
 * @property {string} [clientId]
 * @property {string} [error]
 * @property {number} [editedAt]
 * @property {boolean} [deleted]
 */
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

export class TimelineModel {
    /** @type {Item[]} */
    items = [];
    /** @type {Map<string, Message>} by client id: what is not in the log as far as we know */
    outgoing = new Map();
    /** The key of the first message not seen, or "". */
    unreadFrom = "";
    #epoch = 0;
    #serial = 0;
    /** @type {Map<string, Message>} by user and client id */
    #byClient = new Map();

    /** @param {LogEvent} event @param {boolean} mine @returns {Message} */
    message(event, mine) {
        const message = this.#fromEvent(event, mine);
        this.#forget(message);
        this.items.push(message);
        this.#trim();
        return message;
    }

    /**
     * Older events, oldest first.
     * @param {LogEvent[]} events
     * @param {(user: string) => boolean} isMine
     */
    prepend(events, isMine) {
        const older = events
            .filter((event) => event.type === "message")
            .map((event) => this.#fromEvent(event, isMine(event.user)));
        const room = Math.max(0, kItemsMax - this.items.length);
        this.items.unshift(...older.slice(older.length - Math.min(room, older.length)));
    }

    /** @returns {boolean} */
    get full() {
        return this.items.length >= kItemsMax;
    }

    /** An edit or a deletion of a message that is shown. @param {LogEvent} event */
    amend(event) {
        const key = this.#key(event.target ?? 0);
        const item = this.items.find((candidate) => candidate.key === key);
        if (item?.kind !== "message") return;
        if (event.type === "edited") {
            item.text = event.content ?? "";
            item.editedAt = event.at;
        } else if (event.type === "deleted") {
            item.text = "";
            item.deleted = true;
        }
    }

    /** @param {LostStep} step @param {number} at */
    lost(step, at) {
        if (step.reason === "epoch") this.#epoch += 1;
        if (this.items[this.items.length - 1]?.kind === "lost") return;
        this.items.push({ kind: "lost", key: this.#next("lost"), at, reason: step.reason });
        this.#trim();
    }

    /** Who came and went; the net result of what follows in a row. */
    /** @param {{joined: Member[], left: Member[]}} news @param {number} at */
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
            clientId: entry.id,
            error: entry.error?.message,
        });
    }

    /** @param {string} id */
    discard(id) {
        this.outgoing.delete(id);
    }

    /** @param {LogEvent} event @param {boolean} mine @returns {Message} */
    #fromEvent(event, mine) {
        return {
            kind: "message",
            key: this.#key(event.seq),
            at: event.at,
            user: event.user,
            from: event.from,
            text: event.content ?? "",
            mine,
            state: "sent",
            seq: event.seq,
            clientId: event.client_id,
            editedAt: event.edited_at,
            deleted: event.deleted,
        };
    }

    // The same message as pending, or as it was in the epoch before, gives way to this one.
    /** @param {Message} message */
    #forget(message) {
        if (message.clientId === undefined) return;
        if (message.mine) this.outgoing.delete(message.clientId);
        const id = `${message.user}/${message.clientId}`;
        const before = this.#byClient.get(id);
        if (before !== undefined) this.items = this.items.filter((item) => item !== before);
        this.#byClient.set(id, message);
    }

    #trim() {
        while (this.items.length > kItemsMax) {
            const gone = this.items.shift();
            if (gone?.kind !== "message" || gone.clientId === undefined) continue;
            this.#byClient.delete(`${gone.user}/${gone.clientId}`);
        }
    }

    /** @param {number} seq @returns {string} */
    #key(seq) {
        return `m${this.#epoch}-${seq}`;
    }

    /** @param {string} prefix @returns {string} */
    #next(prefix) {
        this.#serial += 1;
        return `${prefix}-${this.#serial}`;
    }
}
