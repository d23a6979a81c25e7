// The server under test: started on free ports with limits that make no outcome depend on time, watched
// for what a sanitizer says.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Only what the program knows is asked for.
const wanted = {
  '--handshake-timeout': '10m', '--login-timeout': '10m', '--ping-interval': '10m', '--send-rate': '0', '--join-rate': '0',
  '--min-message-rate': '0', '--name-hold': '0s', '--log-level': 'warning', '--store': 'memory', '--max-connections-per-address': '0',
};

export async function startServer(program, { reactors = 2 } = {}) {
  const help = execFileSync(program, ['--help'], { encoding: 'utf8' });
  const flags = Object.entries(wanted).filter(([flag]) => help.includes(`${flag} `)).flat();
  const folder = mkdtempSync(join(tmpdir(), 'stentor-hostile-'));
  const portsFile = join(folder, 'ports.json');
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_') || name === 'STENTOR_IO'));
  const child = spawn(program, ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--ports-file', portsFile, '--echo', '--reactors', String(reactors), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'], env: environment,
  });
  // Nobody else would end it if this program is interrupted.
  process.once('exit', () => child.kill('SIGKILL'));
  const server = { child, stderr: '', ended: null, deflate: help.includes('--deflate ') };
  child.stderr.setEncoding('utf8').on('data', (text) => { server.stderr = (server.stderr + text).slice(-100_000); });
  server.exited = new Promise((done) => {
    child.on('close', (code, signal) => {
      server.ended = { code, signal };
      rmSync(folder, { recursive: true, force: true });
      done(server.ended);
    });
  });
  await new Promise((ready, fail) => {
    child.stdout.on('data', ready);
    child.on('error', fail);
    server.exited.then(() => fail(new Error(`the server ended at once: ${server.stderr}`)));
  });
  const ports = JSON.parse(readFileSync(portsFile, 'utf8'));
  server.port = Number(ports.listen[0].split(':').at(-1));
  server.adminPort = Number(ports.admin.split(':').at(-1));
  // Ends it; what it said or how it ended, if that is not well.
  server.stop = async () => {
    child.kill('SIGTERM');
    const { code, signal } = await server.exited;
    const said = /Sanitizer|runtime error|check failed/i.test(server.stderr);
    return code === 0 && !said ? null : `the server ended with ${signal ?? code}: ${server.stderr}`;
  };
  return server;
}

// The gauges of /metrics, summed over reactors, by name.
export function gauges({ adminPort }) {
  return new Promise((done, fail) => {
    http.get({ host: '127.0.0.1', port: adminPort, path: '/metrics', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more) => { text += more; });
      response.on('end', () => {
        const sums = {};
        const types = {};
        for (const line of text.split('\n')) {
          const type = line.match(/^# TYPE (\S+) (\S+)$/);
          if (type) [, , types[type[1]]] = type;
          const sample = line.match(/^([a-z_]+)(?:\{[^}]*\})? (\S+)$/);
          if (sample?.[1].startsWith('stentor_') && types[sample[1]] === 'gauge') sums[sample[1]] = (sums[sample[1]] ?? 0) + Number(sample[2]);
        }
        done(sums);
      });
    }).on('error', fail);
  });
}
