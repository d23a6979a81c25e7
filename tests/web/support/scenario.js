// A test with a server of its own, users in real browsers and speakers without; all are gone when it
// ends, and a page that complained of anything makes it fail.
// Invariant: scenarios share nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "./server.js";
import { speaker } from "./speaker.js";
import { User } from "./browser.js";

/** @typedef {import("./browser.js").Options & {bypassCSP?: boolean}} UserOptions */
/** @typedef {Awaited<ReturnType<typeof speaker>>} Speaker */
/**
 * @typedef {{server: Server, open: (options?: UserOptions) => Promise<User>,
 *     speak: (name: string, room: string) => Promise<Speaker>}} Stage
 */

/**
 * @param {string} name @param {(stage: Stage) => Promise<void>} play
 * @param {{tls?: boolean, durable?: boolean}} [how] how the server is started
 */
export function scenario(name, play, how = {}) {
    const bare = how.tls && process.env.STENTOR_FAKE === "1";
    const skip = bare ? "the test double speaks no TLS" : false;
    test(name, { timeout: 120_000, skip }, async () => {
        const server = new Server(how);
        /** @type {User[]} */
        const users = [];
        const open = async (options = {}) => {
            const user = await User.open(options);
            users.push(user);
            return user;
        };
        /** @type {Speaker[]} */
        const speakers = [];
        /** @param {string} name @param {string} room */
        const speak = async (name, room) => {
            const one = await speaker(server.address, name, room);
            speakers.push(one);
            return one;
        };
        try {
            await server.start();
            await play({ server, open, speak });
            for (const user of users) assert.deepEqual(user.troubles, []);
        } finally {
            for (const one of speakers) one.leave();
            await Promise.all(users.map((user) => user.close()));
            await server.stop();
        }
    });
}
