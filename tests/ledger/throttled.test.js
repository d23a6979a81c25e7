// A reader who is too slow for a hot room ends with the same log as the others, by paging its gaps, on the
// same connection; and it costs the server next to nothing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge } from './lib/judge.js';
import { Member } from './lib/member.js';
import { Server, later, readStore } from './lib/run.js';

const writers = 3;
const growthMax = 32 << 20;

function residentBytes(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/)[1]) * 1024;
}

// Until `check` holds.
async function eventually(check, what) {
  for (const until = Date.now() + 60_000; !check(); await later(20)) {
    assert.ok(Date.now() < until, `waited in vain for ${what()}`);
  }
}

test('a throttled reader in a hot room ends with the log of the others', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-throttled-'));
  const server = new Server(folder, { reactors: 2, durability: 'commit' });
  t.after(() => {
    server.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await server.start();
  const violations = [];
  const members = Array.from({ length: writers + 1 }, (_, i) => new Member({
    name: `m${i}`, room: 'hot', ledgerFile: join(folder, `m${i}`), padding: ` ${'x'.repeat(1000)}`,
    onViolation: (text) => violations.push(text),
  }));
  const slow = members.at(-1);
  members.forEach((member) => member.connect(server.url));
  await eventually(() => members.every((member) => member.live !== undefined), () => 'everybody to join');

  const burst = () => members.slice(0, writers).forEach((member) => { for (let i = 0; i < 20; i += 1) member.write(); });
  // Ready: buffers and caches are as large as they get with readers who keep up.
  for (let i = 0; i < 40; i += 1) { burst(); await later(20); }
  await eventually(() => members.every((member) => member.settled()), () => 'a quiet room');
  const before = residentBytes(server.child.pid);

  let most = 0;
  for (let i = 0; i < 300; i += 1) {
    if (i % 50 === 0) slow.socket.pause();
    if (i % 50 === 49) slow.socket.resume();
    burst();
    most = Math.max(most, residentBytes(server.child.pid));
    await later(20);
  }
  await eventually(() => members.every((member) => member.settled()), () => members.map((m) => `${m.contiguous} of ${m.live}, ${m.outbox.size} owed`).join('; '));

  assert.ok(slow.gaps > 0, 'it was not slow enough for a gap');
  assert.deepEqual(members.slice(0, writers).map(({ gaps }) => gaps), Array(writers).fill(0), 'others have gaps');
  assert.equal(slow.resumed, 0);
  assert.ok(most - before <= growthMax, `the server grew by ${((most - before) / 1048576).toFixed(1)} MiB`);
  members.forEach((member) => member.socket.terminate());
  assert.equal((await server.end('SIGTERM')).code, 0, server.stderr);
  violations.push(...judge({ room: 'hot', rows: readStore(server.file).rooms.get('hot'), members }));
  assert.deepEqual(violations, []);
  t.diagnostic(`${slow.gaps} gaps, ${members[0].contiguous} events, the server grew by ${((most - before) / 1048576).toFixed(1)} MiB`);
});
