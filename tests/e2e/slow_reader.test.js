// A reader who does not keep up loses no room and no connection: it gets a gap and pages what it missed.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, metrics, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { frame } from './support/raw.js';

for (const reactors of [1, 4]) {
  test(`a slow reader gets a gap and pages it; others and other rooms go on, ${reactors} reactor(s)`, async () => {
    const server = await startServer({ reactors, flags: ['--outbox-bytes', '128KiB', '--send-rate', '0'] });
    const writer = await Client.login(server, 'writer');
    const reader = await Client.login(server, 'reader');
    const slow = await Client.login(server, 'slow');
    const { epoch } = await writer.join('busy');
    for (const client of [writer, reader, slow]) {
      if (client !== writer) await client.join('busy');
      await client.join('calm');
    }

    // The kernel's buffers fill first, then the outbox, then the room goes into gap mode.
    slow.socket.pause();
    const text = 'x'.repeat(4000);
    let sent = 0;
    const gapped = async () => (await metrics(server)).stentor_gapped_memberships;
    while (await gapped() === 0) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => writer.say('busy', `${sent + i + 1} ${text}`)));
      // The one that reads gets everything; waiting for it keeps less under way than an outbox holds.
      for (let i = 1; i <= 20; i += 1) {
        assert.equal((await reader.next((one) => one.type !== 'presence' && one.room === 'busy')).seq, sent + i);
      }
      sent += 20;
      assert.ok(sent < 20_000, 'no gap, whatever is sent');
    }
    await writer.say('calm', 'still here');
    slow.socket.resume();

    // What is live, in order, with the gap where something was let go; then the gap is paged.
    const seen = new Map();
    const gaps = [];
    while (seen.size < sent) {
      const frame = await slow.next((one) => ['message', 'gap'].includes(one.type) && one.room === 'busy');
      if (frame.type === 'message') {
        seen.set(frame.seq, frame.content);
        continue;
      }
      assert.equal(frame.epoch, epoch);
      assert.ok(frame.from <= frame.to);
      gaps.push(frame);
      let after = frame.from - 1;
      while (after < frame.to) {
        const page = await slow.ask({ type: 'history', room: 'busy', after, before: frame.to + 1 });
        if (page.events.length === 0 || page.first > after + 1) {
          // Older than what a memory room keeps: that is said by `first`, not hidden.
          assert.ok(page.first > after + 1);
          for (let seq = after + 1; seq < page.first; seq += 1) seen.set(seq, null);
          after = page.first - 1;
          if (page.events.length === 0) continue;
        }
        for (const event of page.events) {
          assert.equal(seen.has(event.seq), false, `${event.seq} twice`);
          seen.set(event.seq, event.content);
        }
        after = page.events.at(-1).seq;
      }
    }
    assert.ok(gaps.length > 0);
    for (let seq = 1; seq <= sent; seq += 1) {
      assert.ok(seen.has(seq), `${seq} is missing`);
      if (seen.get(seq) !== null) assert.ok(seen.get(seq).startsWith(`${seq} `));
    }
    assert.equal((await slow.next((one) => one.type === 'message' && one.room === 'calm')).content, 'still here');

    // Nobody else had a gap; and the slow one is live again.
    assert.ok(!reader.frames.some(({ type }) => type === 'gap'));
    await writer.say('busy', 'live again');
    assert.equal((await slow.next((one) => one.type === 'message' && one.seq === sent + 1)).content, 'live again');
    await eventually(async () => assert.equal(await gapped(), 0));
    await Promise.all([writer.close(), reader.close(), slow.close()]);
    await server.stop();
  });
}

// Forty bytes ask for 128 KiB: what fits one read of the server must not become megabytes in its outbox.
for (const [reactors, command] of [[1, { type: 'history', limit: 100 }], [4, { type: 'join', history: 100 }]]) {
  test(`who asks for pages and reads none is owed two at most, ${command.type}, ${reactors} reactor(s)`, async () => {
    const server = await startServer({ reactors, flags: ['--send-rate', '0'] });
    const client = await Client.login(server);
    await client.join('busy');
    for (let i = 0; i < 60; i += 1) await client.say('busy', 'x'.repeat(4000));

    client.socket.pause();
    const ids = Array.from({ length: 200 }, (_, i) => `page-${i}`);
    const commands = ids.map((id) => frame({ payload: JSON.stringify({ ...command, id, room: 'busy' }) }));
    client.socket._socket.write(Buffer.concat(commands));
    let most = 0;
    await eventually(async () => {
      const now = await metrics(server);
      most = Math.max(most, now.stentor_outbox_bytes);
      assert.equal(now.stentor_paused_connections, 1);
      assert.ok(now.stentor_outbox_bytes > 0, 'the kernel takes all of it');
    });
    assert.ok(most < 1024 * 1024, `${most} bytes wait for one connection`);

    // Nothing is lost by it: every command is answered, in order.
    client.socket.resume();
    for (const id of ids) {
      const answer = await client.next((one) => one.id?.startsWith('page-'));
      assert.equal(answer.id, id);
      assert.ok(answer.events.length > 20);
    }
    await client.close();
    await server.stop();
  });
}

test('a reader that reads nothing at all is reset after --stall-timeout', async () => {
  const server = await startServer({ flags: ['--outbox-bytes', '16KiB', '--send-rate', '0', '--stall-timeout', '500ms', '--login-timeout', '60s'] });
  const writer = await Client.login(server);
  const stuck = await Client.login(server);
  await writer.join('busy');
  await stuck.join('busy');
  stuck.socket.pause();
  const stalled = async () => (await metrics(server)).stentor_stalled_total;
  while (await stalled() === 0) {
    await Promise.all(Array.from({ length: 50 }, () => writer.say('busy', 'x'.repeat(4000))));
  }
  stuck.socket.resume();
  assert.equal((await stuck.closed).code, 1006);
  await writer.close();
  await server.stop();
});
