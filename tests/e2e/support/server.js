// Starts the program under test (STENTOR_BIN, or the optimised build) on free ports, and ends it.
// Only processes started here are signalled.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const program = resolve(root, process.env.STENTOR_BIN ?? 'build/release/stentor');

// A test that fails leaves its server behind.
const alive = new Set();
after(() => alive.forEach((child) => child.kill('SIGKILL')));

// Nothing of the caller's environment configures the server, but for the back end to be tested.
function cleanEnvironment(more) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_') || name === 'STENTOR_IO');
  return { ...Object.fromEntries(own), ...more };
}

// Runs the program to its end: { code, signal, stdout, stderr }.
export function run(flags, env = {}) {
  return new Promise((done, fail) => {
    const child = spawn(program, flags, { env: cleanEnvironment(env) });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => { output.stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { output.stderr += text; });
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, ...output }));
  });
}

// A server that is ready, on `listen`, a list of addresses. server.host, .port, .http and .ws are those of
// the first; server.at(i) is the same for the others. `files` lowers the limit of open files. stop() ends it
// by SIGTERM and checks that it ended well.
export async function startServer({
  reactors = 1, listen = ['127.0.0.1:0'], flags = [], env = {}, portsFile: file, files, logLevel = 'warning',
  stdin = 'ignore',
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-e2e-'));
  const portsFile = file ?? join(folder, 'ports.json');
  const all = [
    ...listen.flatMap((address) => ['--listen', address]), '--admin-listen', '127.0.0.1:0', '--ports-file', portsFile,
    '--store', 'memory', '--reactors', String(reactors), '--log-level', logLevel, ...flags,
  ];
  const [command, before] = files ? ['bash', ['-c', `ulimit -n ${files}; exec "$0" "$@"`, program]] : [program, []];
  const child = spawn(command, [...before, ...all], { env: cleanEnvironment(env), stdio: [stdin, 'pipe', 'pipe'] });
  alive.add(child);
  const server = { child, stdout: '', stderr: '', reactors };
  server.exited = new Promise((done) => {
    child.on('close', (code, signal) => {
      alive.delete(child);
      rmSync(folder, { recursive: true, force: true });
      done({ code, signal });
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text) => { server.stderr += text; });
  await new Promise((ready, fail) => {
    child.on('error', fail);
    child.on('close', () => fail(new Error(`the server ended at once: ${server.stderr}`)));
    // What it prints when ready comes after the file.
    child.stdout.setEncoding('utf8').on('data', (text) => { server.stdout += text; ready(); });
  });
  server.ports = JSON.parse(readFileSync(portsFile, 'utf8'));
  server.at = (index) => {
    const host = server.ports.listen[index];
    if (host.startsWith('unix:')) return { path: host.slice('unix:'.length), ws: `ws+${host}:` };
    const s = server.ports.tls?.includes(host) ? 's' : '';
    return { host, port: Number(host.split(':').at(-1)), http: `http${s}://${host}`, ws: `ws${s}://${host}` };
  };
  Object.assign(server, server.at(0));
  server.stop = async () => {
    child.kill('SIGTERM');
    const ended = await server.exited;
    assert.deepEqual(ended, { code: 0, signal: null }, server.stderr);
    assert.doesNotMatch(server.stderr, /Sanitizer|runtime error|check failed|io_uring_refused/i);
  };
  return server;
}

// The samples of /metrics: { name, type, labels, value }, `labels` as they stand there.
async function samples(server) {
  const response = await fetch(`http://${server.ports.admin}/metrics`, { headers: { connection: 'close' } });
  assert.equal(response.status, 200);
  const types = new Map();
  const all = [];
  for (const line of (await response.text()).split('\n')) {
    const type = line.match(/^# TYPE (\S+) (\S+)$/);
    if (type) types.set(type[1], type[2]);
    const sample = line.match(/^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/);
    if (!sample || !sample[1].startsWith('stentor_')) continue;
    const [, name, labels = '', value] = sample;
    all.push({ name, type: types.get(name), labels, value: Number(value) });
  }
  return all;
}

// Summed over reactors, by name; `kind` chooses 'gauge' or 'counter'.
export async function metrics(server, kind) {
  const sums = {};
  for (const { name, type, value } of await samples(server)) {
    if (!kind || type === kind) sums[name] = (sums[name] ?? 0) + value;
  }
  return sums;
}

// What each reactor says of one.
export async function metricOfEach(server, name) {
  return (await samples(server)).filter((sample) => sample.name === name).map(({ value }) => value);
}

// The gauges that are again as they were when everybody has gone. An empty room keeps its history, by design,
// and freed memory is not given back to the byte.
export async function gaugesThatReturn(server) {
  const all = await metrics(server, 'gauge');
  delete all.stentor_history_bytes;
  delete all.stentor_memory_used_bytes;
  return all;
}

// Asks again until `check` passes, and says with its last failure what was not reached.
export async function eventually(check, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (failure) {
      if (Date.now() > deadline) throw failure;
    }
    await new Promise((later) => { setTimeout(later, 25); });
  }
}
