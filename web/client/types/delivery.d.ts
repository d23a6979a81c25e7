export class Delivery {
    /**
     * @param {Clock} clock
     * @param {Way} way
     * @param {import("./outbox.js").OutboxBounds} [bounds]
     */
    constructor(clock: Clock, way: Way, bounds?: import("./outbox.js").OutboxBounds);
    /** @returns {boolean} */
    get full(): boolean;
    /** @param {Draft} draft @returns {Promise<Ack>} */
    post(draft: Draft): Promise<Ack>;
    /** A failed one once more. @param {string} id @returns {boolean} it was still there */
    again(id: string): boolean;
    /** Logged in, or a room was joined: what waited for that may go. */
    flush(): void;
    /** The connection is gone: all that waits has to go again. */
    interrupted(): void;
    /** The room cannot be joined. @param {string} room @param {StentorError} why */
    roomRefused(room: string, why: StentorError): void;
    /** The room was left: nothing of it is kept. @param {string} room */
    roomLeft(room: string): void;
    /** @param {string} id @param {StentorError} why */
    discard(id: string, why: StentorError): void;
    /** An event of our own stands in the log. @param {string} epoch @param {LogEvent} event */
    seen(epoch: string, { room, client_id: id, seq, at }: LogEvent): void;
    #private;
}
export type Clock = import("./clock.js").Clock;
export type Question = import("./connection.js").Question;
export type Draft = import("./outbox.js").Draft;
export type Outgoing = import("./outbox.js").Outgoing;
export type Ack = import("./types.js").Ack;
export type Limits = import("./types.js").Limits;
export type LogEvent = import("./types.js").LogEvent;
/**
 * What delivery needs of its client.
 */
export type Way = {
    /**
     * blocked: perhaps later
     */
    to: (entry: Outgoing) => "open" | "blocked" | "closed";
    ask: (entry: Outgoing, question: Question) => void;
    /**
     * unless the connection is lost
     */
    later: (run: () => void, delayMs: number) => void;
    changed: (entry: Outgoing) => void;
    limits: () => Limits;
};
import { StentorError } from "./errors.js";
