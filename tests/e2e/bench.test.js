// stentor-bench as a program: exit codes, what stands on which output, and that it catches a server that
// loses messages.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './support/server.js';
import { bench, brief, rawServer, skip } from './support/bench.js';

describe('stentor-bench', { skip }, () => {
  let server;
  let folder;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stentor-bench-'));
    server = await startServer({ flags: ['--echo', '--send-rate', '0', '--join-rate', '0'] });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  });

  test('a mistake in the flags ends with 2 and one line that says which', async () => {
    const mistakes = [[], ['fan'], ['echo', '--url', 'http://a'], ['echo', '--url', 'ws://a', '--depht', 1]];
    for (const flags of mistakes) {
      const { code, stdout, stderr } = await bench(...flags);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^stentor-bench: .*--help\n$/);
    }
  });

  test('a server that is not there ends with 1 and says so', async () => {
    const gone = await rawServer(() => 1);
    gone.stop();
    const { code, stderr } = await bench('fanout', '--url', gone.url, '--dialect', 'raw', '--connections', 3);
    assert.equal(code, 1);
    assert.match(stderr, /refused/);
  });

  test('the result goes to standard output as JSON, and nothing else does', async () => {
    const { code, stdout, stderr } = await bench('fanout', '--url', `${server.ws}/ws`, '--pid', server.child.pid,
      '--connections', 10, '--size', 200, '--json', '-', ...brief);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout);
    const [target] = result.targets;
    assert.equal(target.delivered_bytes, 200);
    assert.equal(target.slices.length, 2);
    for (const slice of target.slices) {
      assert.ok(slice.messages > 0);
      assert.equal(slice.deliveries, 10 * slice.messages);
      assert.ok(slice.cpu_seconds > 0);
    }
    assert.doesNotMatch(stderr, /\x1b/, 'colours and progress are for terminals');
  });

  test('servers of a file are driven in turn and compared; latencies go to a file for each', async () => {
    const raw = await rawServer(() => 1);
    const targets = join(folder, 'targets.json');
    writeFileSync(targets, JSON.stringify({ targets: [
      { name: 'stentor', url: `${server.ws}/ws` }, { name: 'raw', url: raw.url, dialect: 'raw' }] }));
    const { code, stdout, stderr } = await bench('fanout', '--targets', targets, '--connections', 4,
      '--rate', 200, '--hgrm', join(folder, 'latency.hgrm'), ...brief);
    raw.stop();
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^raw \/ stentor: p50/m);
    for (const name of ['stentor', 'raw']) {
      assert.match(readFileSync(join(folder, `latency.hgrm.${name}`), 'utf8'), /^ +Value +Percentile/);
    }
  });

  for (const [what, copies, field] of [
    ['loses', (n) => (n > 40 && n % 17 === 0 ? 0 : 1), 'lost'],
    ['doubles', (n) => (n > 40 && n % 17 === 0 ? 2 : 1), 'duplicates']]) {
    test(`a server that ${what} messages is caught`, async () => {
      const raw = await rawServer(copies);
      const { code, stdout, stderr } = await bench('fanout', '--url', raw.url, '--dialect', 'raw', '--connections', 5,
        '--rate', 500, '--json', '-', '--patience', '1s', ...brief);
      raw.stop();
      assert.equal(code, 1);
      assert.match(stderr, /lost, doubled or out of order/);
      const slices = JSON.parse(stdout).targets[0].slices;
      assert.ok(slices.some((slice) => slice[field] > 0));
    });
  }

  test('connect, storm and chat end well', async () => {
    for (const [workload, ...flags] of [
      ['connect', '--connections', 4], ['storm', '--connections', 20], ['chat', '--connections', 20, '--senders', 3]]) {
      const { code, stderr } = await bench(workload, '--url', `${server.ws}/ws`, ...flags, ...brief);
      assert.equal(code, 0, `${workload}: ${stderr}`);
    }
  });
});
