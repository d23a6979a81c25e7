// The rooms of a client: joined again after each login with one question, left, found when a direct
// message comes (docs/protocol.md, `join`, `sync`, `rooms`, `direct`).
// Invariant: while logged in, each room is entered, being entered or failed; a room's answers reach
// the Room object that asked and no later one of the same name.

import { StentorError } from "./errors.js";
import { Room } from "./room.js";

/** @typedef {import("./delivery.js").Delivery} Delivery */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").HistoryPage} HistoryPage */
/** @typedef {import("./types.js").LoggedIn} LoggedIn */
/** @typedef {import("./types.js").RoomSummary} RoomSummary */

/**
 * @typedef {object} Host
 * @property {(command: any, question: import("./connection.js").Question) => void} ask
 * @property {(command: any) => void} tell
 * @property {(run: () => void, delayMs: number) => void} later unless the connection is lost
 * @property {() => number} now
 * @property {() => LoggedIn | null} me null while not logged in
 * @property {(user: string) => boolean} isMe
 * @property {(room: Room) => void} found a direct room that nobody asked for
 */
/** @typedef {{catchUpMax?: number, messagesMax?: number}} RoomBounds */

const kDirectPrefix = "dm.";
const kUnreadMax = 50; // direct rooms opened by themselves at a login; `rooms` lists all

export class RoomSet {
    #host;
    #delivery;
    #bounds;
    /** @type {Map<string, Room>} */
    #rooms = new Map();
    /** @type {Map<string, number>} how many recent events to begin with */
    #history = new Map();
    /** @type {Map<string, Room>} of a `sync` that is under way */
    #syncing = new Map();
    /** @type {Set<Room>} that this connection was asked for */
    #asked = new Set();

    /** @param {Host} host @param {Delivery} delivery @param {RoomBounds} bounds */
    constructor(host, delivery, bounds) {
        this.#host = host;
        this.#delivery = delivery;
        this.#bounds = bounds;
    }

    /** @returns {Room[]} */
    get all() {
        return [...this.#rooms.values()];
    }

    /** @param {string} name @returns {Room | undefined} */
    get(name) {
        return this.#rooms.get(name);
    }

    /** @param {string} name @param {number} history @returns {Room} */
    join(name, history) {
        const known = this.#rooms.get(name);
        if (known !== undefined && known.state !== "failed") return known;
        const room = known ?? this.#make(name, history);
        if (this.#host.me() !== null) this.#enter(room);
        else room.entering(); // at the next login
        return room;
    }

    /** @param {string} name */
    leave(name) {
        const room = this.#rooms.get(name);
        if (room === undefined) return;
        this.#rooms.delete(name);
        this.#history.delete(name);
        this.#asked.delete(room);
        this.#syncing.delete(name);
        this.#delivery.roomLeft(name);
        // Also while a join is under way: the server takes them in order.
        if (room.direct === null && room.state !== "failed" && this.#host.me() !== null) {
            this.#host.ask({ type: "leave", room: name }, { answered() {}, refused() {} });
        }
        room.left();
    }

    /** The connection is gone. */
    interrupted() {
        this.#syncing.clear();
        this.#asked.clear();
        for (const room of this.#rooms.values()) room.interrupted();
    }

    /** @param {boolean} known the user has been here before: there may be direct rooms */
    loggedIn(known) {
        // A listener that heard of the login first may have joined some.
        const rooms = this.all.filter((one) => one.state !== "failed" && !this.#asked.has(one));
        const directs = rooms.filter(({ direct }) => direct !== null);
        const named = rooms.filter(({ direct }) => direct === null);
        this.#sync(named.filter(({ position }) => position !== null));
        for (const room of named) if (room.position === null) this.#enter(room);
        for (const room of directs) room.entering();
        if (known || directs.length > 0) this.#resumeDirects(directs);
    }

    /** What the server lists. @param {RoomSummary[]} list */
    listed(list) {
        for (const summary of list) this.#rooms.get(summary.room)?.listed(summary);
    }

    /** The direct room of this name, begun if it is not here yet. @param {string} name */
    direct(name) {
        return this.#rooms.get(name) ?? this.#find(name);
    }

    /**
     * An error without an id may be about a room of the `sync`.
     * @param {Frame} frame
     * @returns {boolean} it was
     */
    refusedPart(frame) {
        return this.#syncPart(frame);
    }

    /** A frame that answers no question. @param {Frame} frame */
    receive(frame) {
        const name = frame.room;
        if (typeof name !== "string" || this.#syncPart(frame)) return;
        const known = this.#rooms.get(name);
        if (known !== undefined) known.receive(frame);
        else if (isDirect(name) && isNews(frame)) this.#find(name).receive(frame);
    }

    // ---- entering ----

    /** @param {Room} room */
    #enter(room) {
        this.#asked.add(room);
        room.entering();
        if (room.direct !== null) return this.#enterDirect(room);
        const since = room.position;
        const wanted = since === null ? { history: this.#history.get(room.name) } : { since };
        this.#host.ask(
            { type: "join", room: room.name, ...wanted },
            {
                answered: (joined) => this.#entered(room, joined, since !== null),
                refused: (error) => this.#refused(room, error),
            },
        );
    }

    /** One question for all rooms that have a position. @param {Room[]} rooms */
    #sync(rooms) {
        if (rooms.length === 0) return;
        for (const room of rooms) room.entering();
        this.#syncing = new Map(rooms.map((room) => [room.name, room]));
        const positions = rooms.map((room) => ({ room: room.name, ...room.position }));
        const joinTheRest = () => {
            const rest = [...this.#syncing.values()];
            this.#syncing.clear();
            for (const room of rest) this.#enter(room);
        };
        this.#host.ask(
            { type: "sync", rooms: positions },
            {
                part: (frame) => frame.type !== "synced" && this.#syncPart(frame),
                answered: joinTheRest,
                refused: (error) => error.code === "disconnected" || joinTheRest(),
            },
        );
    }

    /** @param {Frame} frame @returns {boolean} it answered for a room of the sync */
    #syncPart(frame) {
        const room = this.#syncing.get(frame.room);
        if (room === undefined || (frame.type !== "joined" && frame.type !== "error")) return false;
        this.#syncing.delete(room.name);
        if (frame.type === "joined") this.#entered(room, frame, true);
        else this.#refused(room, StentorError.of(frame));
        return true;
    }

    // A direct room needs no join, only what was missed. One question says where that is.
    /** @param {Room[]} directs */
    #resumeDirects(directs) {
        /** @param {RoomSummary[]} list */
        const enterAll = (list) => {
            const byName = new Map(list.map((summary) => [summary.room, summary]));
            for (const room of directs) {
                const { epoch, seq } = byName.get(room.name) ?? {};
                const { position } = room;
                if (position === null || position.epoch !== epoch || position.seq !== seq) {
                    this.#enterDirect(room);
                } else {
                    this.#entered(
                        room,
                        { epoch, seq, first: 1, recovered: true, events: [] },
                        true,
                    );
                }
            }
        };
        this.#host.ask(
            { type: "rooms" },
            {
                answered: ({ rooms }) => {
                    /** @param {RoomSummary} summary */
                    const isUnread = ({ room, unread }) => isDirect(room) && unread > 0;
                    const news = rooms.filter(isUnread).slice(0, kUnreadMax);
                    for (const { room } of news) this.direct(room);
                    this.listed(rooms);
                    enterAll(rooms);
                },
                refused: (error) => error.code === "disconnected" || enterAll([]),
            },
        );
    }

    /** @param {Room} room */
    #enterDirect(room) {
        const other = this.#otherOf(room.name);
        if (other === null) {
            return this.#refused(room, new StentorError("forbidden", "others talk in this room"));
        }
        if (room.direct?.user !== other) room.direct = { user: other, name: "" };
        const since = room.position;
        const limit = since === null ? this.#history.get(room.name) : 100;
        /** @param {HistoryPage} page */
        const answered = (page) => {
            const sameEpoch = since?.epoch === page.epoch;
            const recovered = since === null || (sameEpoch && page.first <= since.seq + 1);
            this.#entered(room, { ...page, recovered }, since !== null);
        };
        this.#host.ask(
            { type: "history", room: room.name, after: since?.seq, limit },
            { answered, refused: (error) => this.#refused(room, error) },
        );
    }

    /** @param {Room} room @param {any} joined @param {boolean} resumed */
    #entered(room, joined, resumed) {
        room.joined(joined, resumed);
        this.#delivery.flush();
    }

    /** @param {Room} room @param {StentorError} error */
    #refused(room, error) {
        if (error.code === "disconnected" || room.state !== "joining") return;
        if (error.passing) {
            const again = () => room.state === "joining" && this.#enter(room);
            this.#host.later(again, error.retryAfterMs || 1000);
            return;
        }
        room.refused(error);
        this.#delivery.roomRefused(room.name, error);
    }

    // ---- making ----

    /** A direct room that nobody asked for. @param {string} name @returns {Room} */
    #find(name) {
        const room = this.#make(name, 50);
        this.#host.found(room);
        this.#enter(room);
        return room;
    }

    /** @param {string} name @param {number} history @returns {Room} */
    #make(name, history) {
        const wire = {
            ask: this.#host.ask,
            tell: this.#host.tell,
            later: this.#host.later,
            now: this.#host.now,
            isMe: this.#host.isMe,
            post: (/** @type {import("./outbox.js").Draft} */ draft) => this.#delivery.post(draft),
            leave: () => this.leave(name),
        };
        const room = new Room(name, wire, this.#bounds);
        if (isDirect(name)) room.direct = { user: this.#otherOf(name) ?? "", name: "" };
        for (const type of /** @type {const} */ (["message", "edited", "deleted", "reacted"])) {
            room.on(type, ({ event }) => {
                if (this.#host.isMe(event.user)) this.#delivery.seen(room.epoch, event);
                else if (room.direct?.user === event.user) room.direct.name = event.from;
            });
        }
        this.#rooms.set(name, room);
        this.#history.set(name, history);
        return room;
    }

    /** `dm.A.B` holds the two users. @param {string} name @returns {string | null} */
    #otherOf(name) {
        const [, ...users] = name.split(".");
        const mine = this.#host.me()?.user ?? "";
        const at = users.indexOf(mine);
        return at < 0 || users.length !== 2 ? null : users[1 - at];
    }
}

/** @param {string} room @returns {boolean} */
function isDirect(room) {
    return room.startsWith(kDirectPrefix);
}

/** @param {Frame} frame @returns {boolean} an event of a log, or that there were some */
function isNews(frame) {
    return typeof frame.seq === "number" || frame.type === "gap";
}
