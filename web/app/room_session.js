// A room as the page sees it: the client's room, its timeline, and what is unread in it.
// Invariant: unread counts messages of others behind the reader's position, which the server keeps;
// the divider stands before the first of them until the reader leaves the room.

import { mentions } from "./rich_text.js";
import { TimelineModel } from "./timeline_model.js";

/** @typedef {import("../client/room.js").Room} Room */
/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */
/** @typedef {import("../client/types.js").LogEvent} LogEvent */
/** @typedef {import("../client/types.js").Member} Member */
/** @typedef {import("../client/types.js").Message} PresentState */
/** @typedef {import("../client/types.js").RoomSummary} RoomSummary */
/** @typedef {import("./message.js").Message} Message */

/**
 * @typedef {object} Watcher
 * @property {(session: RoomSession) => boolean} isRead the reader has this room before him
 * @property {(session: RoomSession, change: {came?: boolean}) => void} changed
 * @property {(session: RoomSession, message: Message) => void} arrived live, from another
 * @property {(session: RoomSession) => void} typing
 * @property {(session: RoomSession, message: Message) => void} deleted
 */

const kPresenceLinesMax = 100; // members; beyond it comings and goings are noise
const kPageEvents = 60;
const kNameless = "…"; // a direct room before anybody said whose it is

export class RoomSession {
    model = new TimelineModel();
    unread = 0;
    mentioned = false;
    /** @type {string} why the room cannot be joined */
    failure = "";
    #begun = false;
    #otherName = kNameless;
    /** @type {Promise<boolean> | null} */
    #loading = null;
    #counted = { epoch: "", seq: 0 }; // up to here the server has counted what is unread
    #unreadAfter = Infinity; // the divider stands behind this seq
    #first = 0; // the oldest seq that can be had, 0: not known
    #client;
    #watcher;

    /** @param {Room} room @param {StentorClient} client @param {Watcher} watcher */
    constructor(room, client, watcher) {
        this.room = room;
        this.#client = client;
        this.#watcher = watcher;
        room.on("message", ({ event, live, message }) => this.#message(message ?? event, live));
        for (const type of /** @type {const} */ (["edited", "deleted", "reacted"])) {
            room.on(type, ({ event, message }) => this.#changed(event, message));
        }
        room.on("lost", (step) => {
            this.model.lost(step, Date.now());
            if (step.reason === "epoch") {
                this.#first = 0;
                this.#unreadAfter = Infinity;
            }
            watcher.changed(this, {});
        });
        room.on("presence", (news) => this.#presence(news));
        room.on("members", () => watcher.changed(this, {}));
        room.on("typing", () => watcher.typing(this));
        room.on("read", ({ positions }) => this.#readElsewhere(positions));
        room.on("outgoing", (entry) => this.#outgoing(entry));
        room.on("state", ({ state, error }) => {
            // What the first `joined` brings is history; what a later one brings was missed.
            if (state === "joined") queueMicrotask(() => this.#joined());
            this.failure = error?.message ?? "";
            watcher.changed(this, {});
        });
    }

    /** @returns {string} as people call it */
    get title() {
        const { direct, name } = this.room;
        return direct === null ? name : direct.name || this.#otherName;
    }

    /** @returns {{list: Member[], count: number}} */
    get people() {
        const { direct, people } = this.room;
        if (direct === null) return people;
        const me = this.#client.me;
        const other = { user: direct.user, name: this.title };
        return { list: me === null ? [other] : [me, other], count: 2 };
    }

    /** The reader is here. */
    read() {
        this.unread = 0;
        this.mentioned = false;
        const { newest } = this.model;
        // What the server counted and has yet to come is not read.
        this.#counted.seq = Math.min(this.#counted.seq, newest);
        if (newest > 0) this.room.read(newest);
    }

    /**
     * What the server knows of this reader here; asked for after each login.
     * @param {RoomSummary} summary
     */
    summed({ epoch, read, seq, unread, with: other }) {
        if (other?.name) this.#otherName = other.name;
        const seen = Math.max(read, this.room.readUpTo); // the server may not have heard it all
        const toldLate = this.#others((message) => message.seq > read && message.seq <= seen);
        const since = this.#others((message) => message.seq > seq);
        this.unread = Math.max(0, unread - toldLate.length) + since.length;
        this.#counted = { epoch, seq };
        if (this.unread > 0) this.#unreadAfter = seen;
        for (const message of this.#others(() => true)) this.#divide(message);
        if (this.#watcher.isRead(this)) this.read();
        this.#watcher.changed(this, {});
    }

    /** The reader wrote to him by this name. @param {string} name */
    otherIs(name) {
        if (this.#otherName === kNameless) this.#otherName = name;
        this.#watcher.changed(this, {});
    }

    /** The reader goes to another room. */
    left() {
        this.model.unreadFrom = "";
        this.#unreadAfter = Infinity;
    }

    /** @returns {boolean} the server keeps older messages than those shown */
    get hasOlder() {
        const { olderThan, full } = this.model;
        return !full && this.#first > 0 && olderThan > this.#first;
    }

    /** @returns {Promise<boolean>} there were some, or there are none; false: try again later */
    loadOlder() {
        if (!this.hasOlder) return Promise.resolve(false);
        this.#loading ??= this.#loadPage().finally(() => (this.#loading = null));
        return this.#loading;
    }

    async #loadPage() {
        const before = this.model.olderThan;
        const page = await this.room.history({ before, limit: kPageEvents });
        if (page.epoch !== this.room.epoch || this.model.olderThan !== before) return false;
        const present = page.events.map((event) => this.room.messages.get(event.seq) ?? event);
        this.model.prepend(present, (user) => this.#client.isMe(user));
        for (const { reply_to: seq = 0 } of page.events) this.#wantQuote(seq);
        this.#first = page.events.length === 0 ? before : Math.max(1, page.first);
        return true;
    }

    #joined() {
        this.#begun = true;
        if (this.#watcher.isRead(this)) this.read();
    }

    /** @param {LogEvent | PresentState} event @param {boolean} live */
    #message(event, live) {
        const mine = this.#client.isMe(event.user);
        const fresh = live || this.#begun;
        const message = this.model.message(event, mine);
        if (!mine && this.room.direct !== null) this.#otherName = event.from;
        this.#bounds();
        this.#wantQuote(event.reply_to ?? 0);
        if (mine && fresh)
            this.read(); // one who answers has read
        else if (fresh) this.#count(message);
        else if (!mine) this.#divide(message);
        this.#watcher.changed(this, { came: !mine && fresh });
        if (!mine && live) this.#watcher.arrived(this, message);
    }

    /** @param {Message} message of another, known to the server's count */
    #divide(message) {
        if (message.seq <= this.#unreadAfter) return;
        if (this.model.unreadFrom === "") this.model.unreadFrom = message.key;
        if (this.unread > 0) this.mentioned ||= this.#mentionsMe(message);
    }

    /** @param {Message} message */
    #mentionsMe(message) {
        return mentions(message.text, this.#client.me?.name ?? "");
    }

    /** @param {Message} message of another, new */
    #count(message) {
        const { epoch, seq } = this.#counted;
        const counted = epoch === this.room.epoch && message.seq <= seq;
        if (this.#watcher.isRead(this)) {
            if (counted) this.#divide(message);
            this.read();
        } else if (counted) {
            this.#divide(message);
        } else {
            if (this.unread === 0) this.model.unreadFrom = message.key;
            this.unread += 1;
            this.mentioned ||= this.#mentionsMe(message);
        }
    }

    /** @param {LogEvent} event @param {PresentState | undefined} now what it changed */
    #changed(event, now) {
        this.model.begins(event.seq);
        this.#bounds();
        if (now === undefined) return;
        const message = this.model.renew(now);
        if (message?.deleted) this.#watcher.deleted(this, message);
        this.#watcher.changed(this, {});
    }

    // An answer shows what it answers, also when that is not shown itself. Asked for once the room's
    // page is taken in whole; a quote that cannot be had stays "an earlier message".
    /** @param {number} seq 0: none */
    #wantQuote(seq) {
        if (seq === 0) return;
        const { model, room } = this;
        queueMicrotask(async () => {
            const key = model.keyOf(seq);
            if (model.at(key) !== undefined || model.quoted.has(key)) return;
            const wanted = { after: seq - 1, before: seq + 1, limit: 1 };
            const page = await room.history(wanted).catch(() => null);
            const event = page?.events[0];
            if (event?.type !== "message" || model.keyOf(seq) !== key) return;
            model.quote(event);
            this.#watcher.changed(this, {});
        });
    }

    // The first event of a timeline: is there anything before it?
    #bounds() {
        if (this.#first === 0) this.#first = this.room.hasOlder ? 1 : this.model.olderThan;
    }

    /** @param {import("../client/outbox.js").Outgoing} entry */
    #outgoing(entry) {
        if (entry.verb !== "send" && entry.verb !== "direct") return;
        if (this.#client.me !== null) this.model.sending(entry, this.#client.me);
        this.#watcher.changed(this, {});
    }

    /** Another tab of this user has read. @param {{user: string, seq: number}[]} positions */
    #readElsewhere(positions) {
        const own = positions.filter(({ user }) => this.#client.isMe(user)).map(({ seq }) => seq);
        if (own.length === 0 || this.unread === 0) return;
        const position = Math.max(...own);
        const rest = this.#others((message) => message.seq > position);
        if (rest.length >= this.unread) return;
        this.unread = rest.length;
        this.model.unreadFrom = rest[0]?.key ?? "";
        if (rest.length === 0) this.mentioned = false;
        this.#watcher.changed(this, {});
    }

    /** @param {(message: Message) => boolean} wanted @returns {Message[]} of this epoch */
    #others(wanted) {
        return /** @type {Message[]} */ (this.model.items).filter(
            (item) =>
                item.kind === "message" &&
                !item.mine &&
                item.key === this.model.keyOf(item.seq) &&
                wanted(item),
        );
    }

    /** @param {{joined: Member[], left: Member[]}} news */
    #presence(news) {
        if (this.room.people.count > kPresenceLinesMax) return;
        /** @param {{user: string}} member */
        const other = ({ user }) => !this.#client.isMe(user);
        const others = { joined: news.joined.filter(other), left: news.left.filter(other) };
        if (others.joined.length + others.left.length > 0) this.model.presence(others, Date.now());
    }
}
