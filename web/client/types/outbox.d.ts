/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {"send" | "direct" | "edit" | "delete" | "react"} Verb */
/**
 * @typedef {object} Draft
 * @property {Verb} verb
 * @property {string} room "": a direct message whose room its ack will name
 * @property {{type: string, [field: string]: any}} command the frame, without its id
 */
/**
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {Verb} verb
 * @property {string} room
 * @property {string} content "" for what has none
 * @property {number} [replyTo]
 * @property {{type: string, [field: string]: any}} command
 * @property {number} bytes
 * @property {number} at wall clock, when it was written
 * @property {"pending" | "sent" | "failed"} state
 * @property {StentorError} [error] why it failed
 * @property {number} refusals how often the server was too busy
 */
/** @typedef {{entriesMax?: number, bytesMax?: number}} OutboxBounds */
export class Outbox {
    /** @param {OutboxBounds} [bounds] */
    constructor({ entriesMax, bytesMax }?: OutboxBounds);
    /** @returns {boolean} not even an empty message would find room */
    get full(): boolean;
    /**
     * Throws `outbox_full`. Failed entries give way, the oldest first.
     * @param {Draft & {id: string, at: number}} draft
     * @returns {Outgoing}
     */
    add({ id, verb, room, command, at }: Draft & {
        id: string;
        at: number;
    }): Outgoing;
    /** @param {string} id @returns {Outgoing | undefined} */
    get(id: string): Outgoing | undefined;
    /** All that is kept for `room`, oldest first. @param {string} room @returns {Outgoing[]} */
    of(room: string): Outgoing[];
    /** @returns {Outgoing[]} oldest first */
    pending(): Outgoing[];
    /** @param {string} id @returns {Outgoing | undefined} the entry, now sent and forgotten */
    settle(id: string): Outgoing | undefined;
    /** @param {string} id @param {StentorError} error @returns {Outgoing | undefined} */
    fail(id: string, error: StentorError): Outgoing | undefined;
    /** A failed entry goes back to the end of the queue. @param {string} id */
    revive(id: string): Outgoing | undefined;
    /** @param {string} id @returns {boolean} */
    discard(id: string): boolean;
    #private;
}
export type Ack = import("./types.js").Ack;
export type Verb = "send" | "direct" | "edit" | "delete" | "react";
export type Draft = {
    verb: Verb;
    /**
     * "": a direct message whose room its ack will name
     */
    room: string;
    /**
     * the frame, without its id
     */
    command: {
        type: string;
        [field: string]: any;
    };
};
export type Outgoing = {
    id: string;
    verb: Verb;
    room: string;
    /**
     * "" for what has none
     */
    content: string;
    replyTo?: number | undefined;
    command: {
        type: string;
        [field: string]: any;
    };
    bytes: number;
    /**
     * wall clock, when it was written
     */
    at: number;
    state: "pending" | "sent" | "failed";
    /**
     * why it failed
     */
    error?: StentorError | undefined;
    /**
     * how often the server was too busy
     */
    refusals: number;
};
export type OutboxBounds = {
    entriesMax?: number;
    bytesMax?: number;
};
import { StentorError } from "./errors.js";
