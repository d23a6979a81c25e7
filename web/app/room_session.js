// A room as the page sees it: the client's room, its timeline, and what is unread in it.
// Invariant: unread counts live messages of others that came while the reader was not there.

import { mentions } from "./rich_text.js";
import { TimelineModel } from "./timeline_model.js";

/** @typedef {import("../client/room.js").Room} Room */
/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */
/** @typedef {import("./timeline_model.js").Message} Message */

/**
 * @typedef {object} Watcher
 * @property {(session: RoomSession) => boolean} isRead the reader has this room before him
 * @property {(session: RoomSession, change: {came?: boolean}) => void} changed
 * @property {(session: RoomSession, message: Message) => void} arrived live, from another
 */

const kPresenceLinesMax = 100; // members; beyond it comings and goings are noise

export class RoomSession {
    model = new TimelineModel();
    unread = 0;
    mentioned = false;
    /** @type {string} why the room cannot be joined */
    failure = "";
    #begun = false;
    #client;
    #watcher;

    /** @param {Room} room @param {StentorClient} client @param {Watcher} watcher */
    constructor(room, client, watcher) {
        this.room = room;
        this.#client = client;
        this.#watcher = watcher;
        room.on("message", ({ event, live }) => this.#message(event, live));
        room.on("edited", ({ event }) => this.#amend(event));
        room.on("deleted", ({ event }) => this.#amend(event));
        room.on("lost", (step) => {
            this.model.lost(step, Date.now());
            watcher.changed(this, {});
        });
        room.on("presence", (news) => this.#presence(news));
        room.on("members", () => watcher.changed(this, {}));
        room.on("outgoing", (entry) => {
            if (client.me !== null) this.model.sending(entry, client.me);
            watcher.changed(this, {});
        });
        room.on("state", ({ state, error }) => {
            // What the first `joined` brings is history; what a later one brings was missed.
            if (state === "joined") queueMicrotask(() => (this.#begun = true));
            this.failure = error?.message ?? "";
            watcher.changed(this, {});
        });
    }

    /** The reader is here. */
    read() {
        this.unread = 0;
        this.mentioned = false;
    }

    /** @param {import("../client/types.js").LogEvent} event @param {boolean} live */
    #message(event, live) {
        const mine = this.#client.isMe(event.user);
        const fresh = live || this.#begun;
        const message = this.model.message(event, mine);
        if (!mine && fresh && !this.#watcher.isRead(this)) {
            if (this.unread === 0) this.model.unreadFrom = message.key;
            this.unread += 1;
            this.mentioned ||= mentions(event.content ?? "", this.#client.me?.name ?? "");
        }
        this.#watcher.changed(this, { came: !mine && fresh });
        if (!mine && live) this.#watcher.arrived(this, message);
    }

    /** @param {import("../client/types.js").LogEvent} event */
    #amend(event) {
        this.model.amend(event);
        this.#watcher.changed(this, {});
    }

    /** @param {{joined: import("../client/types.js").Member[],
     *     left: import("../client/types.js").Member[]}} news */
    #presence(news) {
        if (this.room.people.count > kPresenceLinesMax) return;
        /** @param {{user: string}} member */
        const other = ({ user }) => !this.#client.isMe(user);
        const others = { joined: news.joined.filter(other), left: news.left.filter(other) };
        if (others.joined.length + others.left.length > 0) this.model.presence(others, Date.now());
    }
}
