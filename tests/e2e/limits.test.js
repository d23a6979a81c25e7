// Too many of them: connections of one address, and more than there are descriptors.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually, metrics, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { connectFrom, connectTls, makeCertificate } from './support/connect.js';
import { RawSocket } from './support/raw.js';

const get = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

async function statusFrom(address, server) {
  const raw = await connectFrom(address, server);
  await raw.write(get);
  await raw.end;
  raw.destroy();
  return raw.bytes.toString('latin1').slice(9, 12);
}

test('an address over its limit gets 503, others get in, and so does it when one of its own has gone', async () => {
  const certificate = makeCertificate();
  const server = await startServer({
    reactors: 2, listen: ['127.0.0.1:0', 'tls:127.0.0.1:0'], flags: [...certificate.flags, '--max-connections-per-address', '3'],
  });
  const held = [];
  for (let i = 0; i < 3; i += 1) held.push(await connectFrom('127.1.0.1', server));
  assert.equal(await statusFrom('127.1.0.1', server), '503');
  assert.equal(await statusFrom('127.1.0.2', server), '426');
  // The limit is the address's, whatever it connects to; over TLS the answer is the end.
  await assert.rejects(connectTls(server.at(1), { localAddress: '127.1.0.1' }));
  (await connectTls(server.at(1), { localAddress: '127.1.0.2' })).destroy();
  const counted = await metrics(server);
  assert.equal(counted.stentor_acceptor_refused_per_address_total, 2);
  assert.ok(counted.stentor_limited_addresses >= 1);
  held.shift().destroy();
  await eventually(async () => assert.equal(await statusFrom('127.1.0.1', server), '426'));
  held.forEach((raw) => raw.destroy());
  await eventually(async () => assert.equal((await metrics(server)).stentor_limited_addresses, 0));
  await server.stop();
});

test('at the limit of descriptors nobody spins, and the door opens again when some are free', async () => {
  const server = await startServer({
    files: 80, flags: ['--max-connections', '1000', '--handshake-timeout', '10m'],
  });
  const inside = await Client.login(server);
  await inside.join('room');
  // More than there are descriptors: some are let go, some wait in the kernel.
  const crowd = [];
  for (let i = 0; i < 120; i += 1) crowd.push(await RawSocket.connect(server));
  const outOfFiles = () => eventually(() => assert.ok(crowd.some((raw) => raw.ended)));
  await outOfFiles();
  // Who is in is served.
  assert.equal((await inside.say('room', 'all is well')).type, 'ack');

  // Those who hold the descriptors leave; once the server has seen it, who comes is served.
  for (const raw of crowd) raw.destroy();
  const later = await eventually(() => Client.login(server));
  await later.join('room');
  await later.say('room', 'back again');
  assert.equal((await inside.next(({ content }) => content === 'back again')).type, 'message');
  const counted = await metrics(server);
  assert.ok(counted.stentor_acceptor_out_of_files_total > 0);
  // Each pause costs two wake-ups, each connection one at most, and the two acceptors some for themselves.
  const { stentor_acceptor_wakeups_total: woken, stentor_acceptor_back_offs_total: pauses } = counted;
  assert.ok(woken <= 2 * pauses + counted.stentor_acceptor_accepted_total + 20, `${woken} wake-ups, ${pauses} pauses`);
  await inside.close();
  await later.close();
  await server.stop();
});

test('over --send-rate nothing is lost or refused: it is answered in order, and not before the pace allows', async () => {
  const server = await startServer({ flags: ['--send-rate', '20'] });
  const client = await Client.login(server);
  await client.join('room');
  const ids = Array.from({ length: 60 }, () => randomUUID());
  for (const [i, id] of ids.entries()) client.send({ type: 'send', id, room: 'room', content: `text ${i}` });
  const acks = [];
  for (const id of ids) {
    const answer = await client.next((frame) => frame.type === 'ack' || frame.type === 'error');
    assert.equal(answer.type, 'ack');
    assert.equal(answer.id, id);
    acks.push(answer);
  }
  assert.deepEqual(acks.map(({ seq }) => seq), ids.map((_, i) => i + 1));
  // Forty at once, and one that finds the purse empty; each of the others waits for its twentieth of a second.
  for (let i = 41; i < acks.length; i += 1) {
    const waited = acks[i].at - acks[0].at;
    assert.ok(waited >= (i - 40) * 50 - 2, `answer ${i + 1} came after ${waited} ms`);
  }
  assert.ok((await metrics(server)).stentor_paced_sends_total >= 19);
  await client.close();
  await server.stop();
});
