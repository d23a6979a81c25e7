export class RoomSet {
    /** @param {Host} host @param {Delivery} delivery @param {RoomBounds} bounds */
    constructor(host: Host, delivery: Delivery, bounds: RoomBounds);
    /** @returns {Room[]} */
    get all(): Room[];
    /** @param {string} name @returns {Room | undefined} */
    get(name: string): Room | undefined;
    /** @param {string} name @param {number} history @returns {Room} */
    join(name: string, history: number): Room;
    /** @param {string} name */
    leave(name: string): void;
    /** The connection is gone. */
    interrupted(): void;
    /** @param {boolean} known the user has been here before: there may be direct rooms */
    loggedIn(known: boolean): void;
    /** What the server lists. @param {RoomSummary[]} list */
    listed(list: RoomSummary[]): void;
    /** The direct room of this name, begun if it is not here yet. @param {string} name */
    direct(name: string): Room;
    /**
     * An error without an id may be about a room of the `sync`.
     * @param {Frame} frame
     * @returns {boolean} it was
     */
    refusedPart(frame: Frame): boolean;
    /** A frame that answers no question. @param {Frame} frame */
    receive(frame: Frame): void;
    #private;
}
export type Delivery = import("./delivery.js").Delivery;
export type Frame = import("./types.js").Frame;
export type HistoryPage = import("./types.js").HistoryPage;
export type LoggedIn = import("./types.js").LoggedIn;
export type RoomSummary = import("./types.js").RoomSummary;
export type Host = {
    ask: (command: any, question: import("./connection.js").Question) => void;
    tell: (command: any) => void;
    /**
     * unless the connection is lost
     */
    later: (run: () => void, delayMs: number) => void;
    now: () => number;
    /**
     * null while not logged in
     */
    me: () => LoggedIn | null;
    isMe: (user: string) => boolean;
    /**
     * a direct room that nobody asked for
     */
    found: (room: Room) => void;
};
export type RoomBounds = {
    catchUpMax?: number;
    messagesMax?: number;
};
import { Room } from "./room.js";
