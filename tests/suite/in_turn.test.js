// Tests of bench/suite/in_turn.mjs: servers that are started more than once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { driveInTurn, orderIn, startsOf } from '../../bench/suite/in_turn.mjs';
import { rows } from '../../bench/suite/rows.mjs';
import { bare, stentor } from '../../bench/suite/servers.mjs';
import { standIns } from './support/sample_run.js';

const row = { id: 'twice', path: 'chat', count: 'deliveries', load: [], starts: 2 };
const servers = [1, 2].map((reactors) =>
  stentor(join(standIns, 'stentor'), 'epoll', { name: `epoll, ${reactors}`, reactors }),
);
const core = () => [0];

async function driven(wanted, kept, more = {}, of = {}, flags = ['fanout']) {
  const context = {
    bench: join(standIns, 'stentor-bench'),
    keep: (_, answer) => kept.push(answer),
    interrupted: () => false,
    ...more,
  };
  const slices = { slice_ms: 100, repetitions: 8 };
  return driveInTurn(context, { ...row, ...of }, wanted, core, core(), flags, slices, row.count);
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

// A yardstick stands first in every start, and is in no result.
const yardstick = bare(join(standIns, 'stentor-limit'), 'epoll', { name: 'yardstick' });
test('AYardstickStandsFirstInEveryStart', async () => {
  const kept = [];
  const of = { yardstick, work: 'burst' };
  const { results } = await driven(servers, kept, {}, of, ['fanout', '--share', 0.5]);
  const orders = kept.map(({ targets }) => targets.map(({ name }) => name));
  const names = servers.map(({ name }) => name);
  assert.deepEqual(orders, [
    ['yardstick', ...names],
    ['yardstick', ...[...names].reverse()],
  ]);
  assert.deepEqual(
    results.map(({ server }) => server),
    names,
  );
  assert.ok(results[0].metrics.offered.median > 0);
});

// Without its yardstick a row says why it could not be measured, and measures nothing.
test('WithoutItsYardstickNothingIsMeasured', async () => {
  const kept = [];
  const broken = { ...yardstick, command: () => ['false'] };
  await assert.rejects(driven(servers, kept, {}, { yardstick: broken }), /yardstick ended with code 1/);
  assert.deepEqual(kept, []);
});

// A latency row has one distribution, of all starts.
test('ADistributionIsOfAllStarts', async () => {
  const kept = [];
  const { results } = await driven(servers, kept, {}, { latency: true });
  const { distribution } = results[0];
  assert.ok(distribution.length > 1 && distribution.length <= 61);
  assert.ok(distribution.every(([, quantile], i) => i === 0 || quantile >= distribution[i - 1][1]));
});

// What is compared in pairs is compared over four starts; a row says only what differs.
test('PairsHaveFourStartsUnlessTheirRowSaysOtherwise', () => {
  assert.equal(startsOf({ kind: 'paired' }), 4);
  assert.equal(startsOf({ kind: 'paired', starts: 2 }), 2);
  assert.equal(startsOf({ kind: 'sweep' }), 1);
  for (const { id, kind, starts } of rows) assert.notEqual(starts, startsOf({ kind }), id);
});
