// SIGHUP: certificate and key are read again, for new connections; nothing ends.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { eventually, metrics, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { certificatesToExchange, connectTls } from './support/connect.js';

// Whose certificate a new connection is shown.
async function served(server) {
  const raw = await connectTls(server);
  const name = raw.socket.getPeerCertificate().subject.CN;
  raw.destroy();
  return name;
}

async function logs(server, part) {
  await eventually(() => assert.ok(server.stderr.includes(part), server.stderr));
}

test('SIGHUP serves the new certificate, and who is connected stays', async () => {
  const { one, two, live, use } = certificatesToExchange();
  use(one);
  const server = await startServer({ reactors: 2, listen: ['tls:127.0.0.1:0'], flags: live.flags, logLevel: 'info' });
  assert.equal(await served(server), 'one');
  const client = await Client.open(server, '/ws', { ca: one.pem });
  await client.ask({ type: 'login' });
  await client.join('room');

  use(two);
  server.child.kill('SIGHUP');
  await logs(server, 'tls_reloaded');
  assert.equal(await served(server), 'two');
  await client.say('room', 'still here');
  assert.equal((await client.next('message')).content, 'still here');

  // A key that does not belong to the certificate, as in the middle of a renewal: nothing changes.
  copyFileSync(one.key, live.key);
  server.child.kill('SIGHUP');
  await logs(server, 'tls_reload_failed');
  assert.match(server.stderr, /error tls_reload_failed .*live\.key\.pem/);
  assert.equal(await served(server), 'two');
  writeFileSync(live.cert, 'nonsense');
  server.child.kill('SIGHUP');
  await eventually(async () => assert.equal((await metrics(server)).stentor_tls_reload_failures_total, 2));
  assert.equal(await served(server), 'two');
  assert.equal((await metrics(server)).stentor_tls_reloads_total, 1);

  use(one);
  server.child.kill('SIGHUP');
  await eventually(async () => assert.equal(await served(server), 'one'));
  await client.say('room', 'and here');
  await client.close();
  await server.stop();
});

test('SIGHUP without TLS is ignored', async () => {
  const server = await startServer({ logLevel: 'info' });
  const client = await Client.login(server);
  server.child.kill('SIGHUP');
  await logs(server, 'nothing_to_reload');
  await client.join('room');
  await client.close();
  await server.stop();
});

test('SIGHUP in the middle of a drain hurries nobody', async () => {
  const server = await startServer({ logLevel: 'info' });
  const client = await Client.login(server);
  server.child.kill('SIGTERM');
  server.child.kill('SIGHUP');
  await client.next('goodbye');
  server.child.kill('SIGHUP');
  assert.equal((await client.closed).code, 1012);
  assert.deepEqual(await server.exited, { code: 0, signal: null }, server.stderr);
});
