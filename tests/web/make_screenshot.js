// `npm run screenshot`: the picture of the README, docs/screenshot.png, taken from the real server.
// Invariant: people talking, 1280 pixels wide, nothing staged but the words.

import { fileURLToPath } from "node:url";
import { Server } from "./support/server.js";
import { User } from "./support/browser.js";
import { react, tool } from "./support/rows.js";

const kTalk = [
    ["ann", "Morning! The new build is on the staging box."],
    ["bob", "I pulled the plug twice. Nothing missing, nothing double."],
    ["bob", "@ann did you change the reconnect? It used to take ages."],
    ["ann", "Full jitter, from half a second up.\nAnd it picks up where it left off."],
    ["zoe", "Looks good: http://localhost:8080/#lobby"],
];

const server = new Server();
await server.start();
const ann = await User.open({ viewport: { width: 1280, height: 760 } });
const others = [await User.open(), await User.open()];
const [bob, zoe] = others;
await ann.enter(server.address, "ann", "design");
await ann.page.fill("#join-room", "lobby");
await ann.page.press("#join-room", "Enter");
await bob.enter(server.address, "bob", "lobby");
await zoe.enter(server.address, "zoe", "lobby");
const people = { ann, bob, zoe };
/** @param {string} text */
const seen = (text) => Promise.all([ann, ...others].map((user) => user.sees(text)));
for (const [name, text] of kTalk) {
    await people[name].say(text);
    await seen(text.split("\n").pop() ?? text);
}
await react(bob, "half a second", "Applause");
await react(zoe, "half a second", "Applause");
await react(ann, "Nothing missing", "Party");
await tool(bob, "half a second", "Reply");
await bob.say("Then the train to work is my test lab.");
await seen("test lab");
await bob.page.fill("#join-room", "design");
await bob.page.press("#join-room", "Enter");
await bob.page.locator("#room-name", { hasText: "design" }).waitFor();
await bob.say("The new logo is in the drawer, by the way.");
await ann.page.locator("#room-list .badge", { hasText: "1" }).waitFor();
await bob.page.locator("#room-list a", { hasText: "lobby" }).click();
await bob.page.locator("#room-name", { hasText: "lobby" }).waitFor();
await bob.say("/msg ann Lunch at one?");
await ann.page.locator("#direct-list .badge").waitFor();
await ann.page.mouse.move(640, 740);
await ann.page.click("#text");
await zoe.page.locator("#text").pressSequentially("I shall");
await ann.page.locator("#typing .name", { hasText: "zoe" }).waitFor();
await ann.page.screenshot({
    path: process.argv[2] ?? fileURLToPath(new URL("../../docs/screenshot.png", import.meta.url)),
});
await Promise.all([ann, ...others].map((user) => user.close()));
await server.stop();
