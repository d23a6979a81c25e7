// Verbs, resume of many rooms and direct rooms: the client and the fake chat, with a network that
// the test plays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOnFakes, kEmptyRoom, message } from "../support/fake_socket.js";
import { FakeNetwork } from "../support/fake_network.js";

function person(network, name, rooms = ["lobby"]) {
    const client = network.client();
    client.connect({ name });
    const frames = [];
    client.on("room", (room) => frames.push(room.name));
    const joined = rooms.map((room) => client.join(room));
    network.settle();
    return { client, room: joined[0], rooms: joined, found: frames };
}
const texts = (room) => room.messages.list.map((item) => item.content ?? item.type);

function two() {
    const network = new FakeNetwork();
    return { network, ann: person(network, "ann"), bob: person(network, "bob") };
}

/** The last line of this client is cut, and it comes back. */
function reconnect(network, client) {
    const line = network.lines.find(({ connection }) => connection.user === client.me.user);
    line?.cut();
    network.settle();
}

test("EachVerbResolvesWithItsAckAndReachesTheOthers", async () => {
    const { network, ann, bob } = two();
    const sent = ann.room.send("hello");
    network.settle();
    const { seq } = await sent;
    const all = [ann.room.edit(seq, "hello all"), bob.room.react(seq, "👍")];
    network.settle();
    assert.deepEqual(
        (await Promise.all(all)).map((ack) => ack.seq),
        [seq + 1, seq + 2],
    );
    assert.equal(bob.room.messages.get(seq)?.content, "hello all");
    assert.deepEqual(ann.room.messages.get(seq)?.reactions, { "👍": ["bob"] });
    const deletion = ann.room.delete(seq);
    network.settle();
    await deletion;
    assert.equal(bob.room.messages.get(seq)?.deleted, true);
    const late = bob.room.react(seq, "🎉");
    network.settle();
    await assert.rejects(late, { code: "no_such_message" });
});

test("RefusedChangeLeavesNothingInTheOutbox", async () => {
    const { network, ann, bob } = two();
    const states = [];
    bob.client.on("outgoing", ({ verb, state }) => states.push(`${verb} ${state}`));
    void ann.room.send("hello");
    network.settle();
    const edit = bob.room.edit(1, "not mine");
    network.settle();
    await assert.rejects(edit, { code: "forbidden" });
    assert.deepEqual(states, ["edit pending", "edit failed"]);
    assert.equal(bob.client.resend("whatever"), false);
});

test("ChangeThatWasNotAnsweredGoesAgainWithTheSameId", async () => {
    const { network, ann, bob } = two();
    void ann.room.send("hello");
    network.settle();
    const edit = ann.room.edit(1, "edited");
    network.lines[0].up(); // it arrives, its ack does not
    reconnect(network, ann.client);
    assert.equal((await edit).seq, 2);
    assert.equal(network.chat.room("lobby").head, 2);
    assert.equal(bob.room.messages.get(1)?.content, "edited");
});

test("MessageGoesOncePerConnectionHoweverManyRoomsOpen", () => {
    const { client, last } = clientOnFakes();
    client.connect({ name: "ann" });
    const room = client.join("lobby");
    void room.send("hello").catch(() => {});
    last().login();
    last().joined();
    client.join("other");
    last().joined();
    assert.equal(last().commands("send").length, 1);
});

test("ManyRoomsAreResumedByOneQuestion", () => {
    const network = new FakeNetwork();
    const names = Array.from({ length: 30 }, (_, i) => `room${i}`);
    const ann = person(network, "ann", names);
    const bob = person(network, "bob", names);
    const line = network.lines.find(({ connection }) => connection.user === ann.client.me?.user);
    line?.cut();
    for (const room of bob.rooms) void room.send(`in ${room.name}`);
    network.settle();
    for (const room of ann.rooms) assert.deepEqual(texts(room), [`in ${room.name}`]);
    const again = network.lines.find(({ connection }) => connection.user === ann.client.me?.user);
    assert.deepEqual(again?.heard, ["login", "sync", "rooms"]);
});

test("RoomThatTheSyncCannotBringBackFailsAlone", () => {
    const { client, clock, last } = clientOnFakes();
    client.connect({ name: "ann" });
    const good = client.join("good");
    const bad = client.join("bad");
    const odd = client.join("odd");
    last().login();
    for (const { id, room } of last().commands("join"))
        last().tell({ type: "joined", id, room, ...kEmptyRoom });
    last().drop();
    clock.advance(60_000);
    last().login();
    const { id, rooms } = last().command("sync");
    assert.equal(last().commands("join").length, 0);
    assert.deepEqual(
        rooms.map(({ room }) => room),
        ["good", "bad", "odd"],
    );
    // With the id or without it: both are said to be possible.
    last().tell({ type: "joined", id, room: "good", ...kEmptyRoom });
    last().tell({ type: "error", room: "bad", code: "bad_room", message: "no" });
    last().tell({ type: "synced", id });
    assert.equal(good.state, "joined");
    assert.equal(bad.state, "failed");
    assert.equal(odd.state, "joining");
    assert.equal(last().command("join").room, "odd");
});

test("RoomWantedAtTheNewsOfTheLoginIsJoinedOnce", () => {
    const { client, last } = clientOnFakes();
    client.on("identity", () => client.join("lobby"));
    client.connect({ name: "ann" });
    last().login();
    assert.equal(last().commands("join").length, 1);
});

test("RoomThatFailedIsTriedAgainWhenItIsWanted", () => {
    const { client, clock, last } = clientOnFakes();
    client.connect({ name: "ann" });
    const room = client.join("lobby");
    last().login();
    const { id } = last().command("join");
    last().tell({ type: "error", id, code: "too_many_rooms", message: "no" });
    assert.equal(room.state, "failed");
    last().drop();
    assert.equal(client.join("lobby"), room);
    clock.advance(60_000);
    last().login();
    last().joined();
    assert.equal(room.state, "joined");
});

test("ServerWithoutSyncIsAskedRoomByRoom", () => {
    const { client, clock, last } = clientOnFakes();
    client.connect({ name: "ann" });
    client.join("lobby");
    last().login();
    last().joined({ seq: 3, events: [message(3)] });
    last().drop();
    clock.advance(60_000);
    last().login();
    last().tell({ type: "error", id: last().command("sync").id, code: "unknown_type" });
    assert.deepEqual(last().command("join").since, { epoch: "e1", seq: 3 });
});

test("LongAbsenceIsPagedAfterTheSync", () => {
    const { network, ann, bob } = two();
    const seqs = [];
    ann.room.on("message", ({ event }) => seqs.push(event.seq));
    const line = network.lines.find(({ connection }) => connection.user === ann.client.me?.user);
    line?.cut();
    const server = network.chat.room("lobby");
    for (let i = 0; i < 450; i += 1)
        server.append({ type: "message", user: bob.client.me?.user, from: "bob", content: `${i}` });
    network.settle();
    assert.deepEqual(
        seqs,
        Array.from({ length: 450 }, (_, i) => i + 1),
    );
    assert.equal(ann.room.messages.size, 450);
});

test("LeavingWhileJoiningLeavesForTheServerToo", () => {
    const network = new FakeNetwork();
    const ann = person(network, "ann", []);
    ann.client.join("lobby");
    ann.client.leave("lobby");
    network.settle();
    assert.equal(network.chat.room("lobby").users.size, 0);
});

test("DirectRoomAppearsWithTheFirstMessageOnAllConnections", async () => {
    const { network, ann, bob } = two();
    const other = network.client();
    other.connect({ session: bob.client.me?.session });
    network.settle();
    const sent = ann.client.direct("bob", "psst");
    network.settle();
    const { room: name } = await sent;
    assert.deepEqual(bob.found, [name]);
    for (const client of [ann.client, bob.client, other]) {
        assert.deepEqual(texts(client.room(name)), ["psst"]);
        assert.equal(client.room(name)?.state, "joined");
    }
    assert.deepEqual(bob.client.room(name)?.direct, { user: ann.client.me?.user, name: "ann" });
    const nobody = ann.client.direct("zoe", "psst");
    network.settle();
    await assert.rejects(nobody, { code: "no_such_user" });
});

test("FirstDirectMessageIsLive", () => {
    const { network, ann, bob } = two();
    const live = [];
    bob.client.on("room", (room) =>
        room.on("message", (it) => live.push([it.event.content, it.live])),
    );
    void ann.client.direct("bob", "one");
    void ann.client.direct("bob", "two");
    network.settle();
    assert.deepEqual(live, [
        ["one", true],
        ["two", true],
    ]);
});

test("DirectRoomNeedsNoJoinForAnyVerb", async () => {
    const { network, ann, bob } = two();
    void ann.client.direct("bob", "psst");
    network.settle();
    const [room] = bob.client.openRooms.filter(({ direct }) => direct !== null);
    const heard = [];
    const mirror = ann.client.room(room.name);
    mirror?.on("typing", ({ from, on }) => heard.push(`${from} ${on}`));
    mirror?.on("read", ({ positions }) => heard.push(positions[0].seq));
    room.typing(true);
    room.read(1);
    const acks = [room.send("yes", { replyTo: 1 }), room.react(1, "👍")];
    network.settle();
    assert.deepEqual(
        (await Promise.all(acks)).map(({ seq }) => seq),
        [2, 3],
    );
    assert.deepEqual(texts(mirror), ["psst", "yes"]);
    assert.deepEqual(heard, ["bob true", 1, "bob false"]);
    assert.deepEqual(mirror?.messages.get(1)?.reactions, { "👍": ["bob"] });
    assert.equal(network.chat.room(room.name).users.size, 0);
});

test("WhatWasWrittenWhileAwayIsThereAfterTheReconnect", () => {
    const { network, ann, bob } = two();
    const eve = person(network, "eve");
    void ann.client.direct("bob", "one");
    network.settle();
    const [room] = bob.client.openRooms.filter(({ direct }) => direct !== null);
    const line = network.lines.find(({ connection }) => connection.user === bob.client.me?.user);
    line?.cut();
    void ann.client.direct("bob", "two");
    void eve.client.direct("bob", "three");
    network.settle();
    assert.deepEqual(texts(room), ["one", "two"]);
    assert.equal(bob.found.length, 2);
    assert.deepEqual(texts(bob.client.room(bob.found[1])), ["three"]);
});

test("RoomsAreListedWithWhatIsUnread", async () => {
    const { network, ann, bob } = two();
    void ann.client.direct("bob", "one");
    void ann.client.direct("bob", "two");
    network.settle();
    bob.client.openRooms.find(({ direct }) => direct !== null)?.read(1);
    network.settle();
    const asked = bob.client.rooms();
    network.settle();
    const [{ unread, read, with: other }] = await asked;
    assert.deepEqual([unread, read, other?.name], [1, 1, "ann"]);
});

test("DirectRoomOfOthersCannotBeOpened", () => {
    const { network, bob } = two();
    const states = [];
    bob.client.join("dm.u1.u2").on("state", ({ error }) => states.push(error?.code));
    bob.client.leave("dm.u1.u2");
    const room = bob.client.join("dm.u1.u2");
    network.settle();
    assert.equal(room.state, "failed");
});

test("ClosedClientHasNoTimers", () => {
    const { network, ann, bob } = two();
    ann.room.typing(true);
    ann.room.read(1);
    ann.room.read(2);
    network.settle();
    bob.room.typing(true);
    for (const { client } of [ann, bob]) client.close();
    assert.equal(network.clock.timers, 0);
});

test("ContentThatCannotBeSentIsRefusedBeforeItIs", async () => {
    const { network, ann } = two();
    await assert.rejects(ann.room.send("x".repeat(4097)), { code: "too_large" });
    const half = ann.room.send("half a pair: \ud83d");
    network.settle();
    const { seq } = await half;
    assert.equal(ann.room.messages.get(seq)?.content, "half a pair: \ufffd");
});

test("ListenerThatThrowsDisturbsNobody", (t) => {
    const { network, ann, bob } = two();
    const seen = [];
    const later = t.mock.method(globalThis, "queueMicrotask", () => {});
    bob.room.on("message", () => {
        throw new Error("mine");
    });
    bob.room.on("message", ({ event }) => seen.push(event.content));
    void ann.room.send("hello");
    network.settle();
    assert.deepEqual(seen, ["hello"]);
    // Not swallowed: it comes up as uncaught.
    assert.throws(() => later.mock.calls[0].arguments[0]?.(), { message: "mine" });
});
