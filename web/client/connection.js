// One WebSocket and the questions that were asked over it. A StentorClient makes a new one for each
// attempt.
// Invariant: `closed` is called exactly once, at the latest when `close` is; after that nothing is
// called, however late the socket itself ends; each question is answered or refused exactly once.

import { StentorError } from "./errors.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {{code: number, reason: string}} Closing */

/**
 * The part of the WebSocket interface that is needed; browsers, Node and the package `ws` have it.
 * @typedef {object} WebSocketLike
 * @property {(data: string) => void} send
 * @property {(code?: number, reason?: string) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 * @property {((event: any) => void) | null} onerror
 */
/** @typedef {new (url: string, protocols?: string | string[]) => WebSocketLike} WebSocketImpl */

/**
 * Called at once, not in a later turn: what follows an answer may be read in the same turn.
 * @typedef {object} Question
 * @property {(frame: any) => void} answered
 * @property {(error: StentorError) => void} refused
 * @property {(frame: Frame) => boolean} [part] of an answer in several frames: this one is not the
 *     last
 */

/**
 * @typedef {object} Handlers
 * @property {(frame: Frame) => void} frame every frame that answers no question
 * @property {() => void} heard any frame at all
 * @property {(closing: Closing) => void} closed
 */

export class Connection {
    #socket;
    #handlers;
    #clock;
    #open = true;
    #nextId = 1;
    #timer;
    /** @type {Map<string, Question>} */
    #questions = new Map();

    /**
     * @param {{webSocketImpl: WebSocketImpl, url: string, clock: Clock, timeoutMs: number}} options
     * @param {Handlers} handlers
     */
    constructor({ webSocketImpl, url, clock, timeoutMs }, handlers) {
        this.#handlers = handlers;
        this.#clock = clock;
        this.#timer = clock.setTimeout(() => this.close(4408, "no answer"), timeoutMs);
        this.#socket = new webSocketImpl(url, "stentor.v1");
        this.#socket.onmessage = (event) => this.#received(event.data);
        this.#socket.onclose = (event) => this.#ended(event.code, event.reason);
        this.#socket.onerror = () => {}; // a close follows, and says more
    }

    /** Logged in: the time to get there no longer runs. */
    established() {
        this.#clock.clearTimeout(this.#timer);
    }

    /** @param {object} frame */
    send(frame) {
        if (this.#open) this.#socket.send(JSON.stringify(frame));
    }

    /**
     * @param {{type: string, [field: string]: any}} command
     * @param {Question} question
     * @param {string} [id]
     */
    ask(command, question, id = `q${this.#nextId++}`) {
        if (!this.#open) {
            question.refused(new StentorError("disconnected", "the connection was lost"));
            return;
        }
        this.#questions.set(id, question);
        this.send({ ...command, id });
    }

    /** @param {number} [code] @param {string} [reason] */
    close(code = 1000, reason = "") {
        if (!this.#open) return;
        try {
            this.#socket.close(code < 3000 && code !== 1000 ? 1000 : code, reason);
        } catch {
            // A socket that never opened may refuse to close; it is dropped all the same.
        }
        this.#ended(code, reason);
    }

    /** @param {unknown} data */
    #received(data) {
        if (!this.#open || typeof data !== "string") return;
        this.#handlers.heard();
        const frame = parseFrame(data);
        if (frame === null) {
            this.close(1007, "not a frame");
            return;
        }
        const question = frame.id === undefined ? undefined : this.#questions.get(frame.id);
        if (frame.id === undefined || question === undefined) {
            this.#handlers.frame(frame);
            return;
        }
        if (question.part?.(frame)) return;
        this.#questions.delete(frame.id);
        if (frame.type === "error") question.refused(StentorError.of(frame));
        else question.answered(frame);
    }

    /** @param {number} code @param {string} reason */
    #ended(code, reason) {
        if (!this.#open) return;
        this.#open = false;
        this.#clock.clearTimeout(this.#timer);
        const lost = new StentorError("disconnected", "the connection was lost");
        const questions = [...this.#questions.values()];
        this.#questions.clear();
        for (const question of questions) question.refused(lost);
        this.#handlers.closed({ code, reason });
    }
}

/** @param {string} text @returns {Frame | null} */
function parseFrame(text) {
    try {
        const frame = JSON.parse(text);
        return typeof frame?.type === "string" ? frame : null;
    } catch {
        return null;
    }
}
