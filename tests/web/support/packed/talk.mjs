// A program of somebody who installed the package: two people talk at the address of the first
// argument, with every verb, and once the server ends and comes back meanwhile. Says "restart" when
// it may, and ends with "done".
// Invariant: waits for events, never for time.

import assert from "node:assert/strict";
import { StentorClient, StentorError } from "stentor-client";
import { WebSocket } from "ws";

const [, , url] = process.argv;

/** Resolves with the value of the first such event. */
function until(emitter, name, wanted = () => true) {
    return new Promise((resolve) => {
        const stop = emitter.on(name, (value) => {
            if (!wanted(value)) return;
            stop();
            resolve(value);
        });
    });
}

function person(name) {
    const client = new StentorClient({ url, webSocketImpl: WebSocket });
    client.connect({ name });
    const room = client.join("packed");
    return { client, room, joined: until(room, "state", ({ state }) => state === "joined") };
}

const ann = person("ann-packed");
await ann.joined;
const bob = person("bob-packed");
await bob.joined;

/** Each event of a type that bob sees, in order. */
const seen = [];
for (const type of ["message", "edited", "deleted", "reacted"])
    bob.room.on(type, ({ event }) => seen.push(`${type} ${event.seq}`));

const first = await ann.room.send("hello");
const second = await ann.room.send("a reply", { replyTo: first.seq });
const edit = await ann.room.edit(first.seq, "hello all");
const reaction = await bob.room.react(first.seq, "👍");
await settled(() => has("reacted", reaction.seq));
assert.equal(bob.room.messages.get(first.seq).content, "hello all");
assert.deepEqual(bob.room.messages.get(first.seq).reactions, { "👍": ["bob-packed"] });
assert.equal(bob.room.messages.get(second.seq).reply_to, first.seq);

const deletion = await ann.room.delete(first.seq);
await settled(() => has("deleted", deletion.seq));
assert.equal(bob.room.messages.get(first.seq).deleted, true);
assert.ok(seen.includes(`edited ${edit.seq}`));
await assert.rejects(bob.room.edit(second.seq, "not mine"), { code: "forbidden" });
await assert.rejects(ann.room.delete(first.seq), StentorError);

const typing = until(bob.room, "typing", ({ from, on }) => from === "ann-packed" && on);
ann.room.typing(true);
await typing;
const read = until(ann.room, "read", ({ positions }) =>
    positions.some(({ user, seq }) => user === bob.client.me.user && seq >= second.seq),
);
bob.room.read(second.seq);
await read;

const opened = until(bob.client, "room");
const secret = await ann.client.direct("bob-packed", "only you");
const direct = await opened;
assert.equal(direct.name, secret.room);
await settled(() => direct.messages.get(secret.seq)?.content === "only you");
const answer = await direct.send("yes", { replyTo: secret.seq });
const room = ann.client.room(secret.room);
await settled(() => room.messages.get(answer.seq)?.reply_to === secret.seq);
const listed = (await bob.client.rooms()).find((one) => one.room === secret.room);
assert.equal(listed.with.name, "ann-packed");

const page = await bob.room.history({ after: first.seq - 1, limit: 1 });
assert.equal(page.events[0].deleted, true);
assert.equal((await bob.room.members()).count, 2);

// The server ends; what is said meanwhile arrives once.
const away = until(ann.client, "state", ({ name }) => name === "waiting");
const recovered = until(bob.room, "recovered");
console.log("restart");
await away;
const late = ann.room.send("said while the server was away");
const { epoch, seq, room: name } = await late;
await recovered;
await settled(() => bob.room.epoch === epoch && bob.room.position.seq >= seq);
const copies = bob.room.messages.list.filter(({ content }) => content?.startsWith("said while"));
assert.equal(copies.length, 1);
assert.equal(name, "packed");

ann.client.close();
bob.client.close();
console.log("done");

function has(type, seq) {
    return seen.includes(`${type} ${seq}`);
}

/** What several events may bring about: looks until it is so. */
async function settled(test) {
    while (!test()) await new Promise((resolve) => setTimeout(resolve, 5));
}
