// The client: stays connected, logs in, keeps its rooms joined and its messages on their way
// (docs/protocol.md). For browsers, and for Node with a WebSocket class as `webSocketImpl`.
// Invariant: at most one connection; a message that `send` took is acknowledged, refused or still
// pending, and is tried again with the same id after every reconnect.

import { systemClock } from "./clock.js";
import { Delivery } from "./delivery.js";
import { Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
import { Identity } from "./identity.js";
import { Link } from "./link.js";
import { RoomSet } from "./room_set.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").WebSocketImpl} WebSocketImpl */
/** @typedef {import("./identity.js").Credentials} Credentials */
/** @typedef {import("./link.js").ClientState} ClientState */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./room.js").Room} Room */
/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Limits} Limits */
/** @typedef {import("./types.js").LoggedIn} LoggedIn */
/** @typedef {import("./types.js").RoomSummary} RoomSummary */

/**
 * @typedef {object} ClientEvents
 * @property {ClientState} state
 * @property {LoggedIn & {renamedFrom?: string}} identity renamedFrom: the name that was taken
 * @property {StentorError} error one that answers no command of ours
 * @property {StentorError} refused the name that was typed cannot be had
 * @property {Room} room a direct room that was not asked for: somebody wrote
 * @property {Outgoing} outgoing an entry of the outbox changed its state, of whichever room
 */

/**
 * @typedef {object} ClientOptions
 * @property {string | (() => string)} url a function is asked before each attempt
 * @property {WebSocketImpl} [webSocketImpl]
 * @property {Clock} [clock]
 * @property {number} [outboxMax] how many messages and changes may wait for their ack
 * @property {number} [outboxBytesMax]
 * @property {number} [catchUpMax] see RoomLog
 * @property {number} [messagesMax] how many messages each room keeps
 */

/** @extends {Emitter<ClientEvents>} */
export class StentorClient extends Emitter {
    /** @type {LoggedIn | null} */
    me = null;
    /** @type {Limits} */
    limits = { message_bytes: 65536, content: 4096, rooms: 100, send_rate: 20 };
    #link;
    #delivery;
    #rooms;
    #identity = new Identity();
    /** Every user id that this client had: a message of any of them is its own. */
    #selves = new Set();

    /** @param {ClientOptions} options */
    constructor(options) {
        super();
        this.clock = options.clock ?? systemClock;
        const impl = options.webSocketImpl ?? /** @type {WebSocketImpl} */ (globalThis.WebSocket);
        const { url } = options;
        const link = new Link(typeof url === "string" ? () => url : url, impl, this.clock, {
            state: (state) => this.emit("state", state),
            welcome: (frame) => this.#welcomed(frame),
            frame: (frame) => this.#received(frame),
            down: () => this.#down(),
        });
        this.#link = link;
        this.#delivery = new Delivery(
            this.clock,
            {
                to: (entry) => this.#wayTo(entry),
                ask: (entry, question) => link.ask(entry.command, question, entry.id),
                later: (run, delayMs) => link.later(run, delayMs),
                changed: (entry) => this.#outgoing(entry),
                limits: () => this.limits,
            },
            { entriesMax: options.outboxMax, bytesMax: options.outboxBytesMax },
        );
        this.#rooms = new RoomSet(
            {
                ask: (command, question) => link.ask(command, question),
                tell: (command) => link.tell(command),
                later: (run, delayMs) => link.later(run, delayMs),
                now: () => this.clock.now(),
                me: () => (this.state.name === "open" ? this.me : null),
                isMe: (user) => this.isMe(user),
                found: (room) => this.emit("room", room),
            },
            this.#delivery,
            options,
        );
    }

    /** @returns {ClientState} */
    get state() {
        return this.#link.state;
    }

    /** @param {Credentials & {typed?: boolean}} [credentials] typed: the user chose the name now */
    connect(credentials = {}) {
        this.#identity = new Identity(credentials);
        this.me = null;
        this.#link.connect();
    }

    /** Ask for another name; `refused` says if it cannot be had. @param {string} name */
    rename(name) {
        this.#identity.rename(name);
        this.#link.connect();
    }

    /** Try now, if an attempt is being waited for or the server had sent us away. */
    retryNow() {
        const { name } = this.state;
        if (name === "waiting" || name === "closed") this.#link.connect();
    }

    /** The computer woke up or the network changed: is the connection still there? */
    probe() {
        if (this.state.name === "open") this.#link.probe();
        else if (this.state.name === "waiting") this.retryNow();
    }

    /** @param {StentorError} [reason] */
    close(reason) {
        this.#link.close(reason);
    }

    /**
     * Joins, and stays joined across reconnects until `leave`. A direct room (`dm.…`) is opened.
     * Names are in Unicode form NFC, as the server has them.
     * @param {string} name
     * @param {{history?: number}} [options] how many recent events to begin with
     * @returns {Room}
     */
    join(name, { history = 50 } = {}) {
        return this.#rooms.join(name.normalize(), history);
    }

    /** @param {string} name */
    leave(name) {
        this.#rooms.leave(name.normalize());
    }

    /**
     * One that is joined, being joined, or direct.
     * @param {string} name
     * @returns {Room | undefined}
     */
    room(name) {
        return this.#rooms.get(name.normalize());
    }

    /** @returns {Room[]} joined, being joined, or direct; what the server has: `rooms()` */
    get openRooms() {
        return this.#rooms.all;
    }

    /**
     * The user's direct rooms and those with a read position, as the server knows them.
     * @returns {Promise<RoomSummary[]>}
     */
    rooms() {
        return new Promise((resolve, refused) => {
            /** @param {{rooms: RoomSummary[]}} answer */
            const answered = ({ rooms }) => {
                this.#rooms.listed(rooms);
                resolve(rooms);
            };
            this.#link.ask({ type: "rooms" }, { answered, refused });
        });
    }

    /**
     * A private message. The ack names the room, which is open by then.
     * @param {string} to a user id or a name
     * @param {string} content
     * @returns {Promise<Ack>}
     */
    async direct(to, content) {
        const command = { type: "direct", to, content };
        const ack = await this.#delivery.post({ verb: "direct", room: "", command });
        if (this.state.name === "open") this.#rooms.direct(ack.room);
        return ack;
    }

    /** @returns {boolean} the next `send` would be refused */
    get outboxFull() {
        return this.#delivery.full;
    }

    /** @param {string} user @returns {boolean} */
    isMe(user) {
        return this.#selves.has(user);
    }

    /**
     * Send a failed message once more, with the same id.
     * @param {string} id
     * @returns {boolean} false: it has given way to newer ones
     */
    resend(id) {
        return this.#delivery.again(id);
    }

    /** Forget a message that has not been acknowledged. @param {string} id */
    discard(id) {
        this.#delivery.discard(id, new StentorError("cancelled", "the message was discarded"));
    }

    // ---- logging in ----

    #down() {
        this.#delivery.interrupted();
        this.#rooms.interrupted();
    }

    /** @param {Frame} frame */
    #received(frame) {
        const complaint = frame.type === "error" && !this.#rooms.refusedPart(frame);
        if (complaint) this.emit("error", StentorError.of(frame));
        else this.#rooms.receive(frame);
    }

    /** @param {Frame} welcome */
    #welcomed(welcome) {
        this.limits = { ...this.limits, ...welcome.limits };
        this.#login();
    }

    #login() {
        const { credentials } = this.#identity;
        const known = credentials.session !== undefined || credentials.token !== undefined;
        this.#link.ask(
            { type: "login", ...credentials },
            {
                answered: (loggedIn) => this.#loggedIn(loggedIn, known),
                refused: (error) => this.#loginRefused(error),
            },
        );
    }

    /** @param {LoggedIn} loggedIn @param {boolean} known not a user of a minute's age */
    #loggedIn(loggedIn, known) {
        const before = this.me?.name ?? this.#identity.name;
        this.#identity.accepted(loggedIn);
        this.me = loggedIn;
        this.#selves.add(loggedIn.user);
        this.#link.opened();
        const renamed = before !== undefined && before !== loggedIn.name;
        this.emit("identity", renamed ? { ...loggedIn, renamedFrom: before } : loggedIn);
        this.#rooms.loggedIn(known);
        this.#delivery.flush();
    }

    /** @param {StentorError} error */
    #loginRefused(error) {
        if (error.code === "disconnected") return;
        const next = this.#identity.refused(error.code);
        if (next === "again") {
            this.#login();
        } else if (next === "later") {
            this.#link.retryLater(error.retryAfterMs);
        } else if (next === "ask" && this.me !== null) {
            this.emit("refused", error);
            this.#login(); // with the name as it was
        } else {
            this.close(error);
            if (next === "ask") this.emit("refused", error);
        }
    }

    // ---- rooms and messages ----

    // A private message goes to a user, not to a room.
    /** @param {Outgoing} entry @returns {"open" | "blocked" | "closed"} */
    #wayTo({ verb, room }) {
        const here = this.state.name === "open";
        if (verb === "direct") return here ? "open" : "blocked";
        const state = this.#rooms.get(room)?.state;
        if (state === undefined || state === "failed") return "closed";
        return here && state === "joined" ? "open" : "blocked";
    }

    /** @param {Outgoing} entry */
    #outgoing(entry) {
        const { verb, room } = entry;
        if (verb === "send" || verb === "direct") this.#rooms.get(room)?.emit("outgoing", entry);
        this.emit("outgoing", entry);
    }
}
