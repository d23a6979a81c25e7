// Starts the program under test (STENTOR_BIN, or the optimised build) with /echo on free ports, plain
// and over TLS, and ends it. Only processes started here are signalled.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { selfSigned } from './certificate.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = resolve(root, process.env.STENTOR_BIN ?? 'build/release/stentor');

// { targets: { ws, wss }, stop() }. `tls: false` leaves the second listener out.
export async function startServer({ tls = true, flags = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-conformance-'));
  const file = (name) => join(folder, name);
  const listeners = ['--listen', '127.0.0.1:0'];
  if (tls) {
    const { certificate, key } = selfSigned();
    writeFileSync(file('cert.pem'), certificate);
    writeFileSync(file('key.pem'), key, { mode: 0o600 });
    listeners.push('--listen', 'tls:127.0.0.1:0', '--tls-cert', file('cert.pem'), '--tls-key', file('key.pem'));
  }
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_') || name === 'STENTOR_IO');
  const child = spawn(
    program,
    [...listeners, '--echo', '--store', 'memory', '--reactors', '2', '--log-level', 'warning', '--ports-file', file('ports.json'), ...flags],
    { cwd: folder, env: Object.fromEntries(own), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let errors = '';
  let outcome = null;
  child.stderr.setEncoding('utf8').on('data', (text) => { errors += text; });
  const ended = new Promise((done) => {
    child.on('close', (code, signal) => {
      rmSync(folder, { recursive: true, force: true });
      outcome = { code, signal };
      done(outcome);
    });
  });
  await new Promise((ready, fail) => {
    child.on('error', fail);
    child.on('close', () => fail(new Error(`the server ended at once: ${errors}`)));
    child.stdout.once('data', ready);  // what it prints when ready comes after the file
    child.stdout.resume();
  });
  const targets = {};
  JSON.parse(readFileSync(file('ports.json'), 'utf8')).listen.forEach((address, i) => {
    const port = Number(address.split(':').at(-1));
    const secure = i === 1;
    targets[secure ? 'wss' : 'ws'] = { host: '127.0.0.1', port, tls: secure, path: '/echo', authority: `127.0.0.1:${port}` };
  });
  return {
    targets,
    kill: () => outcome ?? child.kill('SIGKILL'),
    stop: async () => {
      child.kill('SIGTERM');
      assert.deepEqual(await ended, { code: 0, signal: null }, errors);
      assert.doesNotMatch(errors, /Sanitizer|runtime error|check failed/i);
    },
  };
}
