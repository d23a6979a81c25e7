// Every case of every table, over ws and wss, written whole and byte by byte: each is a test of its own.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { loadCases } from './lib/cases.js';
import { Peer, upgradeRequest } from './lib/peer.js';
import { runCases } from './lib/runner.js';
import { startServer } from './lib/server.js';

const cases = await loadCases();
const tables = [...new Set(cases.map(({ table }) => table))];

// On the second back end half of it: the protocol is the same, and each way of reading is in it.
const ways = process.env.STENTOR_IO
  ? [['ws', 'whole'], ['wss', 'bytes']]
  : [['ws', 'whole'], ['ws', 'bytes'], ['wss', 'whole'], ['wss', 'bytes']];

for (const [scheme, mode] of ways) {
  describe(`${scheme}, ${mode}`, () => {
    let server;
    const failures = new Map();
    before(async () => {
      server = await startServer({ tls: scheme === 'wss' });
      // All at once, so that they take the time of the slowest; the tests below tell of each.
      await runCases(cases, server.targets[scheme], mode, (one, failure) => failures.set(one.name, failure));
    });
    after(() => server?.stop());
    for (const table of tables) {
      describe(table, () => {
        for (const one of cases.filter((it) => it.table === table)) {
          test(`${one.name} [RFC ${one.section}]`, () => assert.equal(failures.get(one.name), null));
        }
      });
    }
  });
}

test('beyond the limit of connections: 503 with Retry-After [RFC 9110 15.6.4]', async () => {
  const server = await startServer({ tls: false, flags: ['--max-connections', '1'] });
  const { ws } = server.targets;
  const first = await Peer.open(ws);
  await first.upgrade();
  const second = await Peer.open(ws);
  await second.send([upgradeRequest(ws)]);
  const { status, fields } = await second.answer();
  assert.equal(status, 503);
  assert.match(fields['retry-after'], /^[1-9]\d*$/);
  assert.match(fields.connection, /close/i);
  assert.deepEqual((await second.next()).type, 'end');
  first.destroy();
  second.destroy();
  await server.stop();
});

test('with --deflate off every offer is declined, and RSV1 is wrong [RFC 7692 5]', async () => {
  const server = await startServer({ tls: false, flags: ['--deflate', 'off'] });
  const some = cases.filter(({ name }) => name.startsWith('negotiation/declined, so RSV1') || name.startsWith('negotiation/400') || name.startsWith('negotiation/keeps to'));
  const failed = [];
  await runCases(some.map((one) => (one.offer ? { ...one, offer: 'permessage-deflate' } : one)), server.targets.ws, 'whole', (one, failure) => failure && failed.push([one.name, failure]));
  assert.deepEqual(failed, []);
  await server.stop();
});
