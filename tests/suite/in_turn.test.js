// Tests of bench/suite/in_turn.mjs: servers that are started more than once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { driveInTurn, startsOf } from '../../bench/suite/in_turn.mjs';
import { stentor } from '../../bench/suite/servers.mjs';
import { standIns } from './support/sample_run.js';

const row = { id: 'twice', path: 'chat', count: 'deliveries', load: [], starts: 2 };
const contextOf = (repetitions, kept) => ({
  settings: { repetitions },
  bench: join(standIns, 'stentor-bench'),
  keep: (_, answer) => kept.push(answer),
});

// A row that is measured over several starts has the slices of all of them, and in each another server is first.
test('SlicesOfAllStartsAreOne', async () => {
  const kept = [];
  const servers = [1, 2].map((reactors) =>
    stentor(join(standIns, 'stentor'), 'epoll', { name: `epoll, ${reactors}`, reactors }),
  );
  const { results } = await driveInTurn(
    contextOf(9, kept),
    row,
    servers,
    () => [0],
    [0],
    ['fanout', '--repetitions', 4],
    1000,
    row.count,
  );
  const firsts = kept.map(({ targets }) => targets[0].name);
  assert.deepEqual(firsts, [servers[0].name, servers[1].name]);
  for (const [i, result] of results.entries()) {
    assert.equal(result.server, servers[i].name);
    const seen = kept.flatMap(({ targets }) =>
      targets.find(({ name }) => name === result.server).slices.map(({ deliveries }) => deliveries),
    );
    assert.equal(seen.length, 8);
    assert.equal(result.integrity.deliveries, seen.reduce((sum, count) => sum + count));
    assert.equal(result.values.rate.length, 8);
  }
});

// There is no start without a repetition.
test('NoMoreStartsThanRepetitions', () => {
  assert.equal(startsOf(contextOf(9), row), 2);
  assert.equal(startsOf(contextOf(1), row), 1);
  assert.equal(startsOf(contextOf(9), {}), 1);
});
