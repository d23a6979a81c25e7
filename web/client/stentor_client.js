// The client: stays connected, logs in, keeps its rooms joined and its messages on their way
// (docs/protocol.md). For browsers, and for Node with a WebSocket class as `webSocketImpl`.
// Invariant: at most one connection; a message that `send` took is acknowledged, refused or still
// pending, and is tried again with the same id after every reconnect.

import { Backoff } from "./backoff.js";
import { systemClock } from "./clock.js";
import { Connection, toError } from "./connection.js";
import { Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import { Identity } from "./identity.js";
import { Outbox } from "./outbox.js";
import { Room } from "./room.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").Closing} Closing */
/** @typedef {import("./connection.js").WebSocketImpl} WebSocketImpl */
/** @typedef {import("./identity.js").Credentials} Credentials */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Limits} Limits */
/** @typedef {import("./types.js").LoggedIn} LoggedIn */

/**
 * `waiting`: the next attempt begins at `retryAt` (on the client's clock).
 * @typedef {{name: "closed", reason?: StentorError} | {name: "connecting"} | {name: "open"} |
 *     {name: "waiting", retryAt: number}} ClientState
 */

/**
 * @typedef {object} ClientEvents
 * @property {ClientState} state
 * @property {LoggedIn & {renamedFrom?: string}} identity renamedFrom: the name that was taken
 * @property {StentorError} error one that answers no command of ours
 * @property {StentorError} refused the name that was typed cannot be had
 */

/**
 * @typedef {object} ClientOptions
 * @property {string} url
 * @property {WebSocketImpl} [webSocketImpl]
 * @property {Clock} [clock]
 * @property {number} [outboxMax]
 * @property {number} [catchUpMax] see RoomLog
 */

const kConnectTimeoutMs = 15_000;
const kStableMs = 10_000;  // a connection that lived so long was no part of an outage
const kSendTriesMax = 5;
const kGraceMs = 10_000;
/** Close codes after which trying again is no use: bad token, kicked or banned. */
const kFinalCodes = new Set([4401, 4403]);

/** @extends {Emitter<ClientEvents>} */
export class StentorClient extends Emitter {
    /** @type {ClientState} */
    state = { name: "closed" };
    /** @type {LoggedIn | null} */
    me = null;
    /** @type {Limits} */
    limits = { message_bytes: 65536, content: 4096, rooms: 100, send_rate: 20 };
    /** @type {Map<string, Room>} */
    rooms = new Map();
    #options;
    #impl;
    #backoff;
    #outbox;
    #identity = new Identity();
    /** Every user id that this client had: a message of any of them is its own. */
    #selves = new Set();
    /** @type {Map<string, {resolve: (ack: Ack) => void, reject: (error: StentorError) => void}>} */
    #promises = new Map();
    /** @type {Connection | null} */
    #connection = null;
    /** @type {Heartbeat | null} */
    #heartbeat = null;
    #openedAt = 0;
    /** @type {number | null} */
    #goodbyeMs = null;
    /** @type {any} */
    #retryTimer = null;

    /** @param {ClientOptions} options */
    constructor(options) {
        super();
        this.clock = options.clock ?? systemClock;
        this.#options = options;
        this.#impl = options.webSocketImpl ?? /** @type {WebSocketImpl} */ (globalThis.WebSocket);
        this.#backoff = new Backoff(this.clock.random);
        this.#outbox = new Outbox(options.outboxMax);
    }

    /** @param {Credentials & {typed?: boolean}} [credentials] typed: the user chose the name now */
    connect(credentials = {}) {
        this.#identity = new Identity(credentials);
        this.#reconnect();
    }

    /** Ask for another name; `refused` says if it cannot be had. @param {string} name */
    rename(name) {
        this.#identity.rename(name);
        this.#reconnect();
    }

    /** Try now, if an attempt is being waited for. */
    retryNow() {
        if (this.state.name === "waiting") this.#reconnect();
    }

    /** The computer woke up or the network changed: is the connection still there? */
    probe() {
        if (this.state.name === "open") this.#heartbeat?.probe();
        else this.retryNow();
    }

    /** @param {StentorError} [reason] */
    close(reason) {
        this.clock.clearTimeout(this.#retryTimer);
        this.#hangUp();
        this.#setState({ name: "closed", reason });
    }

    /**
     * Joins, and stays joined across reconnects until `leave`.
     * @param {string} name
     * @param {{history?: number}} [options] how many recent events to begin with
     * @returns {Room}
     */
    join(name, { history = 50 } = {}) {
        const known = this.rooms.get(name);
        if (known !== undefined && known.state !== "failed") return known;
        const room = known ?? this.#newRoom(name, history);
        if (this.state.name === "open") this.#enter(room);
        return room;
    }

    /** @param {string} name */
    leave(name) {
        const room = this.rooms.get(name);
        if (room === undefined) return;
        this.rooms.delete(name);
        const left = new StentorError("left", "the room was left before this was sent");
        for (const entry of this.#outbox.of(name)) this.discard(entry.id, left);
        if (room.state === "joined") {
            this.#ask({ type: "leave", room: name }, { answered() {}, refused() {} });
        }
        room.left();
    }

    /** @returns {boolean} the next `send` would be refused */
    get outboxFull() {
        return this.#outbox.full;
    }

    /** @param {string} user @returns {boolean} */
    isMe(user) {
        return this.#selves.has(user);
    }

    /** Send a failed message once more, with the same id. @param {string} id */
    resend(id) {
        const entry = this.#outbox.revive(id);
        if (entry === undefined) return;
        this.#changed(entry);
        this.#transmit(entry);
    }

    /** Forget a message that has not been acknowledged. @param {string} id @param {StentorError} [why] */
    discard(id, why = new StentorError("cancelled", "the message was discarded")) {
        this.#outbox.discard(id);
        this.#promises.get(id)?.reject(why);
        this.#promises.delete(id);
    }

    // ---- connecting ----

    #reconnect() {
        this.clock.clearTimeout(this.#retryTimer);
        this.#hangUp();
        this.#setState({ name: "connecting" });
        const options = {
            webSocketImpl: this.#impl,
            url: this.#options.url,
            clock: this.clock,
            timeoutMs: kConnectTimeoutMs,
        };
        this.#goodbyeMs = null;
        this.#connection = new Connection(options, {
            frame: (frame) => this.#received(frame),
            heard: () => this.#heartbeat?.heard(),
            closed: (closing) => this.#lost(closing),
        });
    }

    // Ends the connection without the consequences of a loss.
    #hangUp() {
        const connection = this.#connection;
        this.#connection = null;
        this.#heartbeat?.stop();
        this.#heartbeat = null;
        for (const room of this.rooms.values()) room.interrupted();
        connection?.close();
    }

    /** @param {Closing} closing */
    #lost({ code, reason }) {
        if (this.#connection === null) return;
        const wasOpen = this.state.name === "open";
        this.#hangUp();
        if (kFinalCodes.has(code)) {
            const error = code === 4401 ? "login_first" : "banned";
            this.close(new StentorError(error, reason || "the server ended the session"));
            return;
        }
        if (wasOpen && this.clock.now() - this.#openedAt >= kStableMs) this.#backoff.reset();
        this.#waitAndRetry(this.#goodbyeMs ?? this.#backoff.nextMs());
    }

    /** @param {number} delayMs */
    #waitAndRetry(delayMs) {
        this.#setState({ name: "waiting", retryAt: this.clock.now() + delayMs });
        this.#retryTimer = this.clock.setTimeout(() => this.#reconnect(), delayMs);
    }

    /** @param {Frame} frame */
    #received(frame) {
        if (frame.type === "welcome") this.#welcomed(frame);
        else if (frame.type === "goodbye") this.#goodbyeMs = frame.reconnect_after_ms ?? null;
        else if (frame.type === "error") this.emit("error", toError(frame));
        else if (typeof frame.room === "string") this.rooms.get(frame.room)?.receive(frame);
    }

    /** @param {Frame} welcome */
    #welcomed(welcome) {
        this.limits = { ...this.limits, ...welcome.limits };
        this.#heartbeat = new Heartbeat(this.clock, {
            quietMs: (welcome.ping_ms ?? 25_000) + kGraceMs,
            graceMs: kGraceMs,
            ask: () => this.#connection?.ask({ type: "ping" }, { answered() {}, refused() {} }),
            giveUp: () => this.#connection?.close(4408, "the server fell silent"),
        });
        this.#heartbeat.start();
        this.#login();
    }

    #login() {
        this.#connection?.ask({ type: "login", ...this.#identity.credentials }, {
            answered: (loggedIn) => this.#loggedIn(loggedIn),
            refused: (error) => this.#loginRefused(error),
        });
    }

    /** @param {LoggedIn} loggedIn */
    #loggedIn(loggedIn) {
        const before = this.me?.name ?? this.#identity.name;
        this.#connection?.established();
        this.#identity.accepted(loggedIn);
        this.me = loggedIn;
        this.#selves.add(loggedIn.user);
        this.#openedAt = this.clock.now();
        this.#setState({ name: "open" });
        const renamed = before !== undefined && before !== loggedIn.name;
        this.emit("identity", renamed ? { ...loggedIn, renamedFrom: before } : loggedIn);
        for (const room of this.rooms.values()) if (room.state !== "failed") this.#enter(room);
    }

    /** @param {StentorError} error */
    #loginRefused(error) {
        if (error.code === "disconnected") return;
        const next = this.#identity.refused(error.code);
        if (next === "again") {
            this.#login();
        } else if (next === "later") {
            this.#hangUp();
            this.#waitAndRetry(Math.max(error.retryAfterMs, this.#backoff.nextMs()));
        } else if (next === "ask" && this.me !== null) {
            this.emit("refused", error);
            this.#login();  // with the name as it was
        } else {
            this.close(error);
            if (next === "ask") this.emit("refused", error);
        }
    }

    // ---- rooms and messages ----

    /** @param {string} name @param {number} history @returns {Room} */
    #newRoom(name, history) {
        const room = new Room(name, {
            ask: (command, question) => this.#ask(command, question),
            later: (run, delayMs) => this.#later(run, delayMs),
            send: (to, content, replyTo) => this.#sendNew(to, content, replyTo),
        }, { history, catchUpMax: this.#options.catchUpMax });
        room.on("message", ({ event }) => this.#seen(room, event));
        this.rooms.set(name, room);
        return room;
    }

    /** @param {Room} room */
    #enter(room) {
        room.enter(() => {
            for (const entry of this.#outbox.of(room.name)) {
                if (entry.state === "pending") this.#transmit(entry);
            }
        });
    }

    // The ack usually came first; after a reconnect the message itself may be all that comes, and the
    // weakest durability is all that it proves.
    /** @param {Room} room @param {import("./types.js").LogEvent} event */
    #seen(room, { user, client_id: id, seq, at }) {
        if (id === undefined || !this.#selves.has(user) || !this.#outbox.get(id)) return;
        this.#acked({ id, room: room.name, epoch: room.epoch, seq, at, durability: "memory" });
    }

    /** @param {any} command @param {import("./connection.js").Question} question */
    #ask(command, question) {
        if (this.#connection !== null) this.#connection.ask(command, question);
        else question.refused(new StentorError("disconnected", "the connection was lost"));
    }

    /** Later, unless the connection has changed by then. @param {() => void} run @param {number} ms */
    #later(run, ms) {
        const connection = this.#connection;
        this.clock.setTimeout(() => connection === this.#connection && run(), ms);
    }

    /**
     * @param {string} room
     * @param {string} content
     * @param {number} [replyTo]
     * @returns {Promise<Ack>}
     */
    #sendNew(room, content, replyTo) {
        /** @type {Outgoing} */
        const entry = {
            id: this.clock.uuid(), room, content, replyTo, at: Date.now(), state: "pending", tries: 0,
        };
        return new Promise((resolve, reject) => {
            this.#outbox.add(entry);  // throws when full: the promise is rejected
            this.#promises.set(entry.id, { resolve, reject });
            this.#changed(entry);
            this.#transmit(entry);
        });
    }

    /** @param {Outgoing} entry */
    #transmit(entry) {
        if (this.rooms.get(entry.room)?.state !== "joined" || this.#connection === null) return;
        entry.tries += 1;
        const command = { type: "send", room: entry.room, content: entry.content };
        const whole = entry.replyTo === undefined ? command : { ...command, reply_to: entry.replyTo };
        this.#connection.ask(whole, {
            answered: (ack) => this.#acked(ack),
            refused: (error) => this.#sendRefused(entry, error),
        }, entry.id);
    }

    /** @param {Ack} ack */
    #acked(ack) {
        const entry = this.#outbox.settle(ack.id);
        if (entry !== undefined) this.#changed({ ...entry, at: ack.at });
        this.#promises.get(ack.id)?.resolve(ack);
        this.#promises.delete(ack.id);
    }

    /** @param {Outgoing} entry @param {StentorError} error */
    #sendRefused(entry, error) {
        if (error.code === "disconnected") return;  // it goes again after the reconnect
        if (error.passing && entry.tries < kSendTriesMax) {
            this.#later(() => {
                if (this.#outbox.get(entry.id)?.state === "pending") this.#transmit(entry);
            }, error.retryAfterMs || 1000);
            return;
        }
        const failed = this.#outbox.fail(entry.id, error);
        if (failed === undefined) return;
        this.#changed(failed);
        this.#promises.get(entry.id)?.reject(error);
        this.#promises.delete(entry.id);
    }

    /** @param {Outgoing} entry */
    #changed(entry) {
        this.rooms.get(entry.room)?.emit("outgoing", { ...entry });
    }

    /** @param {ClientState} state */
    #setState(state) {
        this.state = state;
        this.emit("state", state);
    }
}
