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
export class StentorClient extends Emitter<ClientEvents> {
    /** @param {ClientOptions} options */
    constructor(options: ClientOptions);
    /** @type {LoggedIn | null} */
    me: LoggedIn | null;
    /** @type {Limits} */
    limits: Limits;
    clock: import("./clock.js").Clock;
    /** @returns {ClientState} */
    get state(): ClientState;
    /** @param {Credentials & {typed?: boolean}} [credentials] typed: the user chose the name now */
    connect(credentials?: Credentials & {
        typed?: boolean;
    }): void;
    /** Ask for another name; `refused` says if it cannot be had. @param {string} name */
    rename(name: string): void;
    /** Try now, if an attempt is being waited for or the server had sent us away. */
    retryNow(): void;
    /** The computer woke up or the network changed: is the connection still there? */
    probe(): void;
    /** @param {StentorError} [reason] */
    close(reason?: StentorError): void;
    /**
     * Joins, and stays joined across reconnects until `leave`. A direct room (`dm.…`) is opened.
     * Names are in Unicode form NFC, as the server has them.
     * @param {string} name
     * @param {{history?: number}} [options] how many recent events to begin with
     * @returns {Room}
     */
    join(name: string, { history }?: {
        history?: number;
    }): Room;
    /** @param {string} name */
    leave(name: string): void;
    /**
     * One that is joined, being joined, or direct.
     * @param {string} name
     * @returns {Room | undefined}
     */
    room(name: string): Room | undefined;
    /** @returns {Room[]} joined, being joined, or direct; what the server has: `rooms()` */
    get openRooms(): Room[];
    /**
     * The user's direct rooms and those with a read position, as the server knows them.
     * @returns {Promise<RoomSummary[]>}
     */
    rooms(): Promise<RoomSummary[]>;
    /**
     * A private message. The ack names the room, which is open by then.
     * @param {string} to a user id or a name
     * @param {string} content
     * @returns {Promise<Ack>}
     */
    direct(to: string, content: string): Promise<Ack>;
    /** @returns {boolean} the next `send` would be refused */
    get outboxFull(): boolean;
    /** @param {string} user @returns {boolean} */
    isMe(user: string): boolean;
    /**
     * Send a failed message once more, with the same id.
     * @param {string} id
     * @returns {boolean} false: it has given way to newer ones
     */
    resend(id: string): boolean;
    /** Forget a message that has not been acknowledged. @param {string} id */
    discard(id: string): void;
    #private;
}
export type Clock = import("./clock.js").Clock;
export type WebSocketImpl = import("./connection.js").WebSocketImpl;
export type Credentials = import("./identity.js").Credentials;
export type ClientState = import("./link.js").ClientState;
export type Outgoing = import("./outbox.js").Outgoing;
export type Room = import("./room.js").Room;
export type Ack = import("./types.js").Ack;
export type Frame = import("./types.js").Frame;
export type Limits = import("./types.js").Limits;
export type LoggedIn = import("./types.js").LoggedIn;
export type RoomSummary = import("./types.js").RoomSummary;
export type ClientEvents = {
    state: ClientState;
    /**
     * renamedFrom: the name that was taken
     */
    identity: LoggedIn & {
        renamedFrom?: string;
    };
    /**
     * one that answers no command of ours
     */
    error: StentorError;
    /**
     * the name that was typed cannot be had
     */
    refused: StentorError;
    /**
     * a direct room that was not asked for: somebody wrote
     */
    room: Room;
    /**
     * an entry of the outbox changed its state, of whichever room
     */
    outgoing: Outgoing;
};
export type ClientOptions = {
    /**
     * a function is asked before each attempt
     */
    url: string | (() => string);
    webSocketImpl?: import("./connection.js").WebSocketImpl | undefined;
    clock?: import("./clock.js").Clock | undefined;
    /**
     * how many messages and changes may wait for their ack
     */
    outboxMax?: number | undefined;
    outboxBytesMax?: number | undefined;
    /**
     * see RoomLog
     */
    catchUpMax?: number | undefined;
    /**
     * how many messages each room keeps
     */
    messagesMax?: number | undefined;
};
import { Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
