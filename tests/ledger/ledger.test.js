// Nothing that was acknowledged is lost, twice or out of order, however often the server is killed; a few
// kills here, a hundred by scripts/ledger.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { run } from './lib/run.js';

for (const durability of ['commit', 'fsync']) {
  test(`kill -9 under load loses nothing that was acknowledged (${durability})`, async () => {
    const result = await run({ kills: 4, rate: 500, durability, seed: 11 });
    assert.deepEqual(result.violations, []);
    assert.ok(result.acked > 100, `only ${result.acked} acknowledged`);
    assert.ok(result.resumed >= 4, `only ${result.resumed} resumed`);
  });
}
