// The servers that are measured: how each is started, on which cores, and how the load tool speaks to it.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listOf } from './machine.mjs';

const startTimeout_ms = 10_000;
const stopTimeout_ms = 5_000;

// ---- which there are. `family` says how it is drawn; `reference` whose share its figures are.

const storeFlags = (store, portsFile) =>
  store === 'memory'
    ? ['--store', 'memory']
    : ['--store', `sqlite:${join(dirname(portsFile), 'rooms.db')}`, '--durability', store];

// `tls`: {cert, key}, files.
const listenFlags = (tls) => [
  '--listen',
  `${tls ? 'tls:' : ''}127.0.0.1:0`,
  ...(tls ? ['--tls-cert', tls.cert, '--tls-key', tls.key] : []),
];

const stentorFlags = (row, congestion) => [
  '--deflate',
  'off',
  '--send-rate',
  '0',
  '--join-rate',
  '0',
  '--echo',
  '--log-level',
  'warning',
  ...(row.stentorFlags ?? []),
  ...(congestion ? ['--tcp-congestion', congestion] : []),
];

// `label` tells two builds or two numbers of reactors apart.
export function stentor(
  program,
  io,
  {
    name = `stentor ${io}`,
    family = 'stentor',
    reactors = 1,
    store = 'memory',
    congestion,
    tls,
    ...more
  } = {},
) {
  return {
    name,
    family,
    io,
    reference: `bare ${io}`,
    cores: reactors,
    scheme: tls ? 'wss' : 'ws',
    ...more,
    command: (row, portsFile) => [
      program,
      ...listenFlags(tls),
      '--ports-file',
      portsFile,
      '--io',
      io,
      '--reactors',
      String(reactors),
      ...storeFlags(store, portsFile),
      ...stentorFlags(row, congestion),
    ],
    target: ({ path, namesRoom = true }) =>
      path === 'echo'
        ? { path: '/echo', dialect: 'echo' }
        : { path: namesRoom ? '/ws?room={room}' : '/ws', dialect: 'native' },
  };
}

export function bare(program, io, { name = `bare ${io}`, threads = 1, congestion } = {}) {
  return {
    name,
    family: 'bare',
    io,
    cores: threads,
    command: (row, portsFile) => [
      program,
      '--io',
      io,
      '--work',
      row.work,
      '--threads',
      String(threads),
      '--listen',
      '127.0.0.1:0',
      '--ports-file',
      portsFile,
      ...(congestion ? ['--tcp-congestion', congestion] : []),
    ],
    serves: (row) => row.work !== undefined,
    target: (row) => ({ path: '/', dialect: { accept: 'accept', echo: 'echo' }[row.work] ?? 'raw' }),
  };
}

// Any other server, by its command line. {port} and {ports_file} are filled in; without {ports_file} the
// port is a free one and the server is ready when it accepts.
export function foreign({
  name,
  command,
  family = 'peer',
  dialect = 'raw',
  path = '/',
  echoPath,
  join: joinLine,
  joined,
  message,
  directory,
  connectionsMax,
}) {
  return {
    name,
    family,
    io: 'epoll',
    reference: 'bare epoll',
    cores: 1,
    directory,
    connectionsMax,
    command: (row, portsFile, port) =>
      wordsOf(command).map((word) => word.replaceAll('{port}', port).replaceAll('{ports_file}', portsFile)),
    usesPortsFile: command.includes('{ports_file}'),
    serves: (row) => {
      if (row.work === 'accept') return true; // any path upgrades
      return row.path === 'echo' ? dialect === 'echo' || echoPath !== undefined : dialect !== 'echo';
    },
    target: (row) => {
      if (row.path === 'echo') return { path: echoPath ?? path, dialect: 'echo' };
      if (message === undefined) return { path, dialect };
      return { path, join: joinLine, joined, message };
    },
  };
}

// Splits a command line as a shell does with plain quotes; expands nothing.
export function wordsOf(line) {
  const words = [];
  const word = /"([^"]*)"|'([^']*)'|(\s+)|([^\s"']+)/g;
  let open = null;
  for (const [, double, single, space, plain] of line.matchAll(word)) {
    if (space !== undefined) {
      if (open !== null) words.push(open);
      open = null;
    } else {
      open = (open ?? '') + (double ?? single ?? plain);
    }
  }
  if (open !== null) words.push(open);
  return words;
}

// ---- starting and ending

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function freePort() {
  return new Promise((resolve, reject) => {
    const holder = createServer();
    holder.once('error', reject);
    holder.listen(0, '127.0.0.1', () => {
      const { port } = holder.address();
      holder.close(() => resolve(port));
    });
  });
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function portsIn(file) {
  try {
    const ports = JSON.parse(readFileSync(file, 'utf8'));
    return { port: Number(ports.listen[0].split(':').at(-1)), pid: ports.pid };
  } catch {
    return null; // not there yet, or half written
  }
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';

// Resolves when the server serves: {name, server, pid, port, stop()}. Rejects with its last words.
export async function start(server, row, cores, environment = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-suite-'));
  const portsFile = join(folder, 'ports.json');
  const logFile = join(folder, 'log');
  const port = server.usesPortsFile === false ? await freePort() : 0;
  const commandLine = server.command(row, portsFile, port);
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_'));
  const log = openSync(logFile, 'w');
  const child = spawn('taskset', ['-c', listOf(cores), ...commandLine], {
    env: { ...Object.fromEntries(clean), ...environment },
    stdio: ['ignore', log, log],
    cwd: server.directory,
  });
  closeSync(log);
  running.add(child);
  let ended = null;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended ??= `ended with ${signal ?? `code ${code}`}`;
    running.delete(child);
  });

  const stop = async () => {
    if (ended === null) child.kill('SIGTERM');
    const patience = Date.now() + stopTimeout_ms;
    while (ended === null && Date.now() < patience) await sleep(5);
    if (ended === null) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const patience = Date.now() + startTimeout_ms;
  for (;;) {
    const ports = port === 0 ? portsIn(portsFile) : (await accepts(port)) && { port, pid: child.pid };
    if (ports)
      return {
        name: server.name,
        server,
        pid: ports.pid ?? child.pid,
        port: ports.port,
        commandLine,
        died: () => ended,
        stop,
      };
    if (ended !== null || Date.now() > patience) {
      const words = lastLine(readFileSync(logFile, 'utf8'));
      await stop();
      throw new Error(`${server.name} ${ended ?? 'does not serve'}${words ? `: ${words}` : ''}`);
    }
    await sleep(5);
  }
}

// Does it start here at all? null, or its last words.
export async function whyNot(server, cores) {
  try {
    await (await start(server, { path: 'chat', work: 'fanout' }, cores)).stop();
    return null;
  } catch (error) {
    return error.message;
  }
}

// The load tool's description of a running server.
export function targetOf(running_, row, cores) {
  const { path, ...rest } = running_.server.target(row);
  return {
    name: running_.name,
    url: `${running_.server.scheme ?? 'ws'}://127.0.0.1:${running_.port}${path}`,
    pid: running_.pid,
    core: cores[0],
    ...rest,
  };
}
