// What idle connections cost: memory for one, processor time and context switches for all of them.
// Run by scripts/measure-idle; docs/limits.md has the figures. The server is another process, so
// what it is charged for is its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { frame, opcode, upgradeRequest } from '../tests/e2e/support/raw.js';

const [program, connections, seconds, ...flags] = process.argv.slice(2);
const total = Number(connections);
const perRoom = 20;
const atOnce = 200;
const ticksPerSecond = 100; // of /proc: USER_HZ
const counts = { joined: 0, closed: 0, pings: 0 };

async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-idle-'));
  const portsFile = join(folder, 'ports.json');
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_'));
  const child = spawn(program, ['--listen', '127.0.0.1:0', '--ports-file', portsFile,
    '--store', 'memory', '--log-level', 'warning', ...flags],
  { env: Object.fromEntries(environment), stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, fail) => {
    child.stdout.once('data', ready); // printed when the file is there
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the server ended at once, code ${code}`)));
  });
  const port = Number(JSON.parse(readFileSync(portsFile, 'utf8')).listen[0].split(':').at(-1));
  rmSync(folder, { recursive: true });
  return { child, pid: child.pid, port };
}

const proc = (server, file) => readFileSync(`/proc/${server.pid}/${file}`, 'utf8');
const anonymousBytes = (server) => 1024 * Number(proc(server, 'status').match(/RssAnon:\s+(\d+)/)[1]);

function cpuSeconds(server) {
  const fields = proc(server, 'stat').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function contextSwitches(server) {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${server.pid}/task`)) {
    for (const [, count] of proc(server, `task/${thread}/status`).matchAll(/ctxt_switches:\s+(\d+)/g)) {
      sum += Number(count);
    }
  }
  return sum;
}

// Calls onFrame(opcode, payload) for each whole frame in `bytes`; returns what is left.
function takeFrames(bytes, onFrame) {
  for (;;) {
    const short = bytes[1]; // undefined, and so no head, while there is less
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return bytes;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + size) return bytes;
    onFrame(bytes[0] & 15, bytes.subarray(head, head + size));
    bytes = bytes.subarray(head + size);
  }
}

// A guest who joins a room and from then on says nothing but pong.
function joinAsGuest(server, index) {
  const say = (command) => frame({ payload: JSON.stringify(command) });
  return new Promise((joined, fail) => {
    // Several source addresses: one has not enough ports for all.
    const socket = net.connect({ host: '127.0.0.1', port: server.port, localAddress: `127.0.${1 + (index % 8)}.1` });
    let bytes = Buffer.alloc(0);
    let upgraded = false;
    socket.on('connect', () => socket.write(upgradeRequest()));
    socket.on('error', fail);
    socket.on('close', () => { counts.closed += 1; fail(new Error('closed by the server')); });
    socket.on('data', (chunk) => {
      bytes = bytes.length > 0 ? Buffer.concat([bytes, chunk]) : chunk;
      if (!upgraded) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        upgraded = true;
        bytes = bytes.subarray(end + 4);
        socket.write(Buffer.concat([say({ type: 'login', id: '1' }),
          say({ type: 'join', id: '2', room: `room-${Math.floor(index / perRoom)}` })]));
      }
      bytes = takeFrames(bytes, (code, payload) => {
        if (code === opcode.ping) {
          counts.pings += 1;
          socket.write(frame({ code: opcode.pong, payload }));
        } else if (code === opcode.text && payload.includes('"type":"joined"')) {
          counts.joined += 1;
          joined();
        }
      });
    });
  });
}

async function connectUpTo(server, count) {
  while (counts.joined < count) {
    const batch = Math.min(atOnce, count - counts.joined);
    await Promise.all(Array.from({ length: batch }, (_, i) => joinAsGuest(server, counts.joined + i)));
  }
  await sleep(2000);
}

const server = await startServer();
const startedBytes = anonymousBytes(server);
const fewer = Math.floor(total / 4 / perRoom) * perRoom;
await connectUpTo(server, fewer);
const fewerBytes = anonymousBytes(server);
await connectUpTo(server, total);
const allBytes = anonymousBytes(server);
const mib = (bytes) => (bytes / 1048576).toFixed(1);
console.log(`anonymous memory: ${mib(startedBytes)} MiB at the start, ${mib(fewerBytes)} with ${fewer} connections, ${mib(allBytes)} with ${total}`);
console.log(`bytes per connection (slope): ${Math.round((allBytes - fewerBytes) / (total - fewer))}`);

if (Number(seconds) > 0) {
  const before = { cpu: cpuSeconds(server), switches: contextSwitches(server), pings: counts.pings };
  await sleep(Number(seconds) * 1000);
  const percent = ((cpuSeconds(server) - before.cpu) / Number(seconds)) * 100;
  console.log(`idle for ${seconds} s: ${percent.toFixed(2)} % of a core, ${counts.pings - before.pings} pings, `
    + `${((contextSwitches(server) - before.switches) / Number(seconds)).toFixed(1)} context switches a second`);
}
const { closed } = counts;
if (closed > 0) console.log(`CLOSED BY THE SERVER: ${closed}`);
server.child.kill('SIGTERM');
process.exit(closed > 0 ? 1 : 0);
