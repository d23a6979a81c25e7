// The client: stays connected, logs in, keeps its rooms joined and its messages on their way
// (docs/protocol.md). For browsers, and for Node with a WebSocket class as `webSocketImpl`.
// Invariant: at most one connection; a message that `send` took is acknowledged, refused or still
// pending, and is tried again with the same id after every reconnect.

import { Backoff } from "./backoff.js";
import { systemClock } from "./clock.js";
import { Connection, toError } from "./connection.js";
import { Delivery } from "./delivery.js";
import { Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";
import { Identity } from "./identity.js";
import { Room } from "./room.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").Closing} Closing */
/** @typedef {import("./connection.js").Question} Question */
/** @typedef {import("./connection.js").WebSocketImpl} WebSocketImpl */
/** @typedef {import("./identity.js").Credentials} Credentials */
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
const kStableMs = 10_000; // a connection that lived so long was no part of an outage
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
    #delivery;
    #identity = new Identity();
    /** Every user id that this client had: a message of any of them is its own. */
    #selves = new Set();
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
        this.#delivery = new Delivery(
            this.clock,
            {
                to: (room) => this.#wayTo(room),
                ask: (command, question, id) => this.#ask(command, question, id),
                later: (run, delayMs) => this.#later(run, delayMs),
                changed: (entry) => this.rooms.get(entry.room)?.emit("outgoing", entry),
            },
            options.outboxMax,
        );
    }

    /** @param {Credentials & {typed?: boolean}} [credentials] typed: the user chose the name now */
    connect(credentials = {}) {
        this.#identity = new Identity(credentials);
        this.me = null;
        this.#reconnect();
    }

    /** Ask for another name; `refused` says if it cannot be had. @param {string} name */
    rename(name) {
        this.#identity.rename(name);
        this.#reconnect();
    }

    /** Try now, if an attempt is being waited for or the server had sent us away. */
    retryNow() {
        const { name } = this.state;
        if (name === "waiting" || name === "closed") this.#reconnect();
    }

    /** The computer woke up or the network changed: is the connection still there? */
    probe() {
        if (this.state.name === "open") this.#heartbeat?.probe();
        else if (this.state.name === "waiting") this.retryNow();
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
        this.#delivery.roomLeft(name);
        if (room.state === "joined") {
            this.#ask({ type: "leave", room: name }, { answered() {}, refused() {} });
        }
        room.left();
    }

    /** @returns {boolean} the next `send` would be refused */
    get outboxFull() {
        return this.#delivery.full;
    }

    /** @param {string} user @returns {boolean} */
    isMe(user) {
        return this.#selves.has(user);
    }

    /** Send a failed message once more, with the same id. @param {string} id */
    resend(id) {
        this.#delivery.again(id);
    }

    /** Forget a message that has not been acknowledged. @param {string} id */
    discard(id) {
        this.#delivery.discard(id, new StentorError("cancelled", "the message was discarded"));
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
        this.#connection?.ask(
            { type: "login", ...this.#identity.credentials },
            {
                answered: (loggedIn) => this.#loggedIn(loggedIn),
                refused: (error) => this.#loginRefused(error),
            },
        );
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
            this.#login(); // with the name as it was
        } else {
            this.close(error);
            if (next === "ask") this.emit("refused", error);
        }
    }

    // ---- rooms and messages ----

    /** @param {string} name @param {number} history @returns {Room} */
    #newRoom(name, history) {
        const room = new Room(
            name,
            {
                ask: (command, question) => this.#ask(command, question),
                later: (run, delayMs) => this.#later(run, delayMs),
                send: (to, content, replyTo) => this.#delivery.send(to, content, replyTo),
            },
            { history, catchUpMax: this.#options.catchUpMax },
        );
        room.on("message", ({ event }) => {
            if (this.#selves.has(event.user)) this.#delivery.seen(room.epoch, event);
        });
        room.on("state", ({ error }) => {
            if (error !== undefined) this.#delivery.roomRefused(name, error);
        });
        this.rooms.set(name, room);
        return room;
    }

    /** @param {Room} room */
    #enter(room) {
        room.enter(() => this.#delivery.roomOpened(room.name));
    }

    /** @param {string} name @returns {"open" | "blocked" | "closed"} */
    #wayTo(name) {
        const state = this.rooms.get(name)?.state;
        if (state === undefined || state === "failed") return "closed";
        return state === "joined" && this.#connection !== null ? "open" : "blocked";
    }

    /** @param {any} command @param {Question} question @param {string} [id] */
    #ask(command, question, id) {
        if (this.#connection !== null) this.#connection.ask(command, question, id);
        else question.refused(new StentorError("disconnected", "the connection was lost"));
    }

    /** Later, unless the connection has changed. @param {() => void} run @param {number} ms */
    #later(run, ms) {
        const connection = this.#connection;
        this.clock.setTimeout(() => connection === this.#connection && run(), ms);
    }

    /** @param {ClientState} state */
    #setState(state) {
        this.state = state;
        this.emit("state", state);
    }
}
