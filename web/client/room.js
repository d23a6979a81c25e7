// A room that the user is in, across reconnects: its messages, its people, what is being said in
// it. Made by StentorClient.join, or by a direct message that comes.
// Invariant: events are emitted in log order, each once; while `state` is not `joined`, what is
// said waits.

import { Emitter } from "./emitter.js";
import { Messages } from "./messages.js";
import { Paging } from "./paging.js";
import { People } from "./people.js";
import { RoomLog } from "./room_log.js";
import { Signals } from "./signals.js";

/** @typedef {import("./errors.js").StentorError} StentorError */
/** @typedef {import("./outbox.js").Draft} Draft */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./room_log.js").LostStep} LostStep */
/** @typedef {import("./room_log.js").Step} Step */
/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Gap} Gap */
/** @typedef {import("./types.js").HistoryPage} HistoryPage */
/** @typedef {import("./types.js").HistoryRange} HistoryRange */
/** @typedef {import("./types.js").Joined} Joined */
/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./types.js").MembersPage} MembersPage */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Position} Position */
/** @typedef {import("./types.js").ReadPosition} ReadPosition */
/** @typedef {import("./types.js").RoomSummary} RoomSummary */
/** @typedef {import("./types.js").Typing} Typing */
/** @typedef {"joining" | "joined" | "failed" | "left"} RoomState */

/**
 * `live`: not history, worth announcing. `message`: what the event is or changes, in its present
 * state; absent when that message is not among those loaded.
 * @typedef {{event: LogEvent, live: boolean, message?: Message}} Happened
 */

/**
 * What a room needs of its client.
 * @typedef {object} Wire
 * @property {(command: any, question: import("./connection.js").Question) => void} ask
 * @property {(command: any) => void} tell without an answer
 * @property {(run: () => void, delayMs: number) => void} later unless the connection is lost
 * @property {() => number} now
 * @property {(user: string) => boolean} isMe
 * @property {(draft: Draft) => Promise<Ack>} post
 * @property {(room: string) => void} leave
 */

/**
 * @typedef {object} RoomEvents
 * @property {{state: RoomState, error?: StentorError}} state
 * @property {Happened} message
 * @property {Happened} edited
 * @property {Happened} deleted
 * @property {Happened} reacted
 * @property {LostStep} lost
 * @property {Gap} gap this client reads too slowly; the log fetches what is missing
 * @property {{recovered: boolean}} recovered joined again; false: the log began anew, or too late
 * @property {{joined: Member[], left: Member[]}} presence news only, not the list at joining
 * @property {null} members the list or the count changed
 * @property {Typing} typing news only; an "off" comes for each "on"
 * @property {{positions: ReadPosition[]}} read news only
 * @property {Outgoing} outgoing an entry of the outbox changed its state
 */

const kEarlyMax = 100;

/** @extends {Emitter<RoomEvents>} */
export class Room extends Emitter {
    /** @type {RoomState} */
    state = "joining";
    /** Of a direct room: the other one. @type {Member | null} */
    direct = null;
    #wire;
    #log;
    #paging;
    #signals;
    /** Live events of a direct room before its first page. @type {LogEvent[]} */
    #early = [];

    /**
     * @param {string} name
     * @param {Wire} wire
     * @param {{catchUpMax?: number, messagesMax?: number}} bounds
     */
    constructor(name, wire, { catchUpMax, messagesMax }) {
        super();
        this.name = name;
        this.#wire = wire;
        this.#log = new RoomLog(catchUpMax);
        this.messages = new Messages(messagesMax);
        this.people = new People(name, wire, () => this.emit("members", null));
        this.#signals = new Signals(name, wire, {
            typing: (typing) => this.emit("typing", typing),
            read: (positions) => this.emit("read", { positions }),
        });
        this.#paging = new Paging(name, wire, this.#log, this.messages, (s) => this.#yield(s));
    }

    // ---- to say something: each resolves with the ack, across reconnects ----

    /** @param {string} content @param {{replyTo?: number}} [options] @returns {Promise<Ack>} */
    send(content, { replyTo } = {}) {
        this.typing(false);
        const reply = replyTo === undefined ? {} : { reply_to: replyTo };
        return this.#post("send", { type: "send", room: this.name, content, ...reply });
    }

    /** Own messages only. @param {number} target its seq @param {string} content */
    edit(target, content) {
        return this.#post("edit", { type: "edit", room: this.name, target, content });
    }

    /** Own messages only, or as a moderator. @param {number} target its seq */
    delete(target) {
        return this.#post("delete", { type: "delete", room: this.name, target });
    }

    /** @param {number} target its seq @param {string} emoji @param {boolean} [on] */
    react(target, emoji, on = true) {
        return this.#post("react", { type: "react", room: this.name, target, emoji, on });
    }

    // ---- to say what nobody keeps ----

    /** Call it at each key; it ends by itself. @param {boolean} on */
    typing(on) {
        this.#signals.typing(on);
    }

    /** This user has read up to `seq`. @param {number} seq */
    read(seq) {
        this.#signals.read(seq);
    }

    // ---- to look back ----

    /** @returns {boolean} the server may hold older messages than those seen */
    get hasOlder() {
        return this.#log.olderThan > 0;
    }

    /**
     * The page before the oldest event seen; its events are returned, not emitted.
     * @param {number} [limit]
     * @returns {Promise<LogEvent[]>}
     */
    async loadOlder(limit = 50) {
        const before = this.#log.olderThan;
        if (before === 0) return [];
        return this.#log.older(await this.#paging.read({ before, limit }));
    }

    /**
     * A page; `messages` takes it in.
     * @param {HistoryRange} [range]
     * @returns {Promise<HistoryPage>}
     */
    history(range = {}) {
        return this.#paging.read(range);
    }

    /** A page. @param {{after?: string, limit?: number}} [page] @returns {Promise<MembersPage>} */
    members(page = {}) {
        return this.people.read(page);
    }

    /** @returns {Member[]} who is typing, this user not among them */
    get typists() {
        return this.#signals.typists;
    }

    /** @returns {number} how far this user has read, 0: nothing is known */
    get readUpTo() {
        return this.#signals.positions.own;
    }

    /** How far the users have read. @returns {ReadonlyMap<string, number>} seq by user */
    get positions() {
        return this.#signals.positions.others;
    }

    /** @returns {string} of the events emitted last */
    get epoch() {
        return this.#log.position?.epoch ?? "";
    }

    /** Where to resume, or null before the first answer. @returns {Position | null} */
    get position() {
        return this.#log.position;
    }

    /** Leaves it for good. */
    leave() {
        this.#wire.leave(this.name);
    }

    // ---- called by the client ----

    /** @internal The server was asked. */
    entering() {
        this.#setState("joining");
        this.#paging.restart();
    }

    /** @internal @param {Joined} joined @param {boolean} resumed it answers a position */
    joined(joined, resumed) {
        if (this.state === "left") return;
        if (this.epoch !== "" && this.epoch !== joined.epoch) this.#signals.positions.reset();
        const steps = this.#log.joined(joined, resumed);
        const early = new Set(this.#early.map(({ seq }) => seq));
        for (const step of steps) if (step.kind === "event") step.live = early.has(step.event.seq);
        for (const event of this.#early) steps.push(...this.#log.live(event));
        this.#early = [];
        this.#setState("joined");
        if (this.direct === null) this.people.joined(joined);
        this.#yield(steps);
        if (resumed) this.emit("recovered", { recovered: joined.recovered });
        this.#paging.fill();
        this.#signals.opened();
    }

    /** @internal @param {StentorError} error */
    refused(error) {
        if (this.state !== "left") this.#setState("failed", error);
    }

    /** @internal The connection is gone. */
    interrupted() {
        if (this.state === "joined") this.#setState("joining");
        this.#early = [];
        this.#signals.interrupted();
    }

    /** @internal Nothing is emitted afterwards. */
    left() {
        this.#signals.interrupted();
        this.#setState("left");
    }

    /** @internal What the server says of the room in its list. @param {RoomSummary} summary */
    listed(summary) {
        if (summary.with !== undefined && this.direct !== null) this.direct = summary.with;
        if (this.epoch === "" || this.epoch === summary.epoch)
            this.#signals.positions.known(summary.read);
    }

    /** @internal A frame of this room that answers no question. @param {any} frame */
    receive(frame) {
        const isEvent = isLogType(frame.type);
        if (this.state !== "joined") {
            if (isEvent && this.direct !== null && this.state === "joining") this.#keepEarly(frame);
            return;
        }
        if (isEvent) this.#yield(this.#log.live(frame));
        else if (frame.type === "presence") this.#presence(frame);
        else if (frame.type === "typing") this.#signals.heardTyping(frame);
        else if (frame.type === "read") this.#signals.heardRead(frame.positions);
        else if (frame.type === "gap") {
            this.emit("gap", { epoch: frame.epoch, from: frame.from, to: frame.to });
            this.#yield(this.#log.gap(frame));
        }
        this.#paging.fill();
    }

    // ---- inside ----

    /** @param {Draft["verb"]} verb @param {Draft["command"]} command @returns {Promise<Ack>} */
    #post(verb, command) {
        return this.#wire.post({ verb, room: this.name, command });
    }

    // Live, but the page that they follow is still under way. Too many: the log pages them.
    /** @param {LogEvent} event */
    #keepEarly(event) {
        this.#early.push(event);
        if (this.#early.length > kEarlyMax) this.#early.shift();
    }

    /** @param {RoomState} state @param {StentorError} [error] */
    #setState(state, error) {
        if (this.state === state && error === undefined) return;
        this.state = state;
        this.emit("state", { state, error });
    }

    /** @param {Step[]} steps */
    #yield(steps) {
        if (this.state === "left") return;
        for (const step of steps) {
            if (step.kind === "lost") {
                this.messages.lost(step);
                this.emit("lost", step);
                continue;
            }
            const { event, live, asOf } = step;
            const message = this.messages.next(event, asOf);
            if (!isLogType(event.type)) continue;
            const { user, from } = event;
            if (event.type === "message") this.#signals.heardTyping({ user, from, on: false });
            this.emit(event.type, { event, live, message });
        }
    }

    /** @param {import("./types.js").Presence} presence */
    #presence(presence) {
        const news = this.people.apply(presence);
        if (news.joined.length + news.left.length > 0) this.emit("presence", news);
    }
}

/** @param {string} type @returns {type is import("./types.js").LogEventType} */
function isLogType(type) {
    return ["message", "edited", "deleted", "reacted"].includes(type);
}
