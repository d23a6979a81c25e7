// Clients and the fake chat in one thread, with a network between them that a test plays: what was
// sent arrives when the test says so, and is lost when it cuts the line.
// Invariant: nothing happens by itself; a line keeps its order.

import { FakeChat } from "./fake_chat.js";
import { FakeClock } from "./fake_clock.js";
import { StentorClient } from "../../../web/client/index.js";

export class FakeNetwork {
    chat = new FakeChat();
    clock = new FakeClock();
    /** @type {Line[]} that are up */
    lines = [];

    /** @param {object} [options] @returns {StentorClient} */
    client(options = {}) {
        const network = this;
        class Socket extends Line {
            constructor() {
                super(network);
            }
        }
        const webSocketImpl = /** @type {any} */ (Socket);
        return new StentorClient({
            url: "ws://x/ws",
            webSocketImpl,
            clock: this.clock,
            ...options,
        });
    }

    /** Until everything has arrived, everybody is connected and no answer is owed. */
    settle() {
        for (let quiet = 0; quiet < 40;) {
            const moved = this.lines.map((line) => line.up() || line.down()).some(Boolean);
            quiet = moved ? 0 : quiet + 1;
            if (!moved) this.clock.advance(500);
        }
    }
}

/** The client's socket and the server's connection at once. */
export class Line {
    /** @type {((event: any) => void) | null} */
    onopen = null;
    /** @type {((event: any) => void) | null} */
    onmessage = null;
    /** @type {((event: any) => void) | null} */
    onclose = null;
    /** @type {((event: any) => void) | null} */
    onerror = null;
    /** @type {string[]} types of the commands that arrived */
    heard = [];
    /** @type {string[]} */
    #toServer = [];
    /** @type {string[]} */
    #toClient = [];
    #network;

    /** @param {FakeNetwork} network */
    constructor(network) {
        this.#network = network;
        network.lines.push(this);
        this.connection = network.chat.connect((f) => this.#toClient.push(JSON.stringify(f)));
    }

    /** @param {string} text */
    send(text) {
        this.#toServer.push(text);
    }

    /** One command arrives. @returns {boolean} there was one */
    up() {
        const text = this.#toServer.shift();
        if (text === undefined) return false;
        const command = JSON.parse(text);
        this.heard.push(command.type);
        this.connection.receive(command);
        return true;
    }

    /** One frame arrives. @returns {boolean} there was one */
    down() {
        const text = this.#toClient.shift();
        if (text !== undefined) this.onmessage?.({ data: text });
        return text !== undefined;
    }

    close() {
        this.#gone();
    }

    /** The line is cut: what is under way is lost. */
    cut() {
        this.#gone();
        this.onclose?.({ code: 1006, reason: "" });
    }

    #gone() {
        const { lines } = this.#network;
        if (!lines.includes(this)) return;
        this.#network.lines = lines.filter((line) => line !== this);
        this.#toServer = [];
        this.#toClient = [];
        this.connection.closed();
    }
}
