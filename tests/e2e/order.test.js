// The promise of a room: one order without a hole, the same for every member, whoever sends.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startServer } from './support/server.js';
import { Client } from './support/client.js';

const members = 200;
const senders = 20;
const each = 25;

for (const reactors of [1, 4]) {
  test(`${members} clients see one identical gapless order of what ${senders} send at once, ${reactors} reactor(s)`, async () => {
    const server = await startServer({ reactors, flags: ['--send-rate', '0'] });
    const clients = [];
    for (let i = 0; i < members; i += 1) clients.push(Client.login(server, `member-${i}`));
    const all = await Promise.all(clients);
    const joins = await Promise.all(all.map((client) => client.join('agora')));
    assert.ok(joins.every(({ type, epoch }) => type === 'joined' && epoch === joins[0].epoch));

    const acks = await Promise.all(all.slice(0, senders).map((client, who) => Promise.all(
      Array.from({ length: each }, (_, i) => client.say('agora', `${who}:${i}`, { id: `${who}:${i}` })),
    )));
    const total = senders * each;
    const seqs = acks.flat().map(({ seq }) => seq).sort((a, b) => a - b);
    assert.deepEqual(seqs, Array.from({ length: total }, (_, i) => i + 1));

    const seen = await Promise.all(all.map(async (client) => {
      const lines = [];
      while (lines.length < total) {
        const { seq, content } = await client.next('message', 60_000);
        assert.equal(seq, lines.length + 1);
        lines.push(content);
      }
      return lines.join('\n');
    }));
    assert.equal(new Set(seen).size, 1);
    // The acks name the places that the room saw, and each sender's own order is kept.
    const lines = seen[0].split('\n');
    acks.forEach((mine, who) => {
      mine.forEach(({ seq }, i) => assert.equal(lines[seq - 1], `${who}:${i}`));
      assert.ok(mine.every(({ seq }, i) => i === 0 || seq > mine[i - 1].seq));
    });
    assert.ok(all.every((client) => !client.frames.some(({ type }) => ['message', 'gap', 'error'].includes(type))));

    await Promise.all(all.map((client) => client.close()));
    await server.stop();
  });
}
