// The link to the server: one connection after the other, with a pause between them that the server
// or the dice set, and an eye on silence (docs/protocol.md, "Errors and closing", "Liveness").
// Invariant: at most one connection; `state` says what it does now, and each change is told once.

import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import { StentorError } from "./errors.js";
import { Heartbeat } from "./heartbeat.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").Question} Question */
/** @typedef {import("./connection.js").WebSocketImpl} WebSocketImpl */
/** @typedef {import("./types.js").Frame} Frame */

/**
 * `waiting`: the next attempt begins at `retryAt` (on the client's clock).
 * @typedef {{name: "closed", reason?: StentorError} | {name: "connecting"} | {name: "open"} |
 *     {name: "waiting", retryAt: number}} ClientState
 */
/**
 * @typedef {object} LinkEvents
 * @property {(state: ClientState) => void} state
 * @property {(frame: Frame) => void} welcome the server is there: log in, then call `opened`
 * @property {(frame: Frame) => void} frame one that answers no question
 * @property {() => void} down the connection is gone, whatever comes next
 */

const kConnectTimeoutMs = 15_000;
const kStableMs = 10_000; // a connection that lived so long was no part of an outage
const kGraceMs = 10_000;
/** Close codes after which trying again is no use: bad token, kicked or banned. */
const kFinalCodes = new Set([4401, 4403]);

export class Link {
    /** @type {ClientState} */
    state = { name: "closed" };
    #url;
    #impl;
    #clock;
    #on;
    #backoff;
    /** @type {Connection | null} */
    #connection = null;
    /** @type {Heartbeat | null} */
    #heartbeat = null;
    #openedAt = 0;
    /** @type {number | null} */
    #goodbyeMs = null;
    /** @type {any} */
    #retryTimer = null;
    /** @type {Set<any>} of what waits on this connection; a closed client keeps no process alive */
    #timers = new Set();

    /**
     * @param {() => string} url asked for before each attempt
     * @param {WebSocketImpl} impl
     * @param {Clock} clock
     * @param {LinkEvents} on
     */
    constructor(url, impl, clock, on) {
        this.#url = url;
        this.#impl = impl;
        this.#clock = clock;
        this.#on = on;
        this.#backoff = new Backoff(clock.random);
    }

    /** A new connection, at once. */
    connect() {
        this.#hangUp();
        this.#setState({ name: "connecting" });
        const options = {
            webSocketImpl: this.#impl,
            url: this.#url(),
            clock: this.#clock,
            timeoutMs: kConnectTimeoutMs,
        };
        this.#goodbyeMs = null;
        this.#connection = new Connection(options, {
            frame: (frame) => this.#received(frame),
            heard: () => this.#heartbeat?.heard(),
            closed: (closing) => this.#lost(closing),
        });
    }

    /** Logged in. */
    opened() {
        this.#connection?.established();
        this.#openedAt = this.#clock.now();
        this.#setState({ name: "open" });
    }

    /** For good, until `connect`. @param {StentorError} [reason] */
    close(reason) {
        this.#hangUp();
        this.#setState({ name: "closed", reason });
    }

    /** Another attempt, not before `leastMs`. @param {number} leastMs */
    retryLater(leastMs) {
        this.#hangUp();
        this.#wait(Math.max(leastMs, this.#backoff.nextMs()));
    }

    /** Is the connection still there? */
    probe() {
        this.#heartbeat?.probe();
    }

    /** Without an answer. @param {object} command */
    tell(command) {
        this.#connection?.send(command);
    }

    /** @param {any} command @param {Question} question @param {string} [id] */
    ask(command, question, id) {
        if (this.#connection !== null) this.#connection.ask(command, question, id);
        else question.refused(new StentorError("disconnected", "the connection was lost"));
    }

    /** Unless this connection is lost before. @param {() => void} run @param {number} delayMs */
    later(run, delayMs) {
        const timer = this.#clock.setTimeout(() => {
            this.#timers.delete(timer);
            run();
        }, delayMs);
        this.#timers.add(timer);
    }

    // Ends the connection, or the wait for one, without the consequences of a loss.
    #hangUp() {
        this.#clock.clearTimeout(this.#retryTimer);
        for (const timer of this.#timers) this.#clock.clearTimeout(timer);
        this.#timers.clear();
        const connection = this.#connection;
        this.#connection = null;
        this.#heartbeat?.stop();
        this.#heartbeat = null;
        this.#on.down();
        connection?.close();
    }

    /** @param {import("./connection.js").Closing} closing */
    #lost({ code, reason }) {
        if (this.#connection === null) return;
        const wasOpen = this.state.name === "open";
        this.#hangUp();
        if (kFinalCodes.has(code)) {
            const error = code === 4401 ? "login_first" : "banned";
            this.close(new StentorError(error, reason || "the server ended the session"));
            return;
        }
        if (wasOpen && this.#clock.now() - this.#openedAt >= kStableMs) this.#backoff.reset();
        this.#wait(this.#goodbyeMs ?? this.#backoff.nextMs());
    }

    /** @param {number} delayMs */
    #wait(delayMs) {
        this.#retryTimer = this.#clock.setTimeout(() => this.connect(), delayMs);
        this.#setState({ name: "waiting", retryAt: this.#clock.now() + delayMs });
    }

    /** @param {Frame} frame */
    #received(frame) {
        if (frame.type === "welcome") {
            this.#watch(frame.ping_ms ?? 25_000);
            this.#on.welcome(frame);
        } else if (frame.type === "goodbye") {
            this.#goodbyeMs = frame.reconnect_after_ms ?? null;
        } else {
            this.#on.frame(frame);
        }
    }

    /** @param {number} pingMs */
    #watch(pingMs) {
        this.#heartbeat = new Heartbeat(this.#clock, {
            quietMs: pingMs + kGraceMs,
            graceMs: kGraceMs,
            ask: () => this.ask({ type: "ping" }, { answered() {}, refused() {} }),
            giveUp: () => this.#connection?.close(4408, "the server fell silent"),
        });
        this.#heartbeat.start();
    }

    /** @param {ClientState} state */
    #setState(state) {
        this.state = state;
        this.#on.state(state);
    }
}
