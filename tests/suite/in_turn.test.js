// Tests of bench/suite/in_turn.mjs: servers that are started more than once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { driveInTurn, orderIn } from '../../bench/suite/in_turn.mjs';
import { stentor } from '../../bench/suite/servers.mjs';
import { standIns } from './support/sample_run.js';

const row = { id: 'twice', path: 'chat', count: 'deliveries', load: [], starts: 2 };
const servers = [1, 2].map((reactors) =>
  stentor(join(standIns, 'stentor'), 'epoll', { name: `epoll, ${reactors}`, reactors }),
);
const core = () => [0];

async function driven(wanted, kept, more = {}) {
  const context = {
    bench: join(standIns, 'stentor-bench'),
    keep: (_, answer) => kept.push(answer),
    interrupted: () => false,
    ...more,
  };
  const slices = { slice_ms: 100, repetitions: 8 };
  return driveInTurn(context, row, wanted, core, core(), ['fanout'], slices, row.count);
}

// A row that is measured over several starts has the slices of all of them, and in each another server is first.
test('SlicesOfAllStartsAreOne', async () => {
  const kept = [];
  const { results } = await driven(servers, kept);
  const firsts = kept.map(({ targets }) => targets[0].name);
  assert.deepEqual(firsts, [servers[0].name, servers[1].name]);
  for (const [i, result] of results.entries()) {
    assert.equal(result.server, servers[i].name);
    const of = ({ name }) => name === result.server;
    const slices = kept.flatMap(({ targets }) => targets.find(of).slices);
    assert.equal(slices.length, 8);
    assert.deepEqual(
      result.values.rate,
      slices.map(({ deliveries, seconds }) => deliveries / seconds),
    );
  }
});

// Who does not start once has failed, and is not started again; the others are measured in all starts.
test('WhoFailedIsLeftOut', async () => {
  const kept = [];
  const broken = { ...servers[1], command: () => ['false'] };
  const { results } = await driven([servers[0], broken], kept);
  assert.deepEqual(
    results.map(({ state }) => state),
    ['measured', 'failed'],
  );
  assert.deepEqual(
    kept.map(({ targets }) => targets.length),
    [1, 1],
  );
  assert.equal(results[0].values.rate.length, 8);
});

// An interruption ends with the start at hand.
test('NoStartAfterAnInterruption', async () => {
  const kept = [];
  const { results } = await driven(servers, kept, { interrupted: () => true });
  assert.equal(kept.length, 1);
  assert.equal(results[0].values.rate.length, 4);
});

// Whatever the start, those that stand beside each other are driven so, and no two of four starts begin alike.
test('NeighboursStayNeighbours', () => {
  const four = ['a', 'b', 'c', 'd'];
  const orders = [0, 1, 2, 3].map((start) => orderIn(start, four).join(''));
  assert.deepEqual(orders, ['abcd', 'dcba', 'cdab', 'badc']);
});
