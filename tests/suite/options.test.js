// Tests of bench/suite/options.mjs, of the splitting of command lines, of cores, and of parts.
import assert from 'node:assert/strict';
import test from 'node:test';
import { compareRuns } from '../../bench/suite/compare.mjs';
import { coresOf, divideCores, fileNameOf } from '../../bench/suite/machine.mjs';
import { condense, judgeMicro, parseLoose } from '../../bench/suite/micro.mjs';
import { parse, UsageError } from '../../bench/suite/options.mjs';
import { partsOf } from '../../bench/suite/in_turn.mjs';
import { foreign, targetOf, wordsOf } from '../../bench/suite/servers.mjs';
import { plainAndTls } from '../../bench/suite/tls_runner.mjs';

// What follows a --server is about that one.
test('FlagsBelongToTheServerBeforeThem', () => {
  const { servers } = parse([
    '--server',
    'a=run a {port}',
    '--dialect',
    'native',
    '--path',
    '/ws',
    '--server',
    'b=run b --file {ports_file}',
    '--message',
    '{stamp}',
  ]);
  assert.deepEqual(servers, [
    { name: 'a', command: 'run a {port}', family: 'custom', dialect: 'native', path: '/ws' },
    { name: 'b', command: 'run b --file {ports_file}', family: 'custom', message: '{stamp}' },
  ]);
});

// What is wrong on the command line is said before anything is measured.
test('WhatIsWrongIsSaidAtOnce', () => {
  for (const words of [
    ['--qiuck'],
    ['--quick', '--full'],
    ['--io', 'select'],
    ['--server', 'nameless'],
    ['--server', 'a=run'],
    ['--dialect', 'raw'],
    ['--server', 'a=run {port}', '--server', 'a=run {port}'],
    ['stray'],
  ]) {
    assert.throws(() => parse(words), UsageError, words.join(' '));
  }
});

// Command lines are split as a shell would, and nothing in them is run.
test('CommandLinesAreSplitLikeAShellDoes', () => {
  assert.deepEqual(wordsOf(`php -d 'memory_limit=1 G' "my server.php" --port={port}`), [
    'php',
    '-d',
    'memory_limit=1 G',
    'my server.php',
    '--port={port}',
  ]);
  assert.deepEqual(wordsOf(`a ''  b$(c)`), ['a', '', 'b$(c)']);
  const server = foreign({ name: 'x', command: 'run --port {port} "{ports_file}"' });
  assert.deepEqual(server.command({}, '/tmp/a file', 4001), ['run', '--port', '4001', '/tmp/a file']);
});

// The servers of a TLS row differ in their listener and in nothing else.
test('ServersOfATlsRowDifferInTheirListenerAlone', () => {
  const [plain, secure] = plainAndTls({ programs: '/b' }, 'epoll', { cert: 'c.pem', key: 'k.pem' });
  const row = { path: 'echo' };
  const words = secure.command(row, 'ports').join(' ');
  assert.equal(
    words.replace('tls:', '').replace(' --tls-cert c.pem --tls-key k.pem', ''),
    plain.command(row, 'ports').join(' '),
  );
  const urlOf = (server) => targetOf({ name: 'x', server, port: 7, pid: 1 }, row, [3]).url;
  assert.deepEqual([plain, secure].map(urlOf), ['ws://127.0.0.1:7/echo', 'wss://127.0.0.1:7/echo']);
});

// With 2 cores one serves and one loads; more always leave something to load with.
test('ServersAndLoadNeverShareACoreWhenThereAreTwo', () => {
  const alone = (core) => [core];
  assert.deepEqual(divideCores([0, 1], 1, alone), { server: [1], load: [0], shared: false });
  assert.deepEqual(divideCores([0, 1, 2, 3], 2, alone), { server: [2, 3], load: [0, 1], shared: false });
  assert.deepEqual(divideCores([5], 1, alone), { server: [5], load: [5], shared: true });
  assert.equal(divideCores([0, 1], 2, alone), null);
});

// The hyper-thread beside a serving core idles, unless nothing else is left to load with.
test('TheThreadBesideAServingCoreIdles', () => {
  const pairs = (core) => [core % 4, (core % 4) + 4];
  assert.deepEqual(divideCores([0, 1, 2, 3, 4, 5, 6, 7], 1, pairs), {
    server: [3],
    load: [0, 1, 2, 4, 5, 6],
    shared: false,
  });
  assert.deepEqual(divideCores([0, 4], 1, pairs), { server: [4], load: [0], shared: false });
});

// Lists of cores as the kernel writes them.
test('ListsOfCoresAreReadAsTheKernelWritesThem', () => {
  assert.deepEqual(coresOf('0-2,5'), [0, 1, 2, 5]);
  assert.deepEqual(coresOf(''), []);
});

// Where descriptors do not suffice for all, each part has the references, and nobody is left out.
test('EachPartHasTheReferences', () => {
  const servers = [
    { name: 'bare', family: 'bare' },
    ...['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, family: 'peer' })),
  ];
  const parts = partsOf(servers, 2000, 6500);
  assert.deepEqual(
    parts.map((part) => part.map(({ name }) => name).join('')),
    ['bareab', 'barecd', 'baree'],
  );
  assert.deepEqual(partsOf(servers, 10, 6500), [servers]);
});

// The name of a report says when, what and where, and is a name in every file system.
test('TheNameOfAReportSaysWhenWhatAndWhere', () => {
  const name = fileNameOf({
    started: '2026-11-21T09:35:12.000Z',
    commit: '390784a-dirty',
    cpu: 'Intel(R) Xeon(R) CPU @ 2.1GHz',
    cores: 4,
  });
  assert.equal(name, '2026-11-21T093512_390784a-dirty_intel-xeon-cpu-2-1ghz_4-cores');
});

// Repetitions become one spread; aggregates of the library are not counted again, wrong answers are named.
test('RepetitionsOfABenchmarkBecomeOneSpread', () => {
  const run = (name, time, more) => ({
    name,
    run_name: name,
    run_type: 'iteration',
    real_time: time,
    cpu_time: time,
    time_unit: 'us',
    ...more,
  });
  const [mask, wrong] = condense({
    benchmarks: [
      run('mask', 2, { push_ns: 3 }),
      run('mask', 4, { push_ns: 5 }),
      { ...run('mask', 3), run_type: 'aggregate' },
      run('wrong', 0, { error_occurred: true, error_message: 'no' }),
    ],
  });
  assert.deepEqual(mask.time_ns, { median: 3000, min: 2000, max: 4000, count: 2 });
  assert.deepEqual(mask.counters.push_ns, { median: 4, min: 3, max: 5, count: 2 });
  assert.equal(judgeMicro([mask], { mask: { push_ns: 4 } })[0].gates[0].pass, true);
  assert.equal(judgeMicro([mask], { mask: { drain_ns: 4 } })[0].gates[0].pass, false);
  assert.equal(judgeMicro([mask], { unmask: { push_ns: 4 } })[0].state, 'failed');
  assert.deepEqual(wrong, { name: 'wrong', error: 'no' });
});

// Two runs are compared where both measured the same, and what differs between them is named.
test('RunsAreComparedWhereBothMeasuredTheSame', () => {
  const run = (median, kernel) => ({
    profile: 'default',
    provenance: { commit: 'c', started: '2026-01-01', cpu: 'x', kernel },
    rows: [
      {
        id: 'r',
        title: 'R',
        results: [
          {
            server: 's',
            state: 'measured',
            metric: 'rate',
            metrics: { rate: { median } },
            share: { median: median / 100 },
          },
          { server: 'gone', state: 'failed' },
        ],
      },
    ],
  });
  const found = compareRuns(run(110, '6.2'), run(100, '6.1'), 'old.json');
  assert.deepEqual(
    found.entries.map(({ server, absolute }) => [server, absolute]),
    [['s', 1.1]],
  );
  assert.match(found.differences.join(), /kernel: 6.1 then, 6.2 now/);
});

// A counter that is no number costs that counter, not all figures.
test('ACounterThatIsNoNumberCostsThatCounterAlone', () => {
  const text =
    '{"benchmarks":[{"name":"NaN: kept","run_type":"iteration","real_time":1,"time_unit":"ns","wake_ups_a_turn": NaN}]}';
  const [one] = condense(parseLoose(text));
  assert.equal(one.name, 'NaN: kept');
  assert.deepEqual(one.counters, {});
});
