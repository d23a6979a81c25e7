// Storms of connections that are handed over: nothing that was promised is lost, nobody waits for ever, and
// nothing is left of those who died on the way.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Dice } from '../web/support/dice.js';
import { DurableServer } from './support/durable.js';
import { eventually, gaugesThatReturn, metrics, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { certificatesToExchange, connectFrom, connectTls, makeCertificate } from './support/connect.js';
import { RawSocket, frame, opcode, upgradeRequest } from './support/raw.js';

const seed = Number(process.env.STENTOR_SEED ?? 20_261_122);
const say = (command) => frame({ payload: JSON.stringify(command) });
const request = (room) => Buffer.from(upgradeRequest(`/ws?room=${room}`));
const login = say({ type: 'login', id: 'l' });
const join = (room) => say({ type: 'join', id: 'j', room });
const word = (room, id = undefined) => say({ type: 'send', id, room, content: 'a word' });

const allArrived = (server) => eventually(async () => {
  const counted = await metrics(server);
  assert.equal(counted.stentor_taken_up_total, counted.stentor_handed_over_total);
  return counted.stentor_handed_over_total;
});

// As many at once, each again and again until it returns false.
const storm = (width, one) => Promise.all(Array.from({ length: width }, async () => {
  while (await one() !== false);
}));

test('an address has exactly the places that it has, wherever its connections are', async () => {
  const limit = 9;
  const server = await startServer({ reactors: 3, flags: ['--max-connections-per-address', String(limit)] });
  const address = '127.1.0.1';
  const enter = async (room) => {
    const raw = await connectFrom(address, server);
    await raw.write(request(room)).catch(() => {});
    await raw.until((bytes) => bytes.includes('\r\n\r\n'));
    const status = raw.bytes.toString('latin1', 9, 12);
    if (status !== '101') raw.destroy();
    return { raw, status };
  };
  const inside = [];
  for (let i = 0; i < 40; i += 1) {
    // Who has left is noticed a little later.
    const { raw } = await eventually(async () => {
      const got = await enter(`room${i % 7}`);
      assert.equal(got.status, '101');
      return got;
    });
    inside.push(raw);
    if (inside.length < limit) continue;
    assert.equal((await enter('room0')).status, '503');
    inside.splice(i % limit, 1)[0].reset();
  }
  assert.ok(await allArrived(server) > 0);
  inside.forEach((raw) => raw.reset());
  await eventually(async () => assert.equal((await metrics(server)).stentor_limited_addresses, 0));
  await server.stop();
});

// The socket below TLS is one that can be reset.
async function resettableTls(server) {
  const below = (await RawSocket.connect(server)).socket;
  below.removeAllListeners('data');
  return Object.assign(await connectTls(server, { socket: below }), { reset: () => below.resetAndDestroy() });
}

// What a hostile client does with a connection that named a room.
const deaths = {
  'resets behind the request': async (raw, room) => raw.write(request(room)),
  'resets in the middle of the request': async (raw, room, dice) => {
    const bytes = request(room);
    return raw.write(bytes.subarray(0, dice.below(bytes.length)));
  },
  'resets in the middle of a frame': async (raw, room, dice) =>
    raw.write(Buffer.concat([request(room), login.subarray(0, 1 + dice.below(login.length - 1))])),
  'resets in the middle of a large frame': async (raw, room, dice) => {
    const large = frame({ payload: 'x'.repeat(60_000) });
    return raw.write(Buffer.concat([request(room), login, large.subarray(0, dice.below(large.length))]));
  },
  'says all and waits for nothing': async (raw, room) =>
    raw.write(Buffer.concat([request(room), login, join(room), ...Array.from({ length: 20 }, () => word(room))])),
  'says nonsense behind the request': async (raw, room, dice) =>
    raw.write(Buffer.concat([request(room), Buffer.from(Array.from({ length: 200 }, () => dice.below(256)))])),
  'asks twice': async (raw, room) => raw.write(Buffer.concat([request(room), request(`${room}x`)])),
  'sends more than a ring': async (raw, room) =>
    raw.write(Buffer.concat([request(room), login, ...Array.from({ length: 5 }, () => frame({ payload: 'x'.repeat(60_000) }))])),
  'stays for the answer': async (raw, room) => {
    await raw.write(Buffer.concat([request(room), login, join(room)]));
    await raw.until((bytes) => bytes.includes('"type":"joined"'));
  },
};

for (const [title, listen, connect] of [
  ['ws', '127.0.0.1:0', (server) => RawSocket.connect(server)],
  ['wss', 'tls:127.0.0.1:0', resettableTls],
]) {
  test(`floods of clients who die on the way leave nothing behind, ${title} (seed ${seed})`, async () => {
    const dice = new Dice(seed);
    const certificate = makeCertificate();
    const server = await startServer({
      reactors: 3, listen: [listen], flags: [...certificate.flags, '--name-hold', '0s', '--send-rate', '0', '--join-rate', '0'],
    });
    const honest = await Client.open(server, '/ws?room=agora', { ca: certificate.pem });
    await honest.ask({ type: 'login' });
    await honest.join('agora');
    const idle = await eventually(async () => {
      const gauges = await gaugesThatReturn(server);
      assert.deepEqual([gauges.stentor_connections, gauges.stentor_sessions], [2, 1]);
      return gauges;
    });
    let left = 600;
    await storm(24, async () => {
      if (left === 0) return false;
      const turn = left -= 1;
      // A few rooms that fill, and always new ones; nobody says anything where the honest one listens.
      const room = dice.next() < 0.5 ? `room${dice.below(4)}` : `new${turn}`;
      const die = dice.one([(raw) => raw.reset(), (raw) => raw.destroy(), (raw) => raw.socket.end()]);
      const raw = await connect(server);
      await Promise.race([dice.one(Object.values(deaths))(raw, room, dice), raw.end]);
      die(raw);
      raw.socket.resume();
      if (turn % 50 === 0) assert.equal((await honest.say('agora', `${turn}`)).type, 'ack');
      return true;
    });
    assert.ok(await allArrived(server) > 0);
    await eventually(async () => {
      const gauges = await gaugesThatReturn(server);
      for (const name of ['connections', 'shard_connections', 'sessions', 'rings_lent', 'outbox_bytes', 'memberships', 'local_rooms', 'backward_steps', 'inflaters']) {
        assert.equal(gauges[`stentor_${name}`], idle[`stentor_${name}`], name);
      }
      const counted = await metrics(server);
      assert.equal(counted.stentor_closed_total, counted.stentor_accepted_total - 2);
    }, 40);
    assert.equal(honest.frames.filter(({ type }) => type === 'message').length, 12);
    await honest.close();
    await server.stop();
  });
}

test('SIGTERM in a storm: who was let in is told goodbye, the others end, and so does the server', async () => {
  for (let round = 0; round < 3; round += 1) {
    const server = await startServer({ reactors: 3, flags: ['--send-rate', '0', '--join-rate', '0'] });
    const dice = new Dice(seed + round);
    const sockets = [];
    const raging = storm(12, async () => {
      const raw = await RawSocket.connect(server).catch(() => null);
      if (raw === null) return false;
      sockets.push(raw);
      const room = `room${dice.below(8)}`;
      await raw.write(Buffer.concat([request(room), login, join(room), word(room)]));
      return !raw.ended;
    });
    await eventually(() => assert.ok(sockets.length > 100 + 50 * round));
    server.child.kill('SIGTERM');
    await raging;
    await Promise.all(sockets.map(({ end }) => end));
    assert.deepEqual(await server.exited, { code: 0, signal: null }, server.stderr);
    assert.doesNotMatch(server.stderr, /Sanitizer|runtime error|check failed/i);
    let told = 0;
    for (const raw of sockets.filter(({ bytes }) => bytes.length > 0)) {
      const text = raw.bytes.toString('latin1');
      assert.match(text, /^HTTP\/1\.1 101 /);
      raw.bytes = raw.bytes.subarray(raw.bytes.indexOf('\r\n\r\n') + 4);
      assert.equal(await raw.closeCode(), 1012, text.slice(-300));
      assert.match(text, /"type":"goodbye"/);
      told += 1;
    }
    assert.ok(told > 0);
    sockets.forEach((raw) => raw.destroy());
  }
});

test('kill -9 in a storm loses nothing that was acknowledged', async (t) => {
  const durable = new DurableServer(t, { reactors: 3, flags: ['--send-rate', '0'] });
  const dice = new Dice(seed);
  const acked = new Map();  // id -> [room, seq]
  const rooms = Array.from({ length: 5 }, (_, i) => `room${i}`);
  let server = await durable.start();
  let ids = 0;
  for (let round = 1; round <= 3; round += 1) {
    const raging = storm(10, async () => {
      const room = dice.one(rooms);
      const raw = await RawSocket.connect(server).catch(() => null);
      if (raw === null) return false;
      const sent = Array.from({ length: 4 }, () => `id-${ids += 1}`);
      await raw.write(Buffer.concat([request(room), login, join(room), ...sent.map((id) => word(room, id))]));
      try {
        await raw.until((bytes) => bytes.includes('\r\n\r\n'));
        raw.bytes = raw.bytes.subarray(raw.bytes.indexOf('\r\n\r\n') + 4);
        while (!acked.has(sent.at(-1))) {
          const { payload } = await raw.frameOf(opcode.text);
          const told = JSON.parse(payload);
          if (told.type === 'ack') acked.set(told.id, [room, told.seq]);
        }
      } catch {
        return false;  // the server ended
      }
      raw.destroy();
      return true;
    });
    await eventually(() => assert.ok(acked.size > 150 * round));
    server = await durable.killAndStart();
    await raging;
  }
  const reader = await Client.login(server);
  for (const room of rooms) {
    await reader.join(room);
    const stored = new Map();
    for (let after = 0; ;) {
      const page = await reader.ask({ type: 'history', room, after });
      page.events.forEach(({ client_id: id, seq }) => stored.set(id, seq));
      if (!page.more) break;
      after = page.events.at(-1).seq;
    }
    assert.equal(stored.size, Math.max(0, ...stored.values()));  // 1, 2, 3, …
    for (const [id, [where, seq]] of acked) {
      if (where === room) assert.equal(stored.get(id), seq, `${id} in ${room}`);
    }
  }
  await reader.close();
  await server.stop();
});

test('certificates are exchanged in a storm, and each session keeps its own', async () => {
  const { one, two, live, use } = certificatesToExchange();
  use(one);
  const server = await startServer({ reactors: 3, listen: ['tls:127.0.0.1:0'], flags: [...live.flags, '--send-rate', '0', '--join-rate', '0'] });
  const seen = new Set();
  let reloads = 0;
  let left = 200;
  const members = [];
  await storm(8, async () => {
    if (left === 0) return false;
    const turn = left -= 1;
    if (turn % 20 === 0) {
      use(turn % 40 === 0 ? one : two);
      server.child.kill('SIGHUP');
      reloads += 1;
    }
    const room = `room${turn % 6}`;
    const raw = await connectTls(server);
    seen.add(raw.socket.getPeerCertificate().subject.CN);
    await raw.write(request(room));
    await raw.write(Buffer.concat([login, join(room)]));
    await raw.until((bytes) => bytes.includes('"type":"joined"'));
    members.push(raw);
    return true;
  });
  assert.ok(await allArrived(server) > 0);
  assert.deepEqual([...seen].sort(), ['one', 'two']);
  assert.ok(reloads > 5);
  // Whoever came before and after is still there.
  const listening = members.filter(({ bytes }) => bytes.includes('"room":"room5"'));
  await listening[0].write(word('room5'));
  await Promise.all(listening.map((raw) => raw.until((bytes) => bytes.includes('a word'))));
  members.forEach((raw) => raw.destroy());
  await eventually(async () => assert.equal((await metrics(server)).stentor_connections, 1));
  await server.stop();
});
