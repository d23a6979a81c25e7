// `?room=`: a connection that says where it will be is handed over to the reactor where that room is at home,
// and works from its first byte on like any other.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, metricOfEach, metrics, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { connectTls, makeCertificate } from './support/connect.js';
import { RawSocket, frame, opcode, upgradeRequest } from './support/raw.js';
import { event, fresh } from './support/stores.js';

const certificate = makeCertificate();
const trusting = { ca: certificate.pem };
const reactors = 3;
const handedOverOfAGroup = 64;
const start = (flags = []) => startServer({
  reactors,
  listen: ['127.0.0.1:0', 'tls:127.0.0.1:0'],
  flags: [...certificate.flags, '--send-rate', '0', '--join-rate', '0', ...flags],
  stdin: 'pipe',
});
const pathFor = (room) => `/ws?room=${encodeURIComponent(room)}`;
const say = (command) => frame({ payload: JSON.stringify(command) });

// Logged in, by a connection that named the room.
async function arrive(server, room, more = {}) {
  const client = await Client.open(server, pathFor(room), trusting);
  const answer = await client.ask({ type: 'login', ...more });
  assert.equal(answer.type, 'logged_in', JSON.stringify(answer));
  return Object.assign(client, { user: answer.user, name: answer.name, session: answer.session });
}

async function members(server, room, count) {
  const clients = await Promise.all(Array.from({ length: count }, () => arrive(server, room)));
  await Promise.all(clients.map((client) => client.join(room)));
  return clients;
}

// Everybody hears 1, 2, 3, … of the room.
async function hearInOrder(clients, count) {
  for (const client of clients) {
    await client.next(event('message', count));
    const seqs = client.frames.filter(({ type }) => type === 'message').map(({ seq }) => seq);
    assert.deepEqual(seqs, Array.from({ length: count - 1 }, (_, i) => i + 1));
  }
}

// How many were handed over, once all of them have arrived.
const handedOver = (server) => eventually(async () => {
  const counted = await metrics(server);
  assert.equal(counted.stentor_taken_up_total, counted.stentor_handed_over_total);
  return counted.stentor_handed_over_total;
});

// But for the one that asks, and the operator.
const nobodyIsLeft = (server, operator = 0) => eventually(async () => {
  const { stentor_connections: connections, stentor_sessions: sessions } = await metrics(server);
  assert.deepEqual({ connections, sessions }, { connections: 1 + operator, sessions: operator });
});

for (const [title, index] of [['ws', 0], ['wss', 1]]) {
  test(`members of small rooms stand together, ${title}`, async () => {
    const server = await start();
    const rooms = await Promise.all(Array.from({ length: 6 }, (_, i) => members(server.at(index), `räum${i}`, 12)));
    await Promise.all(rooms.flatMap((clients, i) => clients.map((client) => client.say(`räum${i}`, 'hello'))));
    await Promise.all(rooms.map((clients) => hearInOrder(clients, 12)));
    assert.ok(await handedOver(server) > 0);
    // Each room is known to one reactor alone.
    await eventually(async () => assert.equal((await metrics(server)).stentor_local_rooms, rooms.length));
    const counted = await metrics(server);
    assert.equal(counted.stentor_upgrades_total, 6 * 12);
    assert.equal(counted.stentor_memberships, 6 * 12);
    await Promise.all(rooms.flat().map((client) => client.close()));
    await nobodyIsLeft(server);
    await eventually(async () => {
      const { stentor_accepted_total: accepted, stentor_closed_total: closed } = await metrics(server);
      assert.equal(accepted, closed + 1);
    });
    await server.stop();
  });
}

test('a large room has all reactors, and its places are free again when their holders have gone', async () => {
  const server = await start();
  const crowd = await members(server, 'agora', 300);
  assert.equal(await handedOver(server), handedOverOfAGroup);
  const here = await metricOfEach(server, 'stentor_memberships');
  assert.equal(here.length, reactors);
  assert.ok(here.every((count) => count >= 30), `members by reactor: ${here}`);
  for (let i = 0; i < 3; i += 1) await crowd[100 * i].say('agora', `${i}`);
  await hearInOrder(crowd, 3);
  await Promise.all(crowd.map((client) => client.close()));
  await nobodyIsLeft(server);

  const few = await members(server, 'agora', 20);
  const more = await handedOver(server) - handedOverOfAGroup;
  assert.ok(more > 0 && more <= 20, `${more} more were handed over`);
  await Promise.all(few.map((client) => client.drop()));
  await server.stop();
});

// What a client says at once: the request, and commands right behind it.
function conversation(room) {
  const commands = [
    { type: 'login', id: 'l' }, { type: 'join', id: 'j', room },
    ...['s1', 's2', 's3'].map((id) => ({ type: 'send', id, room, content: `of ${id} ${'x'.repeat(40)}` })),
    { type: 'history', id: 'h', room, after: 0 },
  ];
  return Buffer.concat([Buffer.from(upgradeRequest(pathFor(room))), ...commands.map(say)]);
}

// Each is answered, in order; an ack comes before its message.
async function answered(raw) {
  await raw.until((bytes) => bytes.includes('\r\n\r\n'));
  assert.match(raw.bytes.toString('latin1'), /^HTTP\/1\.1 101 /);
  raw.bytes = raw.bytes.subarray(raw.bytes.indexOf('\r\n\r\n') + 4);
  const said = [];
  while (!(said.some(({ id }) => id === 'h') && said.some(({ seq, type }) => type === 'message' && seq === 3))) {
    said.push(JSON.parse((await raw.frameOf(opcode.text)).payload));
  }
  const told = said.filter(({ type }) => type !== 'presence').map(({ type, id, seq }) => [type, id, seq].join(' ').trim());
  const [acks, messages] = ['ack', 'message'].map((type) => told.filter((text) => text.startsWith(`${type} `)));
  assert.deepEqual(acks, ['ack s1 1', 'ack s2 2', 'ack s3 3']);
  assert.deepEqual(messages, ['message  1', 'message  2', 'message  3']);
  acks.forEach((ack, i) => assert.ok(told.indexOf(ack) < told.indexOf(messages[i]), `${told}`));
  assert.deepEqual(told.filter((text) => !/^(ack|message) /.test(text)), ['welcome', 'logged_in l', 'joined j 0', 'history h 3']);
}

for (const [title, step, connect] of [
  ['ws', 3, (server) => RawSocket.connect(server)],
  ['wss', 11, (server) => connectTls(server.at(1))],
]) {
  test(`commands behind the request are answered in order, wherever the bytes are cut, ${title}`, async () => {
    const server = await start();
    const sockets = [];
    const talk = async (...cuts) => {
      const bytes = conversation(fresh('room'));
      const raw = await connect(server);
      sockets.push(raw);
      for (const [i, cut] of [0, ...cuts].entries()) await raw.write(bytes.subarray(cut, cuts[i]));
      await answered(raw);
    };
    const whole = conversation(fresh('room')).length;
    const at = Array.from({ length: Math.floor(whole / step) }, (_, i) => i * step);
    for (let i = 0; i < at.length; i += 50) await Promise.all(at.slice(i, i + 50).map((cut) => talk(cut)));
    await Promise.all(Array.from({ length: 12 }, () => talk()));
    await Promise.all(Array.from({ length: 6 }, () => talk(...Array.from({ length: whole }, (_, i) => i))));
    const handed = await handedOver(server);
    assert.ok(handed > 0 && handed < sockets.length, `${handed} of ${sockets.length}`);
    sockets.forEach((raw) => raw.destroy());
    await nobodyIsLeft(server);
    await server.stop();
  });
}

describe('a hint', () => {
  let server;
  before(async () => { server = await start(['--console', '--echo']); });
  after(() => server.stop());

  // So many that chance alone would have handed some over.
  const many = (visit) => Promise.all(Array.from({ length: 16 }, visit));
  const opened = async (path) => {
    const raw = await RawSocket.upgrade(server, path);
    await raw.write(say({ type: 'login', id: 'l' }));
    await raw.until((bytes) => bytes.includes('"logged_in"'));
    raw.destroy();
  };

  test('that is none is ignored', async () => {
    const none = [
      '', '=', '=%', '=%F', '=%FF', '=%00', '=%20', '=dm.x', '=DM.x', '=dm.u03f2b7715ce8d940.u8a41c09be2d75f13', '=a%0Ab',
      `=${'a'.repeat(65)}`, `=${'%C3%A4'.repeat(1100)}`, '&room=', '%00=a',
    ];
    for (const hint of none) await many(() => opened(`/ws?room${hint}`));
    for (const query of ['?', '?=a', '?rooms=a', '?ROOM=a', '?moor=a&&&']) {
      await many(() => opened(`/ws${query}`));
    }
    assert.equal(await handedOver(server), 0);
    // Too long for a request line, whatever it says.
    const raw = await RawSocket.connect(server);
    await raw.write(upgradeRequest(`/ws?room=${'a'.repeat(10_000)}`));
    await raw.until((bytes) => bytes.includes('HTTP/1.1 414 '));
    raw.destroy();
  });

  test('is not for other services and pages', async () => {
    await many(async () => {
      const raw = await RawSocket.upgrade(server, '/echo?room=lobby');
      await raw.write(frame({ payload: 'hello' }));
      assert.equal((await raw.frameOf(opcode.text)).payload.toString(), 'hello');
      raw.destroy();
    });
    await many(async () => {
      const answer = await fetch(`${server.http}/?room=lobby`, { headers: { connection: 'close' } });
      assert.deepEqual([answer.status, (await answer.text()).length > 100], [200, true]);
    });
    await many(async () => {
      const answer = await fetch(`${server.http}/ws?room=lobby`, { headers: { connection: 'close' } });
      assert.equal(answer.status, 426);
    });
    assert.equal(await handedOver(server), 0);
  });

  test('is one among other parameters, and the first of several', async () => {
    for (const path of ['/ws?a=b&room=lobby', '/ws?room=lobby&room=%FF', '/ws?room=g%C3%A4rten&&x']) {
      const before_ = await handedOver(server);
      await many(() => opened(path));
      assert.ok(await handedOver(server) > before_, path);
    }
  });

  test('is followed behind a page that was read, and not while its answer waits', async () => {
    const page = 'GET /?room=lobby HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const before_ = await handedOver(server);
    const upgraded = async (raw) => {
      await raw.until((bytes) => bytes.includes('HTTP/1.1 101 ') && bytes.includes('"welcome"'));
      assert.ok(raw.bytes.indexOf('HTTP/1.1 200 ') < raw.bytes.indexOf('HTTP/1.1 101 '));
      raw.destroy();
    };
    await many(async () => {
      const raw = await RawSocket.connect(server);
      await raw.write(page + upgradeRequest('/ws?room=lobby'));
      await upgraded(raw);
    });
    assert.equal(await handedOver(server), before_);
    await many(async () => {
      const raw = await RawSocket.connect(server);
      await raw.write(page);
      await raw.until((bytes) => bytes.includes('</html>'));
      await raw.write(upgradeRequest('/ws?room=lobby'));
      await upgraded(raw);
    });
    assert.ok(await handedOver(server) > before_);
  });

  test('does not hide who followed it: directs, resumption and a kick find him', async () => {
    const rooms = Array.from({ length: 12 }, () => fresh('room'));
    const people = await Promise.all(rooms.map((room, i) => arrive(server, room, { name: `person${i}` })));
    await Promise.all(people.map((one, i) => one.join(rooms[i])));
    for (const [i, one] of people.entries()) {
      const other = people[(i + 1) % people.length];
      assert.equal((await one.ask({ type: 'direct', to: other.name, content: `from ${i}` })).type, 'ack');
      assert.equal((await other.next(({ content }) => content === `from ${i}`)).from, one.name);
    }
    // Back with another hint, and in the old room again.
    await Promise.all(people.map(async (one, i) => {
      const position = { epoch: (await one.say(rooms[i], 'before')).epoch, seq: 0 };
      await one.drop();
      const again = await arrive(server, rooms[(i + 5) % rooms.length], { session: one.session });
      assert.equal(again.user, one.user);
      const { recovered, events } = await again.join(rooms[i], { since: position });
      assert.deepEqual([recovered, events.map(({ content }) => content)], [true, ['before']]);
      people[i] = again;
    }));
    for (const one of people) {
      server.child.stdin.write(`/kick ${one.name}\n`);
      assert.equal((await one.closed).code, 4403);
    }
    await nobodyIsLeft(server, 1);
  });
});
