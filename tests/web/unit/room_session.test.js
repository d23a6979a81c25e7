// What the page counts as unread and shows as a timeline, on a real client and the fake chat with a
// network between them that cuts and delays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dice } from "../support/dice.js";
import { FakeNetwork } from "../support/fake_network.js";
import { RoomSession } from "../../../web/app/room_session.js";

/** A page of one room. */
class Page {
    reading = false;
    /** @param {FakeNetwork} network @param {any} credentials */
    constructor(network, credentials) {
        this.network = network;
        this.client = network.client();
        this.session = new RoomSession(this.client.join("lobby"), this.client, {
            isRead: () => this.reading,
            changed() {},
            arrived() {},
            typing() {},
            deleted() {},
        });
        this.client.on("state", ({ name }) => name === "open" && this.ask());
        this.client.connect(credentials);
    }

    ask() {
        const summed = (rooms) =>
            rooms.filter(({ room }) => room === "lobby").forEach((one) => this.session.summed(one));
        this.client.rooms().then(summed, () => {});
    }

    /** @param {boolean} reading */
    look(reading) {
        this.reading = reading;
        if (reading) this.session.read();
    }

    get texts() {
        return this.session.model.items.flatMap((item) =>
            item.kind === "message" ? [item.text] : [],
        );
    }

    /** The text behind the divider. */
    get divided() {
        const { model } = this.session;
        return model.at(model.unreadFrom)?.text ?? "";
    }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function settle(network) {
    for (let i = 0; i < 4; i += 1) {
        network.settle();
        await turn();
    }
}

async function annAndBob() {
    const network = new FakeNetwork();
    const ann = new Page(network, { name: "ann" });
    const bob = network.client();
    bob.connect({ name: "bob" });
    const saying = bob.join("lobby");
    await settle(network);
    const say = async (...texts) => {
        for (const text of texts) saying.send(text).catch(() => {});
        await settle(network);
    };
    return { network, ann, bob, say };
}

test("WhatOthersSayIsUnreadUntilTheReaderComes", async () => {
    const { ann, say } = await annAndBob();
    ann.look(true);
    await say("seen");
    assert.equal(ann.session.unread, 0);
    ann.look(false);
    await say("one", "@ann two");
    assert.deepEqual([ann.session.unread, ann.session.mentioned], [2, true]);
    assert.equal(ann.divided, "one");
    ann.look(true);
    assert.deepEqual([ann.session.unread, ann.session.mentioned], [0, false]);
    // The divider stays until the reader leaves the room.
    assert.equal(ann.divided, "one");
    ann.session.left();
    assert.equal(ann.divided, "");
});

test("UnreadIsKnownToALaterPageOfTheSameUser", async () => {
    const { network, ann, say } = await annAndBob();
    ann.look(true);
    await say("seen");
    ann.look(false);
    await say("one", "@ann two");
    const { session } = ann.client.me ?? {};
    ann.client.close();
    await say("three");
    const later = new Page(network, { session });
    await settle(network);
    assert.deepEqual([later.session.unread, later.session.mentioned], [3, true]);
    assert.equal(later.divided, "one");
    later.look(true);
    await settle(network);
    const last = new Page(network, { session });
    await settle(network);
    assert.deepEqual([last.session.unread, last.divided], [0, ""]);
});

test("WhatWasMissedWhileDisconnectedCountsOnce", async () => {
    const { network, ann, say } = await annAndBob();
    ann.look(true);
    await say("seen");
    ann.look(false);
    await say("one");
    network.lines[0].cut();
    await say("two", "three");
    assert.equal(ann.session.unread, 3);
    assert.equal(ann.divided, "one");
    assert.deepEqual(ann.texts, ["seen", "one", "two", "three"]);
});

test("ReadOnAnotherPageIsRead", async () => {
    const { network, ann, say } = await annAndBob();
    await say("one", "two");
    const other = new Page(network, { session: ann.client.me?.session });
    other.reading = true;
    await settle(network);
    assert.equal(ann.session.unread, 0);
});

test("AnswersFetchWhatTheyAnswer", async () => {
    const { network, bob, say } = await annAndBob();
    const lines = Array.from({ length: 80 }, (_, i) => `line ${i + 1}`);
    await say(...lines);
    bob.room("lobby")?.send("an answer", { replyTo: 3 });
    await settle(network);
    const zoe = new Page(network, { name: "zoe" });
    await settle(network);
    const { model } = zoe.session;
    const answer = model.items[model.items.length - 1];
    assert.ok(answer.kind === "message");
    assert.equal(model.answered(answer)?.text, "line 3");
    assert.equal(zoe.texts.length, 50);
});

test("PageUnderAFaultyNetworkEndsWithTheServersMessagesAndCount", async () => {
    for (let seed = 1; seed <= 100; seed += 1) await playFaults(seed);
});

/** @param {number} seed */
async function playFaults(seed) {
    const dice = new Dice(seed);
    const { network, ann, bob } = await annAndBob();
    const lobby = bob.room("lobby");
    const room = network.chat.room("lobby");
    assert.ok(lobby);
    const steps = {
        say: () => lobby.send(`text ${dice.below(1e6)}`),
        edit: () => lobby.edit(1 + dice.below(Math.max(1, room.head)), `edited ${dice.below(1e6)}`),
        remove: () => lobby.delete(1 + dice.below(Math.max(1, room.head))),
        react: () => ann.session.room.react(1 + dice.below(Math.max(1, room.head)), "👍"),
        look: () => ann.look(dice.below(2) === 0),
        older: () => ann.session.loadOlder(),
        cut: () => dice.below(3) === 0 && network.lines[dice.below(network.lines.length)]?.cut(),
        wait: () => network.clock.advance(dice.below(3000)),
        move: () => network.lines.forEach((line) => (dice.below(2) ? line.up() : line.down())),
    };
    const names = Object.keys(steps);
    for (let i = 0; i < 250; i += 1) {
        // A refusal (deleted already, not a message) or a lost connection is part of the play.
        Promise.resolve(steps[names[dice.below(names.length)]]()).catch(() => {});
        if (dice.below(3) === 0) await turn();
    }
    await settle(network);
    while (ann.session.hasOlder) {
        const loading = ann.session.loadOlder();
        await settle(network);
        await loading;
    }
    const messages = room.events.filter(({ type }) => type === "message").map((e) => room.seen(e));
    const why = `seed ${seed}`;
    assert.deepEqual(
        ann.texts,
        messages.map(({ content = "" }) => content),
        why,
    );
    const mine = ann.client.me?.user ?? "";
    // A position may be lost under way; the page knows how far it was read all the same.
    const read = Math.max(room.read.get(mine) ?? 0, ann.session.room.readUpTo);
    const unread = messages.filter(({ user, seq }) => user !== mine && seq > read).length;
    assert.equal(ann.session.unread, unread, why);
}
