// Tests against the real program with its rooms in memory and on a database, on one reactor and on two; and
// what they do all the time. Each test uses rooms and names of its own.
import { after, before, describe } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startServer } from './server.js';
import { testFolder } from './connect.js';
import { Client } from './client.js';

let made = 0;
export const fresh = (what) => `${what}-${made += 1}`;

// For Client.next().
export const event = (type, seq) => (frame) => frame.type === type && (seq === undefined || frame.seq === seq);

// `tests` is given what is below; chat.server is there when a test runs.
export function onEachStore(title, tests) {
  for (const [store, reactors] of [['memory', 1], ['memory', 2], ['sqlite', 1], ['sqlite', 2]]) {
    describe(`${title}, ${store}, ${reactors} reactor(s)`, () => {
      const open = [];
      const chat = { ...commands };
      // A user of a name of its own; `session`: one more connection of that user.
      chat.login = async (what = 'user', session = undefined) => {
        const client = await Client.login(chat.server, session ? undefined : fresh(what), session ? { session } : {});
        open.push(client);
        return client;
      };
      // Two users in one new room.
      chat.pair = async () => {
        const [ann, bob] = [await chat.login('ann'), await chat.login('bob')];
        const room = fresh('room');
        await ann.join(room);
        await bob.join(room);
        return { ann, bob, room };
      };
      before(async () => {
        const flags = ['--console', '--send-rate', '0', '--join-rate', '0', '--outbox-bytes', '128KiB'];
        if (store === 'sqlite') flags.push('--store', `sqlite:${join(testFolder(), 'rooms.db')}`);
        chat.server = await startServer({ reactors, flags, stdin: 'pipe' });
      });
      after(async () => {
        await Promise.all(open.map((client) => client.drop()));
        await chat.server.stop();
      });
      tests(chat);
    });
  }
}

const commands = {
  // An edit, a deletion or a reaction.
  change(client, type, room, target, more = {}) {
    return client.ask({ type, id: randomUUID(), room, target, ...more });
  },

  async history(client, room) {
    const page = await client.ask({ type: 'history', room, after: 0 });
    assert.equal(page.type, 'history', JSON.stringify(page));
    return page.events;
  },

  // A room's line in the list of the client's rooms.
  async line(client, room) {
    const { rooms } = await client.ask({ type: 'rooms' });
    return rooms.find((one) => one.room === room);
  },

  // What a client was sent up to now and did not ask for, but for who comes and goes.
  async unasked(client) {
    await client.ask({ type: 'ping' });
    return client.frames.filter(({ type }) => !['presence', 'welcome'].includes(type));
  },
};
