// Above --memory-limit slow readers lose what waits for them, then nobody joins, then nobody connects; and all
// of it ends when there is room again.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, metrics, run, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket } from './support/raw.js';

const MiB = 1024 * 1024;

// A server with so much more than it has when nobody is there.
async function startWithRoom(bytes, options) {
  const idle = await startServer(options);
  const { stentor_memory_used_bytes: used, stentor_memory_limit_bytes: none } = await metrics(idle);
  assert.equal(none, 0);
  await idle.stop();
  const limit = `${Math.ceil((Math.max(used, 16 * MiB) + bytes) / 1024)}KiB`;
  return startServer({ ...options, flags: [...options.flags, '--memory-limit', limit] });
}

const level = async (server) => (await metrics(server)).stentor_memory_level;
const reaches = (server, wanted) => eventually(async () => assert.equal(await level(server), wanted));

test('slow readers in a hot room lose what waits for them, and who keeps up notices nothing', async () => {
  const server = await startWithRoom(32 * MiB, {
    reactors: 2,
    flags: ['--outbox-bytes', '64MiB', '--max-message-bytes', '1MiB', '--max-content', '65536', '--send-rate', '0'],
  });
  const writer = await Client.login(server);
  const fast = await Client.login(server);
  const slow = [await Client.login(server), await Client.login(server), await Client.login(server)];
  for (const client of [writer, fast, ...slow]) await client.join('hot');
  for (const client of slow) client.socket.pause();

  const text = '€'.repeat(65_000);
  const next = (client) => client.next((one) => one.type !== 'presence' && one.room === 'hot');
  const send = async (seq) => {
    assert.equal((await writer.say('hot', text)).seq, seq);
    for (const client of [writer, fast]) {
      const frame = await next(client);
      assert.deepEqual([frame.type, frame.seq, frame.content.length], ['message', seq, text.length]);
    }
  };
  let sent = 0;
  while ((await metrics(server)).stentor_memory_sheds_total < slow.length) {
    await send(sent += 1);
    assert.ok(sent < 2000, 'nothing is let go, whatever waits');
  }
  for (const client of slow) client.socket.resume();

  // Each of them is told what it missed, and the room is live for it again.
  for (const client of slow) {
    let seq = 0;
    for (;;) {
      const frame = await next(client);
      if (frame.type === 'gap') {
        assert.equal(frame.from, seq + 1);
        assert.ok(frame.to >= frame.from);
        break;
      }
      assert.equal(frame.seq, seq += 1);
    }
  }
  await reaches(server, 0);
  await send(sent += 1);
  for (const client of slow) await client.next((one) => one.type === 'message' && one.seq === sent);
  assert.match(server.stderr, /memory_pressure.*shedding[^]*memory_pressure.*none/);
  assert.equal((await metrics(server)).stentor_gapped_memberships, 0);
  await Promise.all([writer, fast, ...slow].map((client) => client.close()));
  await server.stop();
});

test('what cannot be let go keeps joins out, then connections, until it is gone', async () => {
  const server = await startWithRoom(24 * MiB, {
    reactors: 2, flags: ['--max-message-bytes', '16MiB', '--min-message-rate', '0', '--login-timeout', '10m'],
  });
  const inside = await Client.login(server);
  for (const room of ['room', 'abandoned']) {
    await inside.join(room);
    assert.equal((await inside.say(room, 'hello')).type, 'ack');
  }
  assert.equal((await inside.ask({ type: 'leave', room: 'abandoned' })).type, 'left');
  assert.equal((await metrics(server)).stentor_home_rooms, 2);
  // Messages that are begun and not finished.
  const begun = [];
  for (let i = 0; i < 4; i += 1) {
    const raw = await RawSocket.upgrade(server);
    const header = Buffer.alloc(14);
    header.set([0x82, 0xff]);
    header.writeBigUInt64BE(BigInt(15 * MiB), 2);
    header[0] = 0x81;
    raw.write(Buffer.concat([header, Buffer.alloc(14 * MiB, 'x')]));
    begun.push(raw);
  }
  await reaches(server, 3);
  await eventually(async () => assert.equal((await metrics(server)).stentor_home_rooms, 1));

  // Who is in goes on, in the rooms that it is in; others are told to come later.
  assert.equal((await inside.say('room', 'all is well')).type, 'ack');
  assert.equal((await inside.join('room')).type, 'joined');
  assert.equal((await inside.join('another')).code, 'unavailable');
  await assert.rejects(Client.login(server), /503/);
  const counted = await metrics(server);
  assert.ok(counted.stentor_memory_refusals_total >= 1);
  assert.ok(counted.stentor_acceptor_refused_for_memory_total >= 1);
  assert.ok(counted.stentor_memory_used_bytes > counted.stentor_memory_limit_bytes);

  for (const raw of begun) raw.destroy();
  await reaches(server, 0);
  assert.equal((await inside.join('another')).type, 'joined');
  const later = await Client.login(server);
  assert.equal((await later.join('room')).type, 'joined');
  await Promise.all([inside.close(), later.close()]);
  await server.stop();
});

test('a limit that would refuse everybody is an error at the start', async () => {
  const { code, stderr } = await run(['--memory-limit', '512', '--check-config']);
  assert.equal(code, 2);
  assert.match(stderr, /memory-limit.*the least is 16MiB/s);
});
