// A full disk refuses messages and nothing else, and is over when there is space again. In a mount namespace
// of its own, on a small tmpfs; skipped where that is not allowed.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, program } from './support/server.js';
import { Client } from './support/client.js';

const allowed = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

// The disk as the server sees it, reached through /proc.
async function startOnSmallDisk(t, size) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-disk-'));
  const ports = join(folder, 'ports.json');
  const script = `mount -t tmpfs -o size=${size} none /mnt && exec "$@"`;
  const child = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', program, '--listen', '127.0.0.1:0', '--ports-file', ports,
    '--store', 'sqlite:/mnt/rooms.db', '--reactors', '1', '--send-rate', '0', '--log-level', 'warning'],
  { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const server = { child, stderr: '', disk: `/proc/${child.pid}/root/mnt` };
  child.stderr.setEncoding('utf8').on('data', (text) => { server.stderr += text; });
  server.exited = new Promise((done) => { child.on('close', (code) => done(code)); });
  await new Promise((ready, fail) => {
    child.stdout.once('data', ready);
    child.on('close', () => fail(new Error(`the server ended: ${server.stderr}`)));
  });
  server.ws = `ws://${JSON.parse(readFileSync(ports, 'utf8')).listen[0]}`;
  return server;
}

test('a full disk refuses messages and nothing else', { skip: !allowed && 'no mount namespaces here' }, async (t) => {
  const server = await startOnSmallDisk(t, '8m');
  const ann = await Client.login(server, 'ann');
  await ann.join('lobby');
  assert.equal((await ann.say('lobby', 'before')).seq, 1);

  const filler = `${server.disk}/filler`;
  try {
    writeFileSync(filler, Buffer.alloc(64 << 20));
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
  const refused = [];
  const accepted = [];
  for (let i = 0; refused.length < 5; i += 1) {
    const answer = await ann.say('lobby', 'x'.repeat(4000), { id: `full-${i}` });
    (answer.type === 'ack' ? accepted : refused).push(answer);
    assert.ok(i < 3000, 'the disk does not fill');
  }
  assert.deepEqual(new Set(refused.map(({ code }) => code)), new Set(['not_stored']));
  // Who is there, who comes, what was said: all goes on.
  const bob = await Client.login(server, 'bob');
  const joined = await bob.join('lobby', { history: 1 });
  assert.equal(joined.seq, 1 + accepted.length);
  assert.equal((await bob.ask({ type: 'ping' })).type, 'pong');

  unlinkSync(filler);
  const seq = await eventually(async () => {
    const answer = await ann.say('lobby', 'after');
    assert.equal(answer.type, 'ack', JSON.stringify(answer));
    return answer.seq;
  });
  assert.equal(seq, 2 + accepted.length, 'a refused message leaves no hole');
  assert.equal((await bob.next((frame) => frame.type === 'message' && frame.content === 'after')).seq, seq);
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0, server.stderr);
});
