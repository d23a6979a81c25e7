// `npm run screenshot`: the picture of the README, docs/screenshot.png, taken from the real server.
// Invariant: two people talking, 1280 pixels wide, nothing staged but the words.

import { fileURLToPath } from "node:url";
import { Server } from "./support/server.js";
import { User } from "./support/browser.js";

const kTalk = [
    ["ann", "Morning! The new build is on the staging box."],
    ["ann", "Anyone up for a look before lunch?"],
    ["bob", "I'm in. Which port?"],
    ["ann", "8080, same as ever: http://localhost:8080/#lobby"],
    ["bob", "I pulled the plug twice. Nothing missing, nothing double."],
    ["bob", "@ann did you change the reconnect? It used to take ages."],
    ["ann", "Full jitter, from half a second up.\nAnd it picks up where it left off."],
    ["bob", "👏"],
];

const server = new Server();
await server.start();
const ann = await User.open({ viewport: { width: 1280, height: 760 } });
const bob = await User.open();
await ann.enter(server.address, "ann", "design");
await ann.page.fill("#join-room", "lobby");
await ann.page.press("#join-room", "Enter");
await bob.enter(server.address, "bob", "lobby");
for (const [name, text] of kTalk) {
    await (name === "ann" ? ann : bob).say(text);
    const last = text.split("\n").pop() ?? text;
    await Promise.all([ann.sees(last), bob.sees(last)]);
}
await bob.page.fill("#join-room", "design");
await bob.page.press("#join-room", "Enter");
await bob.page.locator("#room-name", { hasText: "design" }).waitFor();
await bob.say("The new logo is in the drawer, by the way.");
await ann.page.locator(".badge", { hasText: "1" }).waitFor();
await ann.page.screenshot({
    path: fileURLToPath(new URL("../../docs/screenshot.png", import.meta.url)),
});
await Promise.all([ann.close(), bob.close()]);
await server.stop();
