// The client and a server over sockets: the real one when it is built, else the test double.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { Dice } from "../support/dice.js";
import { Server, speaksEveryVerb } from "../support/server.js";
import { StentorClient } from "../../../web/client/index.js";

const kTypes = /** @type {const} */ (["message", "edited", "deleted", "reacted"]);
const isReal = await speaksEveryVerb();

class Person {
    /** @type {any[]} each that was made, the newest last */
    sockets = [];
    /** @type {number[]} of the events, as they were emitted */
    seqs = [];

    /** @param {Server} server @param {string} name */
    constructor(server, name) {
        const { sockets } = this;
        class Kept extends WebSocket {
            constructor(url, protocol) {
                super(url, protocol);
                sockets.push(this);
            }
        }
        this.client = new StentorClient({
            url: `${server.address.replace("http", "ws")}ws`,
            webSocketImpl: /** @type {any} */ (Kept),
            outboxMax: 1e5,
            outboxBytesMax: 1e9,
            catchUpMax: 1e5,
            messagesMax: 1e5,
        });
        this.client.connect({ name });
        this.room = this.client.join("hot");
        for (const type of kTypes) this.room.on(type, ({ event }) => this.seqs.push(event.seq));
    }

    /** @param {number} seq */
    async sees(seq) {
        while ((this.room.position?.seq ?? -1) < seq) await soon();
    }
}

/** @param {(server: Server, enter: (name: string) => Promise<Person>) => Promise<void>} play */
async function withServer(play) {
    const server = new Server({ durable: true, fake: !isReal });
    /** @type {Person[]} */
    const people = [];
    try {
        await server.start();
        await play(server, async (name) => {
            const person = new Person(server, name);
            people.push(person);
            await person.sees(0);
            return person;
        });
    } finally {
        for (const { client } of people) client.close();
        await server.stop();
    }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
const upTo = (last) => Array.from({ length: last }, (_, i) => i + 1);

test("SlowReaderEndsWithTheSameLogWithoutAReconnect", { timeout: 120_000 }, async (t) => {
    if (!isReal) return t.skip("the test double never finds a reader slow");
    await withServer(async (_, enter) => {
        const [slow, fast] = [await enter("slow"), await enter("fast")];
        const gaps = [];
        slow.room.on("gap", (gap) => gaps.push(gap));
        slow.sockets[0].pause();
        const text = "x".repeat(4000);
        const said = upTo(4000).map((number) => fast.room.send(`${number} ${text}`));
        // A store that is busy refuses some; they go again, and stand later in the log.
        const last = Math.max(...(await Promise.all(said)).map(({ seq }) => seq));
        slow.sockets[0].resume();
        await slow.sees(last);
        assert.deepEqual([gaps.length > 0, slow.sockets.length], [true, 1]);
        assert.deepEqual(slow.seqs, upTo(4000));
    });
});

test("KilledServerAndCutLinesLeaveOneLogForAll", { timeout: 120_000 }, async () => {
    await withServer(async (server, enter) => {
        const dice = new Dice(5);
        const people = [await enter("ann"), await enter("bob"), await enter("eve")];
        /** @type {Promise<any>[]} */
        const answers = [];
        for (let step = 0; step < 600; step += 1) {
            const { room, sockets } = dice.one(people);
            const target = 1 + dice.below(room.position?.seq ?? 1);
            const verb = dice.below(10);
            const said =
                verb < 5
                    ? room.send(`text ${step}`)
                    : verb < 7
                      ? room.edit(target, `edit ${step}`)
                      : room.react(target, dice.one(["👍", "🎉"]), verb < 9);
            answers.push(said.catch((error) => error));
            if (step % 50 === 49) sockets[sockets.length - 1].terminate();
            if (step === 300) {
                await server.kill();
                await server.start();
            }
            if (step % 5 === 0) await soon();
        }
        const acks = (await Promise.all(answers)).filter((answer) => !(answer instanceof Error));
        const last = Math.max(...acks.map(({ seq }) => seq));
        for (const person of people) await person.sees(last);
        for (const { seqs, room } of people) {
            assert.deepEqual(seqs, upTo(last));
            for (const { seq, id } of acks) {
                const message = room.messages.get(seq);
                if (message !== undefined) assert.equal(message.client_id, id);
            }
            assert.deepEqual(withoutOrder(room), withoutOrder(people[0].room));
        }
        assert.equal(new Set(acks.map(({ seq }) => seq)).size, acks.length);
    });
});

/** The order of names at an emoji is nobody's promise. */
function withoutOrder(room) {
    return room.messages.list.map((message) => {
        const reactions = Object.entries(message.reactions ?? {});
        return {
            ...message,
            reactions: reactions.map(([e, names]) => [e, ...[...names].sort()]).sort(),
        };
    });
}
