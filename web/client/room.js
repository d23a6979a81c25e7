// A room that the user is in, across reconnects: its events in order, its people, what is being
// sent to it. Made by StentorClient.join.
// Invariant: events are emitted in log order, each once; while `state` is not `joined`, sends wait.

import { Emitter } from "./emitter.js";
import { StentorError } from "./errors.js";
import { Members } from "./members.js";
import { RoomLog } from "./room_log.js";

/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./room_log.js").LostStep} LostStep */
/** @typedef {import("./room_log.js").Step} Step */
/** @typedef {{event: LogEvent, live: boolean}} Happened live: not history, worth announcing */
/** @typedef {"joining" | "joined" | "failed" | "left"} RoomState */

/**
 * What a room needs of its client.
 * @typedef {object} Wire
 * @property {(command: any, question: import("./connection.js").Question) => void} ask
 * @property {(run: () => void, delayMs: number) => void} later
 * @property {(room: string, content: string, replyTo?: number) => Promise<Ack>} send
 */

/**
 * @typedef {object} RoomEvents
 * @property {{state: RoomState, error?: StentorError}} state
 * @property {Happened} message
 * @property {Happened} edited
 * @property {Happened} deleted
 * @property {Happened} reacted
 * @property {LostStep} lost
 * @property {{recovered: boolean}} recovered
 * @property {{joined: Member[], left: Member[]}} presence news only, not the list at joining
 * @property {null} members the list or the count changed
 * @property {Outgoing} outgoing an entry of the outbox changed its state
 */

const kMembersMax = 500;
const kMembersAgainMs = 10_000;

/** @extends {Emitter<RoomEvents>} */
export class Room extends Emitter {
    /** @type {RoomState} */
    state = "joining";
    people = new Members();
    #wire;
    #log;
    #history;
    #paging = false;
    #fetching = false;

    /**
     * @param {string} name
     * @param {Wire} wire
     * @param {{history: number, catchUpMax?: number}} options
     */
    constructor(name, wire, { history, catchUpMax }) {
        super();
        this.name = name;
        this.#wire = wire;
        this.#history = history;
        this.#log = new RoomLog(catchUpMax);
    }

    /** @returns {string} of the events emitted last */
    get epoch() {
        return this.#log.position?.epoch ?? "";
    }

    /** @returns {boolean} the server may hold older messages than those seen */
    get hasOlder() {
        return this.#log.olderThan > 0;
    }

    /** @param {string} content @param {{replyTo?: number}} [options] @returns {Promise<Ack>} */
    send(content, { replyTo } = {}) {
        return this.#wire.send(this.name, content, replyTo);
    }

    /**
     * The page before the oldest event seen; its events are returned, not emitted.
     * @param {number} [limit]
     * @returns {Promise<LogEvent[]>}
     */
    loadOlder(limit = 50) {
        const before = this.#log.olderThan;
        if (before === 0) return Promise.resolve([]);
        return new Promise((resolve, refused) => {
            this.#wire.ask(
                { type: "history", room: this.name, before, limit },
                {
                    answered: (page) => resolve(this.#log.older(page)),
                    refused,
                },
            );
        });
    }

    /** Called by the client after each login. @param {() => void} ready the sends may follow */
    enter(ready) {
        this.#setState("joining");
        this.#paging = this.#fetching = false;
        const since = this.#log.position;
        const wanted = since === null ? { history: this.#history } : { since };
        this.#wire.ask(
            { type: "join", room: this.name, ...wanted },
            {
                answered: (joined) => {
                    if (this.state === "left") return;
                    this.people.reset(joined);
                    const steps = this.#log.joined(joined, since !== null);
                    this.#setState("joined");
                    this.emit("members", null);
                    this.#emitSteps(steps);
                    if (since !== null) this.emit("recovered", { recovered: joined.recovered });
                    this.#page();
                    this.#fetchMembers();
                    ready();
                },
                refused: (error) => this.#enterRefused(error, ready),
            },
        );
    }

    /** Called by the client when the connection is gone. */
    interrupted() {
        if (this.state === "joined") this.#setState("joining");
    }

    /** Called by the client; nothing is emitted afterwards. */
    left() {
        this.#setState("left");
    }

    /** A frame of this room that answers no question. @param {Frame} frame */
    receive(frame) {
        if (this.state !== "joined") return;
        if (frame.type === "presence") this.#presence(/** @type {any} */ (frame));
        else if (frame.type === "gap") this.#emitSteps(this.#log.gap(/** @type {any} */ (frame)));
        else if (typeof frame.seq === "number" && typeof frame.user === "string") {
            this.#emitSteps(this.#log.live(/** @type {any} */ (frame)));
        }
        this.#page();
    }

    /** @param {StentorError} error @param {() => void} ready */
    #enterRefused(error, ready) {
        if (error.code === "disconnected" || this.state === "left") return;
        if (error.passing) {
            const retry = () => this.state === "joining" && this.enter(ready);
            this.#wire.later(retry, error.retryAfterMs || 1000);
            return;
        }
        this.#setState("failed", error);
    }

    /** @param {RoomState} state @param {StentorError} [error] */
    #setState(state, error) {
        if (this.state === state && error === undefined) return;
        this.state = state;
        this.emit("state", { state, error });
    }

    /** @param {Step[]} steps */
    #emitSteps(steps) {
        for (const step of steps) {
            if (step.kind === "lost") this.emit("lost", step);
            else if (isLogType(step.event.type)) this.emit(step.event.type, step);
        }
    }

    #page() {
        const hole = this.#log.hole;
        if (hole === null || this.#paging) return;
        this.#paging = true;
        const again = () => {
            this.#paging = false;
            this.#page();
        };
        this.#wire.ask(
            { type: "history", room: this.name, ...hole, limit: 100 },
            {
                answered: (page) => {
                    this.#emitSteps(this.#log.page(hole, page));
                    again();
                },
                refused: (error) => {
                    if (error.code === "disconnected") return;
                    if (error.passing) {
                        this.#wire.later(again, error.retryAfterMs || 1000);
                        return;
                    }
                    this.#emitSteps(this.#log.page(hole, null));
                    again();
                },
            },
        );
    }

    /** @param {import("./types.js").Presence} presence */
    #presence(presence) {
        const news = this.people.apply(presence);
        if (news.joined.length + news.left.length > 0) this.emit("presence", news);
        this.emit("members", null);
        if (this.people.stale) this.#fetchMembers();
    }

    // The whole list, page by page, up to kMembersMax; in a large room not more often than every
    // ten seconds.
    #fetchMembers() {
        if (this.#fetching || !this.people.stale) return;
        this.#fetching = true;
        /** @type {Member[]} */
        const all = [];
        const done = () =>
            this.#wire.later(() => {
                this.#fetching = false;
                if (this.people.count <= kMembersMax) this.#fetchMembers();
            }, kMembersAgainMs);
        /** @param {string} [after] */
        const ask = (after) => {
            const command = { type: "members", room: this.name, limit: 100 };
            this.#wire.ask(after === undefined ? command : { ...command, after }, {
                answered: (page) => {
                    all.push(...page.members);
                    if (page.more && page.members.length > 0 && all.length < kMembersMax) {
                        ask(all[all.length - 1].user);
                        return;
                    }
                    this.people.reset({ ...page, members: all });
                    this.emit("members", null);
                    done();
                },
                refused: (error) => error.code === "disconnected" || done(),
            });
        };
        ask();
    }
}

/** @param {string} type @returns {type is "message" | "edited" | "deleted" | "reacted"} */
function isLogType(type) {
    return ["message", "edited", "deleted", "reacted"].includes(type);
}
