// Clients and a server under a network that cuts, delays and reorders between lines: whatever
// happens, each client ends with what the server has. STENTOR_SEED replays one seed,
// STENTOR_SEEDS=N plays more of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Dice } from "../support/dice.js";
import { FakeNetwork } from "../support/fake_network.js";

const kSeeds = Number(process.env.STENTOR_SEEDS ?? 150);
const kNames = ["ann", "bob", "eve"];
const kEmoji = ["👍", "🎉", "constructor"];

class Play {
    network = new FakeNetwork();
    /** @type {{client: any, room: any, seqs: number[], lost: any[], answers: any[]}[]} */
    people = [];

    /** @param {number} seed @param {string[]} verbs */
    constructor(seed, verbs) {
        this.dice = new Dice(seed);
        this.verbs = verbs;
        for (const name of kNames) this.people.push(this.enter(name));
        this.network.settle();
    }

    enter(name) {
        const client = this.network.client({ catchUpMax: 10_000 });
        client.connect({ name });
        const room = client.join("lobby", { history: 5 });
        /** @type {Play["people"][number]} */
        const one = { client, room, seqs: [], lost: [], answers: [] };
        for (const type of /** @type {const} */ (["message", "edited", "deleted", "reacted"]))
            room.on(type, ({ event }) => one.seqs.push(event.seq));
        room.on("lost", (step) => one.lost.push(step));
        return one;
    }

    get server() {
        return this.network.chat.room("lobby");
    }

    step() {
        const { dice, network } = this;
        const one = dice.one(this.people);
        const target = 1 + dice.below(this.server.head + 1);
        const keep = (promise) => {
            const place = one.answers.push(null) - 1;
            const settled = (answer) => (one.answers[place] = answer);
            promise.then(settled, settled);
        };
        const line = network.lines[dice.below(network.lines.length)];
        switch (dice.one(this.verbs)) {
            case "up":
                return line?.up();
            case "down":
                return line?.down();
            case "flow":
                for (let i = dice.below(20); i > 0; i -= 1) line?.up() || line?.down();
                return;
            case "say":
                return keep(one.room.send(`text ${dice.below(1000)}`));
            case "edit":
                return keep(one.room.edit(target, `edit ${dice.below(1000)}`));
            case "delete":
                return dice.below(3) === 0 && keep(one.room.delete(target));
            case "react":
                return keep(one.room.react(target, dice.one(kEmoji), dice.below(3) > 0));
            case "cut":
                return line?.cut();
            case "slow":
                if (line !== undefined) line.connection.slow = true;
                return;
            case "fast":
                return line?.connection.caughtUp();
            case "wait":
                return network.clock.advance(dice.below(4000));
            case "older":
                return void one.room.loadOlder(1 + dice.below(8)).catch(() => {});
            case "page": {
                const after = dice.below(this.server.head + 1);
                const before = after + 1 + dice.below(12);
                return void one.room.history({ after, before, limit: 10 }).catch(() => {});
            }
            case "trim":
                this.server.first = Math.min(this.server.head, this.server.first + dice.below(6));
                return;
            case "whisper":
                return keep(one.client.direct(dice.one(kNames), `text ${dice.below(1000)}`));
            case "private": {
                const [room] = one.client.openRooms.filter(({ direct }) => direct !== null);
                if (room?.state !== "joined") return;
                return keep(
                    dice.below(2) === 0
                        ? room.send(`text ${dice.below(1000)}`)
                        : room.react(1 + dice.below(room.position.seq + 1), dice.one(kEmoji)),
                );
            }
            case "renew":
                if (dice.below(10) === 0) this.renew();
        }
    }

    /** The server ended, and rooms were in its memory. */
    renew() {
        for (const line of this.network.lines) line.cut();
        this.network.chat.rooms.clear();
        for (const one of this.people) one.seqs = [];
    }

    async end() {
        for (const line of this.network.lines) line.connection.caughtUp();
        for (let i = 0; i < 2; i += 1) {
            this.network.settle();
            await new Promise((resolve) => setImmediate(resolve)); // what promises bring about
        }
        this.network.settle();
    }
}

/** What a page would show of this message now, with empty reactions spelled out. */
const shown = (server, seq) => ({ reactions: {}, ...server.seen(server.events[seq - 1]) });

/** Each seed by itself; a failure names it. */
async function forSeeds(verbs, steps, check) {
    const only = process.env.STENTOR_SEED;
    const seeds = only ? [Number(only)] : Array.from({ length: kSeeds }, (_, i) => i + 1);
    for (const seed of seeds) {
        const play = new Play(seed, verbs);
        for (let i = 0; i < steps; i += 1) play.step();
        await play.end();
        try {
            check(play);
        } catch (error) {
            throw new Error(`seed ${seed}: ${error}`, { cause: error });
        }
    }
}

const kTalk = ["say", "say", "edit", "delete", "react", "react"];
const kNetwork = ["up", "down", "flow", "flow", "flow", "flow", "wait", "wait"];
const kTrouble = ["cut", "slow", "fast"];
const kReading = ["older", "page"];

test("EachClientEndsWithTheServersLog", async () => {
    await forSeeds([...kTalk, ...kNetwork, ...kTrouble, ...kReading], 250, ({ people, server }) => {
        for (const { room, seqs, lost } of people) {
            assert.deepEqual(lost, []);
            assert.equal(room.position.seq, server.head);
            // Dense from the first one on, each once.
            assert.deepEqual(
                seqs,
                seqs.map((_, i) => seqs[0] + i),
            );
            for (const item of room.messages.list) {
                if (item.type === "hole") continue; // an older page that was asked for from afar
                assert.deepEqual(item, shown(server, item.seq));
            }
        }
    });
});

test("NothingSaidIsLostOrTwiceInTheServersLog", async () => {
    await forSeeds([...kTalk, ...kNetwork, ...kTrouble], 200, ({ people, server }) => {
        const ids = server.events.map(({ client_id }) => client_id);
        assert.equal(new Set(ids).size, ids.length);
        for (const { answers } of people) {
            for (const answer of answers) {
                assert.notEqual(answer, null); // each promise was settled
                if (!(answer instanceof Error))
                    assert.equal(server.events[answer.seq - 1].client_id, answer.id);
            }
        }
    });
});

test("WhatIsNoLongerKeptIsShownAsAHole", async () => {
    await forSeeds([...kTalk, ...kNetwork, ...kTrouble, "trim"], 250, ({ people, server }) => {
        for (const { room, seqs, lost } of people) {
            const missing = lost.flatMap(({ from, to }) =>
                Array.from({ length: to - from + 1 }, (_, i) => from + i),
            );
            const all = [...seqs, ...missing].sort((a, b) => a - b);
            assert.deepEqual(
                all,
                all.map((_, i) => all[0] + i),
            );
            assert.equal(all.at(-1) ?? 0, server.head);
            const holes = room.messages.list.filter(({ type }) => type === "hole");
            const shownLost = holes.flatMap(({ from, to }) => to - from + 1);
            assert.equal(
                shownLost.reduce((sum, size) => sum + size, 0),
                missing.length,
            );
        }
    });
});

test("LogThatBeganAnewIsFollowedFromItsBeginning", async () => {
    await forSeeds([...kTalk, ...kNetwork, ...kTrouble, "renew"], 250, ({ people, server }) => {
        for (const { room } of people) {
            assert.equal(room.epoch, server.epoch);
            assert.equal(room.position.seq, server.head);
            for (const item of room.messages.list) {
                if (item.type === "message") assert.deepEqual(item, shown(server, item.seq));
            }
        }
    });
});

test("DirectRoomsAreWholeForTheirTwoUsersAndNobodyElse", async () => {
    const verbs = ["whisper", "private", "private", ...kNetwork, ...kTrouble, "renew"];
    await forSeeds(verbs, 250, ({ people, network }) => {
        for (const server of network.chat.rooms.values()) {
            if (!server.direct || server.head === 0) continue; // nobody has said anything
            for (const { client } of people) {
                const room = client.room(server.name);
                assert.equal(room !== undefined, server.pair.includes(client.me.user));
                if (room === undefined) continue;
                assert.equal(room.position.seq, server.head);
                assert.deepEqual(
                    room.messages.list,
                    server.events
                        .filter(({ type }) => type === "message")
                        .slice(-room.messages.size)
                        .map(({ seq }) => shown(server, seq)),
                );
            }
        }
    });
});
