// A Unix socket as a listener: the same HTTP and WebSocket, a file that comes and goes with the server.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { connectUnix, testFolder } from './support/connect.js';

const start = (path, more = {}) => startServer({ listen: [`unix:${path}`], ...more });

async function get(path) {
  const raw = await connectUnix(path);
  await raw.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await raw.end;
  raw.destroy();
  return raw.bytes.toString('latin1');
}

test('HTTP and WebSocket are served over it, and its file goes at the end', async () => {
  const path = join(testFolder(), 'chat.socket');
  const server = await start(path, { reactors: 2, flags: ['--acceptors', '3'] });
  assert.deepEqual(server.ports.listen, [`unix:${path}`]);
  assert.ok(server.stdout.includes(`chat at unix:${path}`));
  assert.match(await get(path), /^HTTP\/1\.1 200 /);
  // Whom the folder lets in may connect, whatever the umask was.
  assert.equal(lstatSync(path).mode & 0o777, 0o666);
  const clients = [await Client.login(server), await Client.login(server)];
  for (const client of clients) await client.join('room');
  await clients[0].say('room', 'over a file');
  assert.equal((await clients[1].next('message')).content, 'over a file');
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
  assert.equal(existsSync(path), false);
});

test('beside TCP it is one more listener, in the order of the flags', async () => {
  const path = join(testFolder(), 'chat.socket');
  const server = await startServer({ listen: ['127.0.0.1:0', `unix:${path}`] });
  assert.equal(server.ports.listen[1], `unix:${path}`);
  assert.match(await get(path), /^HTTP\/1\.1 200 /);
  assert.equal((await fetch(`${server.http}/`)).status, 200);
  await server.stop();
});

test('the file of a server that was killed is replaced; that of one that lives is in use', async () => {
  const path = join(testFolder(), 'chat.socket');
  const killed = await start(path);
  killed.child.kill('SIGKILL');
  await killed.exited;
  assert.ok(lstatSync(path).isSocket());
  const server = await start(path);
  const second = await run(['--listen', `unix:${path}`]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /chat\.socket is in use/);
  assert.match(await get(path), /^HTTP\/1\.1 200 /);
  await server.stop();
});

test('what is no socket is not touched', async () => {
  const path = join(testFolder(), 'precious');
  writeFileSync(path, 'text');
  const refused = await run(['--listen', `unix:${path}`]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /no socket/);
  assert.equal(readFileSync(path, 'utf8'), 'text');
});

test('a path that is too long is a mistake of the configuration', async () => {
  const long = await run(['--check-config', '--listen', `unix:/${'x'.repeat(107)}`]);
  assert.equal(long.code, 2);
  assert.match(long.stderr, /107 bytes/);
});
