// The client on a socket whose other end is the test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOnFakes, message } from "../support/fake_socket.js";

function inLobby() {
    const fakes = clientOnFakes();
    fakes.client.connect({ name: "ann" });
    const room = fakes.client.join("lobby");
    const texts = [];
    room.on("message", ({ event }) => texts.push(event.content));
    const outgoing = [];
    room.on("outgoing", ({ id, state }) => outgoing.push(`${id} ${state}`));
    fakes.last().login();
    fakes.last().joined();
    return { ...fakes, room, texts, outgoing };
}

function ack(socket, fields = {}) {
    const { id } = socket.command("send");
    socket.tell({
        type: "ack",
        id,
        room: "lobby",
        epoch: "e1",
        seq: 1,
        at: 5,
        durability: "memory",
        ...fields,
    });
}

/** Down and up again, up to the answer to the login. */
function reconnect({ last, clock }) {
    last().drop();
    clock.advance(60_000);
    last().login();
}

test("EveryAttemptGoesWhereTheUrlSaysByThen", () => {
    let room = "lobby";
    const { client, sockets, last, clock } = clientOnFakes(() => `ws://test/ws?room=${room}`);
    client.connect({ name: "ann" });
    last().login();
    room = "garden";
    last().drop();
    clock.advance(2000); // half a second at most until the first attempt
    room = "attic";
    last().login();
    client.rename("anna");
    assert.deepEqual(
        sockets.map(({ url }) => url),
        ["lobby", "garden", "attic"].map((name) => `ws://test/ws?room=${name}`),
    );
});

test("SendResolvesWithTheAck", async () => {
    const { room, last, outgoing } = inLobby();
    const sent = room.send("hello");
    ack(last(), { seq: 7 });
    assert.equal((await sent).seq, 7);
    assert.deepEqual(outgoing, ["id-1 pending", "id-1 sent"]);
});

test("UnackedMessageGoesAgainWithTheSameIdAfterTheRejoin", async () => {
    const fakes = inLobby();
    const sent = fakes.room.send("hello");
    reconnect(fakes);
    assert.equal(fakes.last().commands("send").length, 0);
    assert.deepEqual(fakes.last().command("sync").rooms, [{ room: "lobby", epoch: "e1", seq: 0 }]);
    fakes.last().joined();
    assert.equal(fakes.last().command("send").id, "id-1");
    ack(fakes.last(), { duplicate: true });
    assert.equal((await sent).duplicate, true);
});

test("MessageSeenInTheResumedLogIsNotSentAgain", async () => {
    const fakes = inLobby();
    const sent = fakes.room.send("hello");
    reconnect(fakes);
    const own = message(1, { user: "u-ann", from: "ann", content: "hello", client_id: "id-1" });
    fakes.last().joined({ seq: 1, events: [own] });
    assert.equal((await sent).seq, 1);
    assert.equal(fakes.last().commands("send").length, 0);
});

test("AnotherUsersCopyOfAnIdSettlesNothing", () => {
    const fakes = inLobby();
    void fakes.room.send("hello").catch(() => {});
    fakes.last().tell(message(1, { client_id: "id-1" }));
    reconnect(fakes);
    fakes.last().joined({ seq: 1 });
    assert.equal(fakes.last().commands("send").length, 1);
});

test("NothingIsLostOrDoubledAcrossAReconnect", () => {
    const fakes = inLobby();
    fakes.last().tell(message(1));
    fakes.last().tell(message(2));
    reconnect(fakes);
    assert.deepEqual(fakes.last().command("sync").rooms, [{ room: "lobby", epoch: "e1", seq: 2 }]);
    fakes.last().joined({ seq: 4, events: [message(3), message(4)] });
    fakes.last().tell(message(5));
    assert.deepEqual(
        fakes.texts,
        [1, 2, 3, 4, 5].map((seq) => `text ${seq}`),
    );
});

test("FramesReadInTheSameTurnAsJoinedAreKept", () => {
    // A socket may hand over several frames without a turn of the event loop between them.
    const fakes = clientOnFakes();
    fakes.client.connect();
    const room = fakes.client.join("lobby");
    const texts = [];
    room.on("message", ({ event }) => texts.push(event.content));
    fakes.last().login();
    fakes.last().joined({ seq: 1, events: [message(1)] });
    fakes.last().tell(message(2));
    assert.deepEqual(texts, ["text 1", "text 2"]);
});

test("GapIsPagedWhileLiveEventsWait", () => {
    const { last, texts } = inLobby();
    last().tell(message(1));
    last().tell({ type: "gap", room: "lobby", epoch: "e1", from: 2, to: 3 });
    last().tell(message(4));
    const asked = last().command("history");
    assert.deepEqual([asked.after, asked.before], [1, 4]);
    last().tell({
        type: "history",
        id: asked.id,
        room: "lobby",
        epoch: "e1",
        first: 1,
        seq: 4,
        more: false,
        events: [message(2), message(3)],
    });
    assert.deepEqual(
        texts,
        [1, 2, 3, 4].map((seq) => `text ${seq}`),
    );
});

test("RefusedMessageFailsAndCanBeSentOnceMore", async () => {
    const { room, client, last, outgoing } = inLobby();
    const sent = room.send("x");
    last().tell({ type: "error", id: "id-1", code: "too_large", message: "content: too long" });
    await assert.rejects(sent, { code: "too_large" });
    client.resend("id-1");
    assert.equal(last().commands("send").length, 2);
    ack(last());
    assert.deepEqual(outgoing, ["id-1 pending", "id-1 failed", "id-1 pending", "id-1 sent"]);
});

test("BusyServerIsTriedAgainWithTheSameId", () => {
    const { room, clock, last } = inLobby();
    void room.send("x").catch(() => {});
    const busy = {
        type: "error",
        id: "id-1",
        code: "unavailable",
        message: "busy",
        retry_after_ms: 700,
    };
    last().tell(busy);
    clock.advance(699);
    assert.equal(last().commands("send").length, 1);
    clock.advance(1);
    assert.deepEqual(
        last()
            .commands("send")
            .map(({ id }) => id),
        ["id-1", "id-1"],
    );
});

test("FullOutboxRefusesAtOnce", async () => {
    const { room, client } = inLobby();
    for (let i = 0; i < 200; i += 1) void room.send("x").catch(() => {});
    assert.equal(client.outboxFull, true);
    await assert.rejects(room.send("y"), { code: "outbox_full" });
});

test("LeavingRefusesWhatWasNotSent", async () => {
    const { room, client, last } = inLobby();
    const sent = room.send("x");
    client.leave("lobby");
    await assert.rejects(sent, { code: "left" });
    assert.equal(last().command("leave").room, "lobby");
});

test("LossLeadsToWaitingAndAnotherAttempt", () => {
    const { client, clock, sockets, last } = inLobby();
    last().drop();
    assert.deepEqual(client.state, { name: "waiting", retryAt: 250 });
    clock.advance(250);
    assert.equal(client.state.name, "connecting");
    assert.equal(sockets.length, 2);
});

test("GoodbyeSaysWhenToComeBack", () => {
    const { client, clock, last } = inLobby();
    last().tell({ type: "goodbye", reconnect_after_ms: 7000 });
    last().drop(1012);
    assert.deepEqual(client.state, { name: "waiting", retryAt: clock.now() + 7000 });
});

test("KickedClientStaysAway", () => {
    const { client, clock, sockets, last } = inLobby();
    last().drop(4403);
    clock.advance(600_000);
    assert.equal(client.state.name, "closed");
    assert.equal(sockets.length, 1);
});

test("SilentConnectionIsGivenUp", () => {
    const { client, clock, last, sockets } = inLobby();
    clock.advance(35_000);
    assert.equal(last().commands("ping").length, 1);
    clock.advance(10_000);
    assert.equal(sockets[0].closed, true);
    assert.notEqual(client.state.name, "open");
});

test("ConnectionThatNeverAnswersIsGivenUp", () => {
    const { client, clock, sockets } = clientOnFakes();
    client.connect();
    clock.advance(15_000);
    assert.equal(sockets[0].closed, true);
    assert.equal(client.state.name, "waiting");
});

test("LateEventsOfAnOldSocketAreIgnored", () => {
    const fakes = inLobby();
    const old = fakes.last();
    reconnect(fakes);
    old.tell(message(9));
    old.drop();
    assert.equal(fakes.client.state.name, "open");
    assert.deepEqual(fakes.texts, []);
});

test("RefusedSessionFallsBackToTheNameAndTellsWhenItChanged", () => {
    const { client, last } = clientOnFakes();
    const names = [];
    client.on("identity", ({ name, renamedFrom }) => names.push([name, renamedFrom]));
    client.connect({ session: "old", name: "ann" });
    const refuse = (code) => last().tell({ type: "error", id: last().command("login").id, code });
    last().tell({ type: "welcome" });
    refuse("forbidden");
    refuse("name_taken");
    assert.equal(last().command("login").name, "ann2");
    const { id } = last().command("login");
    last().tell({ type: "logged_in", id, user: "u9", name: "ann2", session: "s" });
    assert.deepEqual(names, [["ann2", "ann"]]);
});

test("RoomThatCannotBeJoinedSaysWhy", () => {
    const { client, last } = inLobby();
    const states = [];
    client.join("bad room").on("state", ({ state, error }) => states.push([state, error?.code]));
    last().tell({
        type: "error",
        id: last().command("join").id,
        code: "bad_room",
        message: "room",
    });
    assert.deepEqual(states.at(-1), ["failed", "bad_room"]);
});

test("MissedPresenceVersionFetchesTheMembersAgain", () => {
    const { room, last } = inLobby();
    const bob = { user: "u-bob", name: "bob" };
    last().tell({ type: "presence", room: "lobby", version: 2, count: 2, joined: [bob], left: [] });
    assert.equal(last().commands("members").length, 0);
    last().tell({ type: "presence", room: "lobby", version: 9, count: 3, joined: [], left: [] });
    const { id } = last().command("members");
    const members = [bob, { user: "u-ann", name: "ann" }, { user: "u-eve", name: "eve" }];
    last().tell({ type: "members", id, version: 9, count: 3, members, more: false });
    assert.deepEqual(
        room.people.list.map(({ name }) => name),
        ["bob", "ann", "eve"],
    );
    assert.equal(room.people.stale, false);
});
