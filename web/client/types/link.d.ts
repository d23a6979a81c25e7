export class Link {
    /**
     * @param {() => string} url asked for before each attempt
     * @param {WebSocketImpl} impl
     * @param {Clock} clock
     * @param {LinkEvents} on
     */
    constructor(url: () => string, impl: WebSocketImpl, clock: Clock, on: LinkEvents);
    /** @type {ClientState} */
    state: ClientState;
    /** A new connection, at once. */
    connect(): void;
    /** Logged in. */
    opened(): void;
    /** For good, until `connect`. @param {StentorError} [reason] */
    close(reason?: StentorError): void;
    /** Another attempt, not before `leastMs`. @param {number} leastMs */
    retryLater(leastMs: number): void;
    /** Is the connection still there? */
    probe(): void;
    /** Without an answer. @param {object} command */
    tell(command: object): void;
    /** @param {any} command @param {Question} question @param {string} [id] */
    ask(command: any, question: Question, id?: string): void;
    /** Unless this connection is lost before. @param {() => void} run @param {number} delayMs */
    later(run: () => void, delayMs: number): void;
    #private;
}
export type Clock = import("./clock.js").Clock;
export type Question = import("./connection.js").Question;
export type WebSocketImpl = import("./connection.js").WebSocketImpl;
export type Frame = import("./types.js").Frame;
/**
 * `waiting`: the next attempt begins at `retryAt` (on the client's clock).
 */
export type ClientState = {
    name: "closed";
    reason?: StentorError;
} | {
    name: "connecting";
} | {
    name: "open";
} | {
    name: "waiting";
    retryAt: number;
};
export type LinkEvents = {
    state: (state: ClientState) => void;
    /**
     * the server is there: log in, then call `opened`
     */
    welcome: (frame: Frame) => void;
    /**
     * one that answers no question
     */
    frame: (frame: Frame) => void;
    /**
     * the connection is gone, whatever comes next
     */
    down: () => void;
};
import { StentorError } from "./errors.js";
