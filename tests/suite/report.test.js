// Tests of bench/suite/report.mjs: the page is whole whatever happened, and hides nothing.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { report } from '../../bench/suite/report.mjs';
import { nameOf, rows } from '../../bench/suite/rows.mjs';
import { assertIsWholePage, runSuite, standIns } from './support/sample_run.js';

let run;
let html;
before(async () => {
  ({ run, html } = await runSuite([
    '--smoke',
    ...rows.flatMap(({ id }) => ['--only', id]),
    '--server',
    `a <b> & "c"=${standIns}/stentor --ports-file {ports_file}`,
  ]));
});
const copy = (value) => JSON.parse(JSON.stringify(value));

// The page needs nothing from elsewhere and is well formed.
test('ThePageIsWhole', () => assertIsWholePage(html));

// Every row is there by its name, and every chart has a name for who does not see it.
test('EveryRowIsThere', () => {
  for (const row of rows) assert.ok(html.includes(`>${row.title}<`), `${row.title} is on the page`);
  for (const [, attributes] of html.matchAll(/<svg([^>]*)>/g)) assert.match(attributes, /aria-label="[^"]+"/);
  assert.ok([...html.matchAll(/<svg/g)].length > 20);
});

// A name cannot become markup.
test('NamesAreEscaped', () => {
  assert.ok(!html.includes('<b>'));
  assert.ok(html.includes('a &#60;b&#62; &#38; &#34;c&#34;'));
});

// It is a pure function: the same run gives the same page, and the run stays as it was.
test('TheSameRunGivesTheSamePage', () => {
  const untouched = copy(run);
  assert.equal(report(run), report(copy(run)));
  assert.deepEqual(run, untouched);
});

// Light, dark and paper.
test('ThePageHasAStyleForLightDarkAndPaper', () => {
  assert.match(html, /prefers-color-scheme: dark/);
  assert.match(html, /@media print/);
});

// A row that failed says so with its reason, and shows no figure.
test('AFailedRowSaysWhy', () => {
  const broken = copy(run);
  Object.assign(broken.rows[0], {
    state: 'failed',
    reason: 'the <tool> crashed',
    results: [],
    verdict: false,
  });
  const page = report(broken);
  assertIsWholePage(page);
  assert.ok(page.includes('the &#60;tool&#62; crashed'));
});

// A server that failed in a row is in its chart, with the reason instead of a bar.
test('AFailedServerStaysInItsChart', () => {
  const broken = copy(run);
  const result = broken.rows[0].results.find(({ server }) => server === 'stentor epoll');
  for (const name of Object.keys(result))
    if (!['server', 'family', 'io', 'gates'].includes(name)) delete result[name];
  Object.assign(result, {
    state: 'failed',
    reason: 'ended with code 1: no memory',
    gates: [{ text: 'share of bare epoll', value: null, bound: 0.92, at_least: true, pass: false }],
  });
  const page = report(broken);
  assertIsWholePage(page);
  assert.ok(page.includes('ended with code 1: no memory'));
});

// Every row may be missing, failed or skipped, alone and all at once.
test('AnyRowMayBeMissing', () => {
  for (const state of ['failed', 'skipped']) {
    for (let i = 0; i < run.rows.length; i += 1) {
      const less = copy(run);
      less.rows[i] = {
        ...less.rows[i],
        state,
        reason: 'because',
        results: [],
        points: undefined,
        verdict: state === 'failed' ? false : null,
      };
      assertIsWholePage(report(less));
      less.rows.splice(i, 1);
      assertIsWholePage(report(less));
    }
  }
  assertIsWholePage(report({ ...copy(run), rows: [] }));
});

// Nothing that was measured in a row may leave a hole in the page when the tool leaves a figure out.
test('AnyFigureMayBeMissing', () => {
  for (const metric of [
    'rate',
    'per_cpu_second',
    'per_busy_second',
    'p50',
    'p99',
    'p999',
    'bytes',
    'growth',
    'back',
    'cpu_per_return',
  ]) {
    const less = copy(run);
    for (const row of less.rows) {
      for (const result of row.results ?? []) delete result.metrics?.[metric];
      for (const point of row.points ?? []) for (const one of point.results) one[metric] = null;
    }
    assertIsWholePage(report(less));
  }
  const bare = copy(run);
  for (const row of bare.rows)
    for (const result of row.results ?? []) {
      delete result.share;
      delete result.shares;
    }
  assertIsWholePage(report(bare));
});

// What was left out is named.
test('WhatWasNotRunIsNamed', () => {
  const page = report({ ...copy(run), not_chosen: [{ id: 'x', group: 'Echo', title: 'Echo of a whale' }] });
  assert.ok(page.includes('Echo of a whale'));
  assert.equal(nameOf({ group: 'Echo', title: 'Echo of a whale' }), 'Echo of a whale');
});

// Loss stands at the top of the page.
test('LossIsSeenAtTheTop', () => {
  const lossy = copy(run);
  lossy.rows[0].results.find(({ server }) => server === 'stentor epoll').integrity.lost = 7;
  assert.match(report(lossy), /Lost, doubled or out of order<\/div><div class="figure"><span class="bad">7</);
});

// An older run beside this one is called what it is.
test('AComparisonSaysThatItIsWeaker', () => {
  const page = report({
    ...copy(run),
    comparison: {
      file: 'old.json',
      commit: 'abc',
      started: '2026-01-01',
      differences: ['kernel: 1 then, 2 now'],
      entries: [{ id: 'r', title: 'R', server: 's', metric: 'rate', absolute: 1.1, share: null }],
    },
  });
  assertIsWholePage(page);
  assert.match(page, /weaker evidence/);
  assert.match(page, /kernel: 1 then, 2 now/);
});

// Rounds in which the machine stood still are counted on the page, whether there were any or not.
test('RoundsInWhichTheMachineStalledAreOnThePage', async () => {
  assert.match(html, /the bare loop stalled in 0 \(epoll\) and 0 \(io_uring\) of 8 rounds/);
  const stalled = await runSuite(['--smoke', '--only', 'rooms-20-half'], {
    environment: { FAKE_STALLED: 'bare epoll' },
  });
  assertIsWholePage(stalled.html);
  assert.match(stalled.html, /the bare loop stalled in 4 \(epoll\) and 0 \(io_uring\) of 8 rounds/);
  assert.match(stalled.html, /measure again/);
});

// A storm shows how long it took and what it cost, each with how it stands to the bare loop.
test('AStormShowsItsTimeAndItsCost', () => {
  assert.match(html, /drop at once: time</);
  assert.match(html, /drop at once: CPU</);
  assert.match(html, /until all are back \d+\.\d\d<br>CPU for each \d+\.\d\d/);
  assert.match(html, /nobody had to try again/);
});
