// TEST DOUBLE. A chat server without a socket: rooms, direct rooms, history, resume, gaps, as
// docs/protocol.md has them. It judges little: no limits, no pace, few name rules. The fake server
// puts sockets around it; unit tests talk to it in one thread.
// Invariant: answers of a connection come in the order of its commands, and each before what the
// command brings about; a room's events reach each of its connections in order or as a gap.

import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { FakeRoom } from "./fake_room.js";
import { answers } from "./fake_verbs.js";

const kWelcome = {
    type: "welcome",
    protocol: 1,
    server: "fake",
    ping_ms: 25000,
    limits: { message_bytes: 65536, content: 4096, rooms: 100, send_rate: 20 },
};

export class FakeChat {
    /** @type {Map<string, FakeRoom>} */
    rooms = new Map();
    /** @type {Map<string, string>} names by user, of all who were ever here */
    users = new Map();
    /** @type {Set<FakeConnection>} */
    connections = new Set();
    key = randomBytes(32).toString("hex");
    /** Called after each change of what a real server would keep on disk. */
    changed = () => {};
    /** @type {(() => void)[]} */
    #next = [];

    /** @param {(frame: any) => void} send @returns {FakeConnection} */
    connect(send) {
        const connection = new FakeConnection(this, send);
        this.connections.add(connection);
        send({ ...kWelcome, connection: randomUUID() });
        return connection;
    }

    /** @param {string} name @returns {FakeRoom} */
    room(name) {
        const known = this.rooms.get(name);
        if (known !== undefined) return known;
        const room = new FakeRoom(name);
        this.rooms.set(name, room);
        return room;
    }

    /** To do after the answer. @param {() => void} run */
    then(run) {
        this.#next.push(run);
    }

    /** The answer is out. */
    settle() {
        for (const run of this.#next.splice(0)) run();
    }

    /** @param {FakeRoom} room @param {any} frame @param {string} [except] a user */
    tell(room, frame, except) {
        for (const one of this.#listeners(room)) if (one.user !== except) one.send(frame);
    }

    /** @param {FakeRoom} room @param {any} event */
    tellEvent(room, event) {
        for (const one of this.#listeners(room)) one.event(room, event);
    }

    /** @param {FakeRoom} room @param {any[]} joined @param {string[]} left */
    presence(room, joined, left) {
        room.version += 1;
        const { name, version } = room;
        const count = room.users.size;
        this.tell(room, { type: "presence", room: name, version, count, joined, left });
    }

    /** @param {FakeConnection} connection @param {string} name */
    depart(connection, name) {
        if (!connection.rooms.delete(name)) return;
        const room = this.room(name);
        const entry = room.users.get(connection.user);
        if (entry === undefined) return;
        entry.count -= 1;
        if (entry.count > 0) return;
        room.users.delete(connection.user);
        this.presence(room, [], [connection.user]);
    }

    /** @param {string} user @param {string} name @returns {string} */
    sign(user, name) {
        const body = Buffer.from(JSON.stringify({ user, name })).toString("base64url");
        return `${body}.${this.#mac(body)}`;
    }

    /** @param {string} session @returns {{user: string, name: string} | null} */
    verify(session) {
        const [body, mac] = session.split(".");
        if (this.#mac(body) !== mac) return null;
        return JSON.parse(Buffer.from(body, "base64url").toString());
    }

    /** What a restart keeps. @returns {object} */
    save() {
        const rooms = [...this.rooms.values()].map(({ name, epoch, events, first, read }) => {
            return { name, epoch, events, first, read: [...read] };
        });
        return { key: this.key, users: [...this.users], rooms };
    }

    /** @param {any} saved */
    load({ key, users, rooms }) {
        this.key = key;
        this.users = new Map(users);
        for (const { name, read, ...rest } of rooms) {
            Object.assign(this.room(name), rest, { read: new Map(read) });
        }
    }

    /** @param {string} body @returns {string} */
    #mac(body) {
        return createHmac("sha256", this.key).update(body).digest("base64url");
    }

    /** @param {FakeRoom} room @returns {FakeConnection[]} */
    #listeners(room) {
        return [...this.connections].filter((one) =>
            room.direct ? room.pair.includes(one.user) : one.rooms.has(room.name),
        );
    }
}

export class FakeConnection {
    user = "";
    name = "";
    /** @type {Set<string>} */
    rooms = new Set();
    /** Reads too slowly: its events are let go, and a gap is owed. */
    slow = false;
    /** @type {Map<string, {from: number, to: number}>} by room */
    #gaps = new Map();
    #chat;

    /** @param {FakeChat} chat @param {(frame: any) => void} send */
    constructor(chat, send) {
        this.#chat = chat;
        this.send = send;
    }

    /** @param {any} command */
    receive({ id, ...command }) {
        try {
            if (this.user === "" && command.type !== "login") throw ["login_first", "log in first"];
            const handler = Object.hasOwn(answers, command.type) ? answers[command.type] : null;
            if (handler === null) throw ["unknown_type", `no such command: ${command.type}`];
            const frame = handler(this.#chat, this, { ...command, id });
            if (id !== undefined && frame !== undefined) this.send({ ...frame, id });
        } catch (error) {
            if (!Array.isArray(error)) throw error;
            this.send({ type: "error", id, code: error[0], message: error[1] });
        }
        this.#chat.settle();
    }

    /** An event of a room, or one more for its gap. */
    event(room, event) {
        const gap = this.#gaps.get(room.name);
        if (gap !== undefined) gap.to = event.seq;
        else if (this.slow) this.#gaps.set(room.name, { from: event.seq, to: event.seq });
        else this.send(event);
    }

    /** Has read all that waited. */
    caughtUp() {
        this.slow = false;
        for (const [name, gap] of this.#gaps) {
            const { epoch } = this.#chat.room(name);
            this.send({ type: "gap", room: name, epoch, ...gap });
        }
        this.#gaps.clear();
    }

    closed() {
        this.#chat.connections.delete(this);
        for (const name of [...this.rooms]) this.#chat.depart(this, name);
    }
}
