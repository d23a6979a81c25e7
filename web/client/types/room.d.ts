/** @extends {Emitter<RoomEvents>} */
export class Room extends Emitter<RoomEvents> {
    /**
     * @param {string} name
     * @param {Wire} wire
     * @param {{catchUpMax?: number, messagesMax?: number}} bounds
     */
    constructor(name: string, wire: Wire, { catchUpMax, messagesMax }: {
        catchUpMax?: number;
        messagesMax?: number;
    });
    /** @type {RoomState} */
    state: RoomState;
    /** Of a direct room: the other one. @type {Member | null} */
    direct: Member | null;
    name: string;
    messages: Messages;
    people: People;
    /** @param {string} content @param {{replyTo?: number}} [options] @returns {Promise<Ack>} */
    send(content: string, { replyTo }?: {
        replyTo?: number;
    }): Promise<Ack>;
    /** Own messages only. @param {number} target its seq @param {string} content */
    edit(target: number, content: string): Promise<import("./types.js").Ack>;
    /** Own messages only, or as a moderator. @param {number} target its seq */
    delete(target: number): Promise<import("./types.js").Ack>;
    /** @param {number} target its seq @param {string} emoji @param {boolean} [on] */
    react(target: number, emoji: string, on?: boolean): Promise<import("./types.js").Ack>;
    /** Call it at each key; it ends by itself. @param {boolean} on */
    typing(on: boolean): void;
    /** This user has read up to `seq`. @param {number} seq */
    read(seq: number): void;
    /** @returns {boolean} the server may hold older messages than those seen */
    get hasOlder(): boolean;
    /**
     * The page before the oldest event seen; its events are returned, not emitted.
     * @param {number} [limit]
     * @returns {Promise<LogEvent[]>}
     */
    loadOlder(limit?: number): Promise<LogEvent[]>;
    /**
     * A page; `messages` takes it in.
     * @param {HistoryRange} [range]
     * @returns {Promise<HistoryPage>}
     */
    history(range?: HistoryRange): Promise<HistoryPage>;
    /** A page. @param {{after?: string, limit?: number}} [page] @returns {Promise<MembersPage>} */
    members(page?: {
        after?: string;
        limit?: number;
    }): Promise<MembersPage>;
    /** @returns {Member[]} who is typing, this user not among them */
    get typists(): Member[];
    /** @returns {number} how far this user has read, 0: nothing is known */
    get readUpTo(): number;
    /** How far the users have read. @returns {ReadonlyMap<string, number>} seq by user */
    get positions(): ReadonlyMap<string, number>;
    /** @returns {string} of the events emitted last */
    get epoch(): string;
    /** Where to resume, or null before the first answer. @returns {Position | null} */
    get position(): Position | null;
    /** Leaves it for good. */
    leave(): void;
    /** @internal The server was asked. */
    entering(): void;
    /** @internal @param {Joined} joined @param {boolean} resumed it answers a position */
    joined(joined: Joined, resumed: boolean): void;
    /** @internal @param {StentorError} error */
    refused(error: StentorError): void;
    /** @internal The connection is gone. */
    interrupted(): void;
    /** @internal Nothing is emitted afterwards. */
    left(): void;
    /** @internal What the server says of the room in its list. @param {RoomSummary} summary */
    listed(summary: RoomSummary): void;
    /** @internal A frame of this room that answers no question. @param {any} frame */
    receive(frame: any): void;
    #private;
}
export type StentorError = import("./errors.js").StentorError;
export type Draft = import("./outbox.js").Draft;
export type Outgoing = import("./outbox.js").Outgoing;
export type LostStep = import("./room_log.js").LostStep;
export type Step = import("./room_log.js").Step;
export type Ack = import("./types.js").Ack;
export type Frame = import("./types.js").Frame;
export type Gap = import("./types.js").Gap;
export type HistoryPage = import("./types.js").HistoryPage;
export type HistoryRange = import("./types.js").HistoryRange;
export type Joined = import("./types.js").Joined;
export type LogEvent = import("./types.js").LogEvent;
export type Member = import("./types.js").Member;
export type MembersPage = import("./types.js").MembersPage;
export type Message = import("./types.js").Message;
export type Position = import("./types.js").Position;
export type ReadPosition = import("./types.js").ReadPosition;
export type RoomSummary = import("./types.js").RoomSummary;
export type Typing = import("./types.js").Typing;
export type RoomState = "joining" | "joined" | "failed" | "left";
/**
 * `live`: not history, worth announcing. `message`: what the event is or changes, in its present
 * state; absent when that message is not among those loaded.
 */
export type Happened = {
    event: LogEvent;
    live: boolean;
    message?: Message;
};
/**
 * What a room needs of its client.
 */
export type Wire = {
    ask: (command: any, question: import("./connection.js").Question) => void;
    /**
     * without an answer
     */
    tell: (command: any) => void;
    /**
     * unless the connection is lost
     */
    later: (run: () => void, delayMs: number) => void;
    now: () => number;
    isMe: (user: string) => boolean;
    post: (draft: Draft) => Promise<Ack>;
    leave: (room: string) => void;
};
export type RoomEvents = {
    state: {
        state: RoomState;
        error?: StentorError;
    };
    message: Happened;
    edited: Happened;
    deleted: Happened;
    reacted: Happened;
    lost: LostStep;
    /**
     * this client reads too slowly; the log fetches what is missing
     */
    gap: Gap;
    /**
     * joined again; false: the log began anew, or too late
     */
    recovered: {
        recovered: boolean;
    };
    /**
     * news only, not the list at joining
     */
    presence: {
        joined: Member[];
        left: Member[];
    };
    /**
     * the list or the count changed
     */
    members: null;
    /**
     * news only; an "off" comes for each "on"
     */
    typing: Typing;
    /**
     * news only
     */
    read: {
        positions: ReadPosition[];
    };
    /**
     * an entry of the outbox changed its state
     */
    outgoing: Outgoing;
};
import { Emitter } from "./emitter.js";
import { Messages } from "./messages.js";
import { People } from "./people.js";
