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
    /**
     * @param {{webSocketImpl: WebSocketImpl, url: string, clock: Clock, timeoutMs: number}} options
     * @param {Handlers} handlers
     */
    constructor({ webSocketImpl, url, clock, timeoutMs }: {
        webSocketImpl: WebSocketImpl;
        url: string;
        clock: Clock;
        timeoutMs: number;
    }, handlers: Handlers);
    /** Logged in: the time to get there no longer runs. */
    established(): void;
    /** @param {object} frame */
    send(frame: object): void;
    /**
     * @param {{type: string, [field: string]: any}} command
     * @param {Question} question
     * @param {string} [id]
     */
    ask(command: {
        type: string;
        [field: string]: any;
    }, question: Question, id?: string): void;
    /** @param {number} [code] @param {string} [reason] */
    close(code?: number, reason?: string): void;
    #private;
}
export type Clock = import("./clock.js").Clock;
export type Frame = import("./types.js").Frame;
export type Closing = {
    code: number;
    reason: string;
};
/**
 * The part of the WebSocket interface that is needed; browsers, Node and the package `ws` have it.
 */
export type WebSocketLike = {
    send: (data: string) => void;
    close: (code?: number, reason?: string) => void;
    onopen: ((event: any) => void) | null;
    onmessage: ((event: any) => void) | null;
    onclose: ((event: any) => void) | null;
    onerror: ((event: any) => void) | null;
};
export type WebSocketImpl = new (url: string, protocols?: string | string[]) => WebSocketLike;
/**
 * Called at once, not in a later turn: what follows an answer may be read in the same turn.
 */
export type Question = {
    answered: (frame: any) => void;
    refused: (error: StentorError) => void;
    /**
     * of an answer in several frames: this one is not the
     * last
     */
    part?: ((frame: Frame) => boolean) | undefined;
};
export type Handlers = {
    /**
     * every frame that answers no question
     */
    frame: (frame: Frame) => void;
    /**
     * any frame at all
     */
    heard: () => void;
    closed: (closing: Closing) => void;
};
import { StentorError } from "./errors.js";
