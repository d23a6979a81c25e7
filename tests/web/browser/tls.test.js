// The page over https and wss: same server, same page, nothing mixed.
import assert from "node:assert/strict";
import { scenario } from "../support/scenario.js";

scenario(
    "TwoPeopleTalkOverTls",
    async ({ server, open }) => {
        const trusting = { ignoreHTTPSErrors: true };
        const [ann, bob] = await Promise.all([open(trusting), open(trusting)]);
        const sockets = [];
        ann.page.on("websocket", (socket) => sockets.push(socket.url()));
        await ann.enter(server.address, "ann");
        await bob.enter(server.address, "bob");
        // Long enough to be compressed, and not a word may be lost by that.
        const long = "as we said yesterday, ".repeat(40).trim();
        await ann.say("hello bob");
        await bob.sees("hello bob");
        await bob.say(long);
        await ann.sees(long);
        assert.deepEqual(await ann.texts(), ["hello bob", long]);
        assert.deepEqual(await bob.texts(), ["hello bob", long]);
        assert.match(server.address, /^https:/);
        assert.deepEqual(
            sockets.map((url) => new URL(url).protocol),
            ["wss:"],
        );
    },
    { tls: true },
);
