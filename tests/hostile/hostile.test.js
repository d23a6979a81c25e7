// A slice of scripts/hostile: some thousand malformed connections, each with the outcome that the oracle
// names, beside decent clients who notice nothing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import { run } from './rig/run.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = resolve(root, process.env.STENTOR_BIN ?? 'build/release/stentor');

async function slice(seed, count) {
  const totals = await run({ program, count, seed, workers: 1, slots: 60 });
  assert.deepEqual(totals.failures.map(({ seed: one, why }) => `${one}: ${why}`), [], `seed ${seed}; scripts/hostile --replay SEED plays one again`);
  assert.equal(totals.done, count);
  assert.ok(totals.healthy.received > 0 && totals.healthy.echoes > 0);
}

// A smaller one on the second back end.
const known = process.env.STENTOR_IO ? 3000 : 12000;
test(`${known} malformed connections of a known seed end as the oracle says, and decent clients notice nothing`, () => slice('00000000000000a5', known));
test('4,000 malformed connections that nobody has seen before do, too', () => slice(randomBytes(8).toString('hex'), 4000));
