// What a client was told holds after a restart: messages, users, names, positions, and what was deleted.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, existsSync } from 'node:fs';
import { DurableServer } from './support/durable.js';
import { eventually, run, startServer } from './support/server.js';
import { Client } from './support/client.js';

const strip = ({ type, seq, content, from }) => ({ type, seq, content, from });

// An acknowledged message is there after kill -9, under the same number, in the same epoch; a position
// goes on; and a send that is tried again gets its first ack.
test('kill -9 changes nothing that was acknowledged', async (t) => {
  const durable = new DurableServer(t, { reactors: 2 });
  let server = await durable.start();
  let ann = await Client.login(server, 'ann');
  const joined = await ann.join('lobby');
  const first = await ann.say('lobby', 'one', { id: 'id-1' });
  assert.equal(first.type, 'ack');
  assert.equal(first.durability, 'disk');
  assert.equal(first.epoch, joined.epoch);
  await ann.say('lobby', 'two', { id: 'id-2' });

  server = await durable.killAndStart();
  const again = await Client.login(server, undefined, { session: ann.session });
  assert.deepEqual([again.user, again.name], [ann.user, 'ann']);
  ann = again;
  const back = await ann.join('lobby', { since: { epoch: joined.epoch, seq: 1 } });
  assert.deepEqual([back.recovered, back.epoch, back.seq, back.first], [true, joined.epoch, 2, 1]);
  assert.deepEqual(back.events.map(strip), [{ type: 'message', seq: 2, content: 'two', from: 'ann' }]);

  const retried = await ann.say('lobby', 'one', { id: 'id-1' });
  assert.deepEqual([retried.type, retried.seq, retried.at, retried.duplicate], ['ack', 1, first.at, true]);
  assert.equal((await ann.say('lobby', 'another', { id: 'id-1' })).code, 'id_reused');
  assert.equal((await ann.say('lobby', 'three')).seq, 3);
  await server.stop();
});

// Ended in peace or not, with fsync too, the epoch stays and history pages both ways over the restart.
test('history pages over restarts', async (t) => {
  const durable = new DurableServer(t, { flags: ['--durability', 'fsync', '--send-rate', '0'] });
  let server = await durable.start();
  let ann = await Client.login(server, 'ann');
  const { epoch } = await ann.join('lobby');
  for (let round = 0; round < 3; round += 1) {
    const acks = await Promise.all(Array.from({ length: 120 }, (_, i) => ann.say('lobby', `${round}.${i}`)));
    assert.deepEqual(new Set(acks.map((ack) => ack.durability)), new Set(['synced']));
    server = await (round === 1 ? durable.killAndStart() : durable.stopAndStart());
    ann = await Client.login(server, undefined, { session: ann.session });
    const joined = await ann.join('lobby', { history: 5 });
    assert.deepEqual([joined.epoch, joined.seq, joined.more], [epoch, (round + 1) * 120, true]);
  }
  const forward = [];
  for (let after = 0; ;) {
    const page = await ann.ask({ type: 'history', room: 'lobby', after });
    forward.push(...page.events.map((event) => event.seq));
    if (!page.more) break;
    after = page.events.at(-1).seq;
  }
  const all = Array.from({ length: 360 }, (_, i) => i + 1);
  assert.deepEqual(forward, all);
  const backward = [];
  for (let before; ;) {
    const page = await ann.ask({ type: 'history', room: 'lobby', limit: 70, ...(before ? { before } : {}) });
    backward.unshift(...page.events.map((event) => event.seq));
    if (!page.more) break;
    before = page.events[0].seq;
  }
  assert.deepEqual(backward, all);
  const between = await ann.ask({ type: 'history', room: 'lobby', after: 10, before: 14 });
  assert.deepEqual([between.events.map((event) => event.seq), between.more], [[11, 12, 13], false]);
  await server.stop();
});

// Edits, reactions and deletions are the message's state after a restart, and a deleted text is in no file.
test('edits and reactions stay, deleted text is gone', async (t) => {
  const durable = new DurableServer(t);
  let server = await durable.start();
  const ann = await Client.login(server, 'ann');
  await ann.join('lobby');
  const secret = 'the-word-that-must-go';
  const doomed = (await ann.say('lobby', secret)).seq;
  const kept = (await ann.say('lobby', 'draft')).seq;
  const change = (type, target, more) => ann.ask({ type, id: randomUUID(), room: 'lobby', target, ...more });
  await change('edit', doomed, { content: `${secret}, edited` });
  await change('edit', kept, { content: 'final' });
  await change('react', kept, { emoji: '👍', on: true });
  assert.equal((await change('delete', doomed)).type, 'ack');

  const look = async (client) => {
    const { events } = await client.ask({ type: 'history', room: 'lobby', after: 0 });
    const [first, second] = events;
    assert.deepEqual([first.seq, first.deleted, first.content], [doomed, true, undefined]);
    assert.deepEqual([second.content, second.reactions], ['final', { '👍': ['ann'] }]);
    assert.ok(second.edited_at >= second.at);
    assert.ok(!JSON.stringify(events).includes(secret));
    assert.deepEqual(events.map(({ type }) => type), ['message', 'message', 'edited', 'edited', 'reacted', 'deleted']);
  };
  await look(ann);
  const gone = () => {
    for (const file of [durable.file, `${durable.file}-wal`]) {
      if (existsSync(file)) assert.ok(!readFileSync(file).includes(secret), `${file} still holds it`);
    }
  };
  await eventually(gone);
  server = await durable.killAndStart();
  const bob = await Client.login(server, 'bob');
  await bob.join('lobby');
  await look(bob);
  gone();
  assert.equal((await bob.ask({ type: 'edit', room: 'lobby', target: kept, content: 'mine' })).code, 'forbidden');
  assert.equal((await bob.ask({ type: 'react', room: 'lobby', target: doomed, emoji: '👍', on: true })).code, 'no_such_message');
  await server.stop();
});

// A name is held over a restart, and its user's session gets it back.
test('names are held over a restart', async (t) => {
  const durable = new DurableServer(t);
  let server = await durable.start();
  const ann = await Client.login(server, 'ann');
  // What was noted before a message that is acknowledged is there with it.
  await ann.join('lobby');
  await ann.say('lobby', 'here I am');
  server = await durable.killAndStart();
  const thief = await Client.open(server);
  assert.equal((await thief.ask({ type: 'login', name: 'Ann' })).code, 'name_taken');
  const again = await Client.login(server, 'ann', { session: ann.session });
  assert.equal(again.user, ann.user);
  await server.stop();
});

// Direct rooms, read positions and unread counts are a user's, not a connection's or a process's.
test('direct messages and read positions stay', async (t) => {
  const durable = new DurableServer(t, { reactors: 2 });
  let server = await durable.start();
  let ann = await Client.login(server, 'ann');
  let bob = await Client.login(server, 'bob');
  const ack = await ann.ask({ type: 'direct', to: 'bob', content: 'psst' });
  assert.match(ack.room, /^dm\./);
  assert.equal((await bob.next('message')).content, 'psst');
  await ann.ask({ type: 'direct', to: bob.user, content: 'psst again' });
  await bob.next('message');
  await ann.join('lobby');
  await bob.join('lobby');
  for (const text of ['a', 'b', 'c']) await ann.say('lobby', text);
  bob.send({ type: 'read', room: 'lobby', seq: 1 });
  bob.send({ type: 'read', room: ack.room, seq: 1 });

  const lines = async (client) => new Map((await client.ask({ type: 'rooms' })).rooms.map((line) => [line.room, line]));
  const look = async (client) => eventually(async () => {
    const rooms = await lines(client);
    const { seq, read, unread } = rooms.get('lobby');
    assert.deepEqual([seq, read, unread], [3, 1, 2]);
    const direct = rooms.get(ack.room);
    assert.deepEqual([direct.seq, direct.read, direct.unread, direct.epoch], [2, 1, 1, ack.epoch]);
  });
  await look(bob);
  server = await durable.killAndStart();
  bob = await Client.login(server, undefined, { session: bob.session });
  await look(bob);
  // Ann is away: the message waits for her.
  await bob.ask({ type: 'direct', to: ann.user, content: 'where are you?' });
  ann = await Client.login(server, undefined, { session: ann.session });
  assert.equal((await lines(ann)).get(ack.room).unread, 1);
  const page = await ann.ask({ type: 'history', room: ack.room, after: 2 });
  assert.equal(page.type, 'history', JSON.stringify(page));
  const { events } = page;
  assert.deepEqual(events.map(({ content }) => content), ['where are you?']);
  assert.equal((await ann.ask({ type: 'direct', to: 'nobody-at-all', content: '?' })).code, 'no_such_user');
  assert.equal((await ann.ask({ type: 'direct', to: 'u0123456789abcdef', content: '?' })).code, 'no_such_user');
  await server.stop();
});

// A position that retention has passed cannot be continued, and says where history begins.
test('retention moves where history begins', async (t) => {
  const durable = new DurableServer(t, { flags: ['--retain-events', '50', '--send-rate', '0'] });
  let server = await durable.start();
  let ann = await Client.login(server, 'ann');
  const { epoch } = await ann.join('lobby');
  await Promise.all(Array.from({ length: 300 }, (_, i) => ann.say('lobby', `m${i}`)));
  server = await durable.killAndStart();
  ann = await Client.login(server, undefined, { session: ann.session });
  const first = await eventually(async () => {
    const page = await ann.join('lobby', { history: 1 });
    assert.equal(page.first, 251);
    return page.first;
  });
  const late = await ann.join('lobby', { since: { epoch, seq: 3 } });
  assert.deepEqual([late.recovered, late.first], [false, first]);
  const fresh = await ann.join('lobby', { since: { epoch, seq: first - 1 } });
  assert.deepEqual([fresh.recovered, fresh.events[0].seq], [true, first]);
  assert.equal((await ann.join('lobby', { since: { epoch: 'another', seq: 3 } })).recovered, false);
  await server.stop();
});

// One process owns a file: a second one says who does.
test('a second server on the file is refused', async (t) => {
  const durable = new DurableServer(t);
  const server = await durable.start();
  const second = await run(['--listen', '127.0.0.1:0', '--store', `sqlite:${durable.file}`]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`already|${server.child.pid}`));
  await server.stop();
  const broken = await run(['--listen', '127.0.0.1:0', '--store', 'sqlite:/nonexistent/rooms.db']);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /\/nonexistent\/rooms\.db/);
});

// One command brings back all rooms of a client that was away.
test('sync resumes every room in one round trip', async (t) => {
  const durable = new DurableServer(t, { reactors: 2, flags: ['--send-rate', '0'] });
  let server = await durable.start();
  let ann = await Client.login(server, 'ann');
  const rooms = [];
  for (let i = 0; i < 20; i += 1) {
    const { room, epoch, seq } = await ann.join(`room${i}`);
    rooms.push({ room, epoch, seq });
  }
  await Promise.all(rooms.map(({ room }) => ann.say(room, `in ${room}`)));
  server = await durable.killAndStart();
  ann = await Client.login(server, undefined, { session: ann.session });
  await ann.ask({ type: 'sync', rooms });
  const joined = new Map(ann.frames.filter(({ type }) => type === 'joined').map((frame) => [frame.room, frame]));
  for (const { room, epoch } of rooms) {
    const { recovered, events, ...frame } = joined.get(room);
    assert.deepEqual([recovered, frame.epoch, events.map(({ content }) => content)], [true, epoch, [`in ${room}`]]);
  }
  await server.stop();
});

// A crowd that returns after a restart is served, all of it, each with what it missed.
test('a crowd returns at once', async (t) => {
  const durable = new DurableServer(t, { reactors: 2, flags: ['--send-rate', '0'] });
  let server = await durable.start();
  const ann = await Client.login(server, 'ann');
  const { epoch } = await ann.join('lobby');
  await Promise.all(Array.from({ length: 50 }, (_, i) => ann.say('lobby', `m${i}`)));
  server = await durable.killAndStart();
  const crowd = await Promise.all(Array.from({ length: 300 }, async () => {
    const client = await Client.login(server);
    return client.join('lobby', { since: { epoch, seq: 10 } });
  }));
  for (const { recovered, events } of crowd) assert.deepEqual([recovered, events.length, events[0].seq], [true, 40, 11]);
  await server.stop();
});

// Without a store, everything begins anew and says so.
test('rooms in memory end with the process', async () => {
  const first = await startServer();
  const ann = await Client.login(first, 'ann');
  const { epoch } = await ann.join('lobby');
  await ann.say('lobby', 'soon gone');
  await first.stop();
  const second = await startServer();
  const bob = await Client.login(second, 'bob');
  const joined = await bob.join('lobby', { since: { epoch, seq: 1 } });
  assert.deepEqual([joined.recovered, joined.seq, joined.events], [false, 0, []]);
  await second.stop();
});
