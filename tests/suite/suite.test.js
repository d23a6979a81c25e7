// Tests of bench/suite/main.mjs: what it does when servers and tools do what they should not; and one short
// run of the real programs.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { assertIsWholePage, runSuite, standIns } from './support/sample_run.js';

const rowOf = ({ run }, id) => run.rows.find((row) => row.id === id);
const resultOf = (answer, id, server) => rowOf(answer, id).results.find((result) => result.server === server);

// A run leaves a page, the figures and the raw results, with its provenance in the names.
test('ARunLeavesAPageAndItsFigures', async () => {
  const answer = await runSuite(['--smoke', '--only', 'fanout-500']);
  assert.equal(answer.code, 0, answer.stderr);
  assert.deepEqual(answer.files.map((name) => name.replace(/^.*-cores/, '')).sort(), [
    '.html',
    '.json',
    '.raw.json',
  ]);
  assert.match(answer.files[0], /^\d{4}-\d\d-\d\dT\d{6}_[0-9a-z-]+_[a-z0-9-]+_\d+-cores/);
  assert.ok(
    answer.run.provenance.kernel && answer.run.provenance.command_line && answer.run.provenance.congestion,
  );
  assert.doesNotMatch(answer.stdout, /\x1b/);
});

// A back end that this kernel refuses fails with the server's own words; the other one is measured.
test('ABackEndThatIsRefusedSaysWhy', async () => {
  const answer = await runSuite(['--smoke', '--only', 'fanout-500'], {
    environment: { FAKE_IO_REFUSED: 'io_uring' },
  });
  assert.match(resultOf(answer, 'fanout-500', 'stentor io_uring').reason, /not on this kernel/);
  assert.equal(resultOf(answer, 'fanout-500', 'stentor epoll').state, 'measured');
  assert.equal(rowOf(answer, 'fanout-500').verdict, false);
  assertIsWholePage(answer.html);
});

// A workload that fails is a failed row with the tool's last words and exit code 1; the other rows are measured.
test('AWorkloadThatFailsIsAFailedRow', async () => {
  const answer = await runSuite(['--smoke', '--only', 'echo-64-d1', '--only', 'fanout-500'], {
    environment: { FAKE_FAILS: 'echo' },
  });
  assert.equal(answer.code, 1);
  assert.match(rowOf(answer, 'echo-64-d1').reason, /cannot connect: refused <here>/);
  assert.equal(rowOf(answer, 'fanout-500').state, 'measured');
  assertIsWholePage(answer.html);
});

// A server that the tool cannot drive is put aside, and the others are driven without it.
test('AServerThatCannotBeDrivenIsPutAside', async () => {
  const answer = await runSuite(
    ['--smoke', '--only', 'fanout-500', '--server', `mute=${standIns}/stentor --ports-file {ports_file}`],
    { environment: { FAKE_MUTE: 'mute' } },
  );
  assert.match(resultOf(answer, 'fanout-500', 'mute').reason, /did not come back/);
  assert.equal(resultOf(answer, 'fanout-500', 'stentor epoll').state, 'measured');
});

// A lost message fails the row, though every gate is passed; --strict makes that the exit code.
test('ALostMessageFailsTheRow', async () => {
  const environment = { FAKE_FAULT: 'stentor epoll' };
  const lenient = await runSuite(['--smoke', '--only', 'fanout-500'], { environment });
  assert.equal(rowOf(lenient, 'fanout-500').verdict, false);
  assert.equal(lenient.code, 0);
  assert.equal((await runSuite(['--smoke', '--only', 'fanout-500', '--strict'], { environment })).code, 1);
});

// A program that is not there, a row that is not there, a flag that is not there: exit code 2, and no report.
test('WhatIsNotThereIsSaidBeforeAnythingIsMeasured', async () => {
  for (const parameters of [['--only', 'no-such-row'], ['--no-such-flag'], ['--programs', '/nowhere']]) {
    const answer = await runSuite(['--smoke', ...parameters]);
    assert.equal(answer.code, 2, parameters.join(' '));
    assert.deepEqual(answer.files, []);
  }
});

// The programs as they are built measure something that is whole, in all kinds of rows.
const programs = process.env.STENTOR_BIN ? dirname(process.env.STENTOR_BIN) : '';
test(
  'TheRealProgramsFitTogether',
  { skip: !existsSync(`${programs}/stentor-bench`) && 'the bench programs are not built' },
  async () => {
    const some = ['fanout-500', 'burst-16', 'rooms-20-half', 'echo-64-d16', 'handshakes', 'storm', 'memory'];
    const chosen = [...some, 'tls-echo-1024', 'tls-handshakes', 'chat'];
    const answer = await runSuite(['--smoke', '--io', 'epoll', ...chosen.flatMap((id) => ['--only', id])], {
      programs,
      limit_ms: 60_000,
    });
    for (const id of chosen) {
      const row = rowOf(answer, id);
      assert.equal(row.state, 'measured', `${id}: ${row.reason}`);
      for (const result of row.results)
        assert.equal(result.state, 'measured', `${id}, ${result.server}: ${result.reason}`);
    }
    for (const result of answer.run.rows.flatMap(({ results }) => results)) {
      if (result.family === 'stentor' && result.integrity)
        assert.deepEqual(
          [result.integrity.lost, result.integrity.duplicates, result.integrity.reordered],
          [0, 0, 0],
          result.server,
        );
    }
    assertIsWholePage(answer.html);
  },
);

// A server that does not even start is named once, with its words, and stands in no row.
test('AServerThatDoesNotStartIsNamedOnce', async () => {
  const answer = await runSuite([
    '--smoke',
    '--only',
    'fanout-500',
    '--server',
    'broken=node --no-such-flag {ports_file}',
  ]);
  assert.deepEqual(
    answer.run.absent.map(({ name }) => name),
    ['broken'],
  );
  assert.match(answer.run.absent[0].reason, /no-such-flag/);
  assert.equal(resultOf(answer, 'fanout-500', 'broken'), undefined);
  assert.ok(answer.html.includes('no-such-flag'));
});

// A commit beside this tree is driven in turn with it, and the page says how the two stand to each other.
test('ACommitBesideThisTreeIsComparedInPairs', async () => {
  const answer = await runSuite([
    '--smoke',
    '--only',
    'fanout-500',
    '--against',
    'v0',
    '--against-program',
    `${standIns}/stentor`,
  ]);
  assert.equal(resultOf(answer, 'fanout-500', 'stentor epoll').versus.of, 'v0 epoll');
  assert.match(answer.html, /Against v0/);
  assert.match(answer.stdout, /to older/);
});

// TLS is judged by the same server without it, and each row says what was agreed upon.
test('TlsIsJudgedByTheSameServerWithoutIt', async () => {
  const answer = await runSuite(['--smoke', '--only', 'tls-echo-1024']);
  const row = rowOf(answer, 'tls-echo-1024');
  assert.deepEqual(
    row.results.map(({ server, variant, share }) => [server, variant, share?.of]),
    [
      ['epoll, ws://', 'ws://', undefined],
      ['epoll, wss://', 'wss://', 'epoll, ws://'],
      ['io_uring, ws://', 'ws://', undefined],
      ['io_uring, wss://', 'wss://', 'io_uring, ws://'],
    ],
  );
  assert.ok(row.results[1].share.median < 0.5);
  assert.equal(row.results[0].tls, undefined);
  assert.equal(row.results[1].tls.verified, true);
  assert.equal(row.note, 'TLSv1.3, TLS_A, shares of ws://');
  assert.equal(row.verdict, null);
  assertIsWholePage(answer.html);
});

// Without openssl there is no certificate, and the row is skipped with the reason; one that fails fails the row.
test('WithoutOpensslTlsIsSkippedAndItsFailureIsOne', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-suite-path-'));
  try {
    const others = readdirSync('/usr/bin').filter((name) => name !== 'openssl');
    for (const name of others) symlinkSync(join('/usr/bin', name), join(folder, name));
    const node = dirname(process.execPath);
    const environment = { PATH: node === '/usr/bin' ? folder : `${folder}:${node}` };
    const without = await runSuite(['--smoke', '--only', 'tls-echo-1024'], { environment });
    assert.equal(rowOf(without, 'tls-echo-1024').state, 'skipped');
    assert.match(rowOf(without, 'tls-echo-1024').reason, /needs openssl/);
    writeFileSync(join(folder, 'openssl'), '#!/bin/sh\necho no entropy >&2\nexit 1\n');
    chmodSync(join(folder, 'openssl'), 0o755);
    const failing = await runSuite(['--smoke', '--only', 'tls-echo-1024'], { environment });
    assert.equal(rowOf(failing, 'tls-echo-1024').state, 'failed');
    assert.match(rowOf(failing, 'tls-echo-1024').reason, /no entropy/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

// An older report is compared row by row.
test('AnOlderReportIsComparedRowByRow', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-suite-old-'));
  try {
    const { run } = await runSuite(['--smoke', '--only', 'fanout-500']);
    writeFileSync(join(folder, 'old.json'), JSON.stringify(run));
    const answer = await runSuite(['--smoke', '--only', 'fanout-500', '--compare', join(folder, 'old.json')]);
    assert.ok(answer.run.comparison.entries.length >= 4);
    assert.match(answer.html, /Against an older run/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
