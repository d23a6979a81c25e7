// Tests of bench/suite/stats.mjs and bench/suite/figures.mjs.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as figures from '../../bench/suite/figures.mjs';
import { integrityOf, isIntact, median, mergedDistribution, quotients, series, spread } from '../../bench/suite/stats.mjs';

// A share is the median of the quotients of each repetition, not the quotient of the medians.
test('ASharePairsRepetitionsBeforeItTakesTheMedian', () => {
  const fast = [100, 10, 50];
  const slow = [200, 20, 100];
  assert.equal(quotients(fast, slow).median, 0.5);
  assert.deepEqual(quotients([100, 90], [10, 100]), { median: 5.45, min: 0.9, max: 10, count: 2 });
});

// A repetition that one side lacks changes no share.
test('ARepetitionThatOneSideLacksIsLeftOut', () => {
  assert.equal(quotients([1, NaN, 3], [2, 2, 6]).count, 2);
  assert.equal(quotients([1, 2, 3], [2]).count, 1);
  assert.equal(quotients([1, 2], [0, 0]), null);
});

// The median lies in the middle, whatever the order.
test('TheMedianDoesNotDependOnOrder', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.deepEqual(spread([3, NaN, 1, 2]), { median: 2, min: 1, max: 3, count: 3 });
  assert.equal(spread([]), null);
});

// Distributions are merged by how much each has seen, and stay rising up to 1.
test('DistributionsAreMergedByTheirCounts', () => {
  const one = { steps: [[10, 0.5], [20, 1]], count: 300 };
  const other = { steps: [[15, 0.5], [40, 1]], count: 100 };
  assert.deepEqual(mergedDistribution([one, other]), [
    [10, 0.375],
    [15, 0.5],
    [20, 0.875],
    [40, 1],
  ]);
  assert.deepEqual(mergedDistribution([one]), one.steps);
  assert.deepEqual(mergedDistribution([]), []);
});

// A clock that saw no time gives no rate, rather than an infinite one.
test('NoTimeGivesNoRate', () => {
  assert.deepEqual(series([{ deliveries: 5, cpu_seconds: 0 }], 'per_cpu_second', 'deliveries'), [NaN]);
  assert.deepEqual(series([{ deliveries: 6, cpu_seconds: 2 }], 'per_cpu_second', 'deliveries'), [3]);
});

// One lost message of one slice is a fault of the whole.
test('OneFaultInOneSliceIsSeen', () => {
  assert.equal(
    isIntact(
      integrityOf([
        { messages: 1, lost: 0 },
        { messages: 1, lost: 0 },
      ]),
    ),
    true,
  );
  assert.equal(
    isIntact(
      integrityOf([
        { messages: 1, lost: 0 },
        { messages: 1, lost: 1 },
      ]),
    ),
    false,
  );
  assert.equal(integrityOf([{ messages: 1 }, { messages: 2 }]).messages, 3);
});

// Figures have three digits and the unit that fits, also where rounding reaches the next unit.
test('FiguresHaveThreeDigitsAndTheUnitThatFits', () => {
  assert.equal(figures.count(268_123), '268 k');
  assert.equal(figures.count(999_999), '1.00 M');
  assert.equal(figures.nanoseconds(12_540_000), '12.5 ms');
  assert.equal(figures.nanoseconds(6.5), '6.50 ns');
  assert.equal(figures.bytes(761), '761 B');
  assert.equal(figures.bytes(64 * 1048576), '64.0 MiB');
  assert.equal(figures.count(NaN), 'n/a');
  assert.equal(figures.range({ min: 1.2e6, max: 1.3e6 }, 'count'), '1.20 – 1.30 M');
  assert.equal(figures.range({ min: 9e5, max: 1.3e6 }, 'count'), '900 k – 1.30 M');
  assert.equal(figures.round('2.00 M'), '2 M');
  assert.equal(figures.round('250 k'), '250 k');
  assert.equal(figures.seconds(125), '2 min 05 s');
});
