// What idle connections cost: memory for one, processor time and context switches for all of them.
// Run by scripts/measure-idle; docs/limits.md has the figures.
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, proc, readFrames, startServer, statusBytes } from './server.mjs';
import { frame, opcode, upgradeRequest } from '../tests/e2e/support/raw.js';

const [program, connections, seconds, ...flags] = process.argv.slice(2);
const total = Number(connections);
const perRoom = 20;
const atOnce = 200;
const counts = { joined: 0, closed: 0, pings: 0 };

const anonymousBytes = (server) => statusBytes(server, 'RssAnon');

function contextSwitches(server) {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${server.pid}/task`)) {
    for (const [, count] of proc(server, `task/${thread}/status`).matchAll(/ctxt_switches:\s+(\d+)/g)) {
      sum += Number(count);
    }
  }
  return sum;
}

// A guest who joins a room and from then on says nothing but pong.
function joinAsGuest(server, index) {
  const say = (command) => frame({ payload: JSON.stringify(command) });
  return new Promise((joined, fail) => {
    // Several source addresses: one has not enough ports for all.
    const socket = net.connect({ host: '127.0.0.1', port: server.port, localAddress: `127.0.${1 + (index % 8)}.1` });
    socket.on('connect', () => socket.write(upgradeRequest()));
    socket.on('error', fail);
    socket.on('close', () => { counts.closed += 1; fail(new Error('closed by the server')); });
    readFrames(socket, (code, payload) => {
      if (code === opcode.ping) {
        counts.pings += 1;
        socket.write(frame({ code: opcode.pong, payload }));
      } else if (code === opcode.text && payload.includes('"type":"joined"')) {
        counts.joined += 1;
        joined();
      }
    }, () => socket.write(Buffer.concat([say({ type: 'login', id: '1' }),
      say({ type: 'join', id: '2', room: `room-${Math.floor(index / perRoom)}` })])));
  });
}

async function connectUpTo(server, count) {
  while (counts.joined < count) {
    const batch = Math.min(atOnce, count - counts.joined);
    await Promise.all(Array.from({ length: batch }, (_, i) => joinAsGuest(server, counts.joined + i)));
  }
  await sleep(2000);
}

const server = await startServer(program, ['--log-level', 'warning', ...flags]);
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
