// A user without a page, who says many things fast.
// Invariant: `say` resolves when the last of them is acknowledged.

import { WebSocket } from "ws";
import { StentorClient } from "../../../web/client/index.js";

/** @param {string} address @param {string} name @param {string} room */
export async function speaker(address, name, room) {
    const url = address.replace("http", "ws") + "ws";
    const client = new StentorClient({
        url,
        webSocketImpl: /** @type {any} */ (WebSocket),
        outboxMax: 10_000,
    });
    client.connect({ name });
    const joined = client.join(room);
    await new Promise((resolve) =>
        joined.on("state", ({ state }) => state === "joined" && resolve(null)),
    );
    return {
        room: joined,
        /** @param {string[]} texts */
        say: (texts) => Promise.all(texts.map((text) => joined.send(text))),
        leave: () => client.close(),
    };
}
