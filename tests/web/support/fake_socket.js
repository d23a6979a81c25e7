// A WebSocket whose other end is the test. Each one that the client makes is kept in `sockets`.
// Invariant: nothing happens by itself.

import { FakeClock } from "./fake_clock.js";
import { StentorClient } from "../../../web/client/index.js";

/** @param {string | (() => string)} [url] */
export function clientOnFakes(url = "ws://test/ws") {
    const sockets = [];
    const clock = new FakeClock();
    class Socket extends FakeSocket {
        constructor(url) {
            super(url);
            sockets.push(this);
        }
    }
    const client = new StentorClient({ url, webSocketImpl: Socket, clock });
    return { client, clock, sockets, last: () => sockets[sockets.length - 1] };
}

export class FakeSocket {
    /** @type {((event: any) => void) | null} */
    onopen = null;
    /** @type {((event: any) => void) | null} */
    onmessage = null;
    /** @type {((event: any) => void) | null} */
    onclose = null;
    /** @type {((event: any) => void) | null} */
    onerror = null;
    closed = false;
    /** @type {any[]} what the client sent */
    sent = [];

    constructor(url) {
        this.url = url;
    }

    send(text) {
        this.sent.push(JSON.parse(text));
    }

    close() {
        this.closed = true;
    }

    /** @param {object} frame */
    tell(frame) {
        this.onmessage?.({ data: JSON.stringify(frame) });
    }

    /** @param {number} [code] */
    drop(code = 1006) {
        this.onclose?.({ code, reason: "" });
    }

    /** The newest command of this type. @param {string} type */
    command(type) {
        return this.sent.filter((frame) => frame.type === type).pop();
    }

    /** @param {string} type */
    commands(type) {
        return this.sent.filter((frame) => frame.type === type);
    }

    /** @param {string} [name] */
    login(name = "ann", user = `u-${name}`) {
        this.tell({ type: "welcome", ping_ms: 25000, limits: {} });
        const { id } = this.command("login");
        this.tell({ type: "logged_in", id, user, name, session: `s-${name}` });
    }

    /** Answers the newest join, or sync for each of its rooms. @param {object} [fields] */
    joined(fields = {}) {
        const asked = this.sent.filter(({ type }) => type === "join" || type === "sync").pop();
        if (asked.type === "join") {
            this.tell({ ...kJoined, id: asked.id, room: asked.room, ...fields });
            return;
        }
        for (const { room } of asked.rooms) this.tell({ ...kJoined, room, ...fields });
        this.tell({ type: "synced", id: asked.id });
    }
}

/** What a room without events and members says of itself. */
export const kEmptyRoom = {
    epoch: "e1",
    seq: 0,
    first: 1,
    recovered: true,
    events: [],
    more: false,
    version: 1,
    count: 0,
    members: [],
};

const kJoined = {
    ...kEmptyRoom,
    type: "joined",
    count: 1,
    members: [{ user: "u-ann", name: "ann" }],
};

/** @param {number} seq @param {object} [fields] */
export function message(seq, fields = {}) {
    return {
        type: "message",
        room: "lobby",
        seq,
        at: 1000 + seq,
        user: "u-bob",
        from: "bob",
        content: `text ${seq}`,
        ...fields,
    };
}
