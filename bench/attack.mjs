// What attackers in great numbers cost the server, and what honest clients notice of them. Run by
// scripts/measure-attack. Attackers live in processes of their own, for descriptors and for what the
// server is charged for; honest clients live in another, so that nobody's work delays their clock.
import { fork } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, readFrames, startServer, statusBytes } from './server.mjs';
import { frame, opcode, upgradeRequest } from '../tests/e2e/support/raw.js';

const attackersOfAProcess = 3400;
const say = (command) => frame({ payload: JSON.stringify(command) });
const enter = () => Buffer.concat([say({ type: 'login', id: 'l' }), say({ type: 'join', id: 'j', room: 'hot' })]);
const msNow = () => performance.timeOrigin + performance.now();
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
const stats = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const [p50, p99, max] = [quantile(sorted, 0.5), quantile(sorted, 0.99), sorted.at(-1)];
  return { count: sorted.length, p50, p99, max };
};
const ms = ({ count, p50, p99, max }) => (count === 0 ? 'nothing' : `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, max ${max.toFixed(1)} ms of ${count}`);

// ---- connections

// Many source addresses: one has not enough ports for all.
let dialled = 0;
function dial(port, attacker = true) {
  dialled += 1;
  const localAddress = attacker ? `127.0.${1 + (process.pid % 200)}.${1 + (dialled % 100)}` : '127.0.0.1';
  const socket = net.connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
  socket.on('error', () => {});
  return socket;
}

// Joins the hot room; `onMessage` gets each message's payload, and pings are answered.
function member(port, onMessage, attacker) {
  return new Promise((joined, fail) => {
    const socket = dial(port, attacker);
    socket.write(upgradeRequest());
    socket.write(enter());
    socket.on('close', () => fail(new Error('the server ended a member')));
    readFrames(socket, (code, payload) => {
      if (code === opcode.ping) socket.write(frame({ code: opcode.pong, payload }));
      if (code !== opcode.text) return;
      if (payload.includes('"type":"joined"')) joined(socket);
      else if (payload.includes('"type":"message"')) onMessage(payload);
    });
  });
}

// ---- what the processes do: each answers the coordinator by process.send()

const sockets = new Set();
const counts = {};
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };
function keep(socket) {
  sockets.add(socket);
  socket.on('close', () => { sockets.delete(socket); count('ended'); });
  return socket;
}
async function inBatches(total, size, one) {
  for (let i = 0; i < total; i += size) {
    await Promise.all(Array.from({ length: Math.min(size, total - i) }, () => one()));
  }
}

const roles = {
  // Members that read nothing any more.
  async stalled({ port, total }) {
    await inBatches(total, 100, async () => keep(await member(port, () => {}, true)).pause());
  },
  // Half a request, and again when the server has ended it.
  async halfOpen({ port, total }) {
    const open = () => {
      const socket = keep(dial(port));
      socket.write(upgradeRequest().slice(0, 80));
      socket.on('close', () => { if (!counts.over) open(); });
      return new Promise((done) => { socket.once('connect', done).once('close', done); });
    };
    await inBatches(total, 200, open);
  },
  // One message in fragments of one byte, without an end.
  async fragments({ port, total }) {
    const first = frame({ payload: 'x', fin: false });
    const more = Buffer.concat(Array.from({ length: 500 }, () => frame({ code: opcode.continuation, payload: 'x', fin: false })));
    const one = () => new Promise((done) => {
      const socket = keep(dial(port));
      let code = 'none';
      socket.write(upgradeRequest());
      socket.write(say({ type: 'login', id: 'l' }));
      socket.write(first);
      // What is read in between comes first: a write may be done at once, for ever.
      const flood = () => { if (code === 'none' && socket.writable) socket.write(more, () => setImmediate(flood)); };
      readFrames(socket, (what, payload) => {
        if (what === opcode.close) {
          code = payload.readUInt16BE(0);
          socket.end();
        }
      }, flood);
      socket.on('close', () => { count(`close ${code}`); done(); });
    });
    await Promise.all(Array.from({ length: total }, one));
  },
  // Connected, with a whole request, and holding on to it.
  async holders({ port, total }) {
    const one = () => new Promise((done) => {
      const socket = keep(dial(port));
      socket.write(upgradeRequest());
      socket.write(enter());
      socket.once('data', done).once('close', done);
    });
    await inBatches(total, 100, one);
  },
  // Come again and again, `perSecond` of them, whatever they are told.
  async insistent({ port, perSecond }) {
    setInterval(() => {
      for (let i = 0; i < perSecond / 50; i += 1) {
        count('attempts');
        const socket = dial(port);
        socket.write(upgradeRequest());
        socket.once('data', (bytes) => {
          if (bytes.toString('latin1', 0, 12) === 'HTTP/1.1 101' && !counts.servedAt) counts.servedAt = msNow();
          count(bytes.toString('latin1', 9, 12));
          socket.destroy();
        });
        setTimeout(() => socket.destroy(), 1000).unref();
      }
    }, 20);
  },
  // Healthy members; `say` makes them talk for a while and answers the times of delivery.
  async healthy({ port, total }) {
    const onMessage = (payload) => {
      const at = payload.indexOf('"content":"') + 11;
      delays.push(msNow() - Number(payload.toString('latin1', at, payload.indexOf(32, at))));
    };
    await inBatches(total, 10, async () => keep(await member(port, onMessage, false)));
  },
  async say({ perSecond, seconds }) {
    delays = [];
    const members = [...sockets];
    for (let i = 0; i < perSecond * seconds; i += 1) {
      const content = `${msNow()} ${'x'.repeat(1000)}`;
      members[i % members.length].write(say({ type: 'send', room: 'hot', content }));
      await sleep(1000 / perSecond);
    }
    await sleep(300);
    return stats(delays);
  },
  // Honest handshakes, one after the other: from connect to the answer.
  async handshakes({ port, total }) {
    const times = [];
    for (let i = 0; i < total; i += 1) {
      const begin = msNow();
      const socket = dial(port, false);
      socket.write(upgradeRequest());
      const came = await new Promise((done) => { socket.once('data', () => done(true)).once('close', () => done(false)); });
      if (came) times.push(msNow() - begin);
      else count('handshakes in vain');
      socket.destroy();
      await sleep(5);
    }
    return stats(times);
  },
  async drop({ total }) {
    [...sockets].slice(0, total).forEach((socket) => socket.resetAndDestroy());
    delete counts.servedAt;
    return msNow();
  },
  async over() {
    counts.over = true;
    sockets.forEach((socket) => socket.destroy());
  },
  async counts() { return { ...counts, open: sockets.size }; },
};
let delays = [];

// ---- the coordinator

class Helper {
  constructor() {
    this.child = fork(new URL(import.meta.url), ['helper']);
    this.waiting = [];
    this.child.on('message', (answer) => this.waiting.shift()(answer));
  }
  ask(role, parameters = {}) {
    this.child.send({ role, ...parameters });
    return new Promise((done) => { this.waiting.push(done); });
  }
}

// That many attackers in as many processes as they need.
async function attackers(role, total, parameters) {
  const processes = Math.ceil(total / attackersOfAProcess);
  const crowd = Array.from({ length: processes }, () => new Helper());
  await Promise.all(crowd.map((one, i) => one.ask(role, {
    ...parameters, total: Math.floor(total / processes) + (i < total % processes ? 1 : 0),
  })));
  return crowd;
}
async function sum(crowd) {
  const all = {};
  for (const one of await Promise.all(crowd.map((helper) => helper.ask('counts')))) {
    for (const [what, number] of Object.entries(one)) all[what] = (all[what] ?? 0) + number;
  }
  return all;
}
const end = (crowd) => crowd.forEach(({ child }) => child.kill());

const residentMib = (server) => statusBytes(server, 'VmRSS') / 1048576;
// Of the server; a client that does not read does not hear that it was reset.
const connections = ({ child }) => readdirSync(`/proc/${child.pid}/fd`).length;
// What the kernel keeps for both ends of all connections of this machine.
const kernelMib = () => Number(readFileSync('/proc/net/sockstat', 'utf8').match(/^TCP:.* mem (\d+)/m)[1]) * 4 / 1024;

const trials = {
  async stalled(server, total) {
    const healthy = new Helper();
    await healthy.ask('healthy', { port: server.port, total: 50 });
    const quiet = await healthy.ask('say', { perSecond: 20, seconds: 15 });
    console.log(`healthy, quiet: ${ms(quiet)}`);
    const before = residentMib(server);
    const crowd = await attackers('stalled', total, { port: server.port });
    console.log(`${total} members stall; resident memory ${before.toFixed(0)} MiB before, ${residentMib(server).toFixed(0)} MiB with them`);
    let peak = 0;
    for (let i = 0; i < 6; i += 1) {
      const cpu = cpuSeconds(server);
      const now = await healthy.ask('say', { perSecond: 20, seconds: 10 });
      peak = Math.max(peak, residentMib(server));
      console.log(`healthy, ${10 * (i + 1)} s: ${ms(now)} (${(now.p99 / quiet.p99).toFixed(1)} times the quiet p99); `
        + `${residentMib(server).toFixed(0)} MiB, ${(10 * (cpuSeconds(server) - cpu)).toFixed(0)} % of a core; `
        + `${connections(server)} connections, ${kernelMib().toFixed(0)} MiB in TCP's queues`);
    }
    console.log(`memory: ${(peak - before).toFixed(0)} MiB at most for ${total} stalled members`);
    end([healthy, ...crowd]);
  },
  async halfOpen(server, total) {
    const honest = new Helper();
    await honest.ask('handshakes', { port: server.port, total: 200 });  // warms up
    const quiet = await honest.ask('handshakes', { port: server.port, total: 500 });
    console.log(`honest handshake, quiet: ${ms(quiet)}`);
    const before = residentMib(server);
    const crowd = await attackers('halfOpen', total, { port: server.port });
    const besides = await honest.ask('handshakes', { port: server.port, total: 1000 });
    const { ended = 0, open } = await sum(crowd);
    console.log(`honest handshake beside ${open} half open ones: ${ms(besides)} (${(besides.p50 / quiet.p50).toFixed(1)} times the quiet p50); `
      + `${(await honest.ask('counts'))['handshakes in vain'] ?? 0} in vain; ${ended} half open ones were ended and came again; `
      + `${(residentMib(server) - before).toFixed(0)} MiB more`);
    await Promise.all(crowd.map((one) => one.ask('over')));
    end([honest, ...crowd]);
  },
  async fragments(server, total) {
    const begin = msNow();
    const before = residentMib(server);
    const crowd = await attackers('fragments', total, { port: server.port });
    console.log(`${total} peers with endless fragments, after ${((msNow() - begin) / 1000).toFixed(1)} s:`, await sum(crowd),
      `${(residentMib(server) - before).toFixed(0)} MiB more`);
    end(crowd);
  },
  async descriptors(server, total) {
    const crowd = await attackers('holders', total, { port: server.port });
    const insistent = new Helper();
    await insistent.ask('insistent', { port: server.port, perSecond: 500 });
    await sleep(2000);
    const cpu = cpuSeconds(server);
    const before = await insistent.ask('counts');
    await sleep(10_000);
    const after = await insistent.ask('counts');
    console.log(`at the limit: ${(10 * (cpuSeconds(server) - cpu)).toFixed(1)} % of a core, `
      + `${(after.attempts - before.attempts) / 10} attempts a second,`, after);
    await insistent.ask('drop', { total: 0 });
    const freed = await crowd[0].ask('drop', { total: 100 });
    const honest = await insistent.ask('handshakes', { port: server.port, total: 20 });
    const { servedAt } = await insistent.ask('counts');
    console.log(`100 descriptors came free: the first is served ${servedAt ? `${(servedAt - freed).toFixed(0)} ms later` : 'NOT YET'}; `
      + `who comes then waits ${ms(honest)}`);
    end([insistent, ...crowd]);
  },
};

if (process.argv[2] === 'helper') {
  process.on('message', async ({ role, ...parameters }) => process.send(await roles[role](parameters) ?? {}));
  process.on('disconnect', () => process.exit());
} else {
  const [program, trial, total, files, ...flags] = process.argv.slice(2);
  const server = await startServer(program, ['--log-level', 'error', ...flags], ['prlimit', `--nofile=${files}`]);
  await trials[trial](server, Number(total));
  server.child.kill('SIGTERM');
  const code = await new Promise((done) => { server.child.once('exit', done); });
  if (code !== 0) console.log(`THE SERVER ENDED WITH ${code}`);
  process.exit(code);
}
