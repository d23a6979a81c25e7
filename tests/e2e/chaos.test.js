// Chaos: a seeded mixture of everything hostile that a client can do, beside honest clients who must
// not notice; afterwards the server is as if nobody had been there.
// STENTOR_SEED repeats a run, STENTOR_CHAOS=N plays N actions a round instead of the usual.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Dice } from '../web/support/dice.js';
import { eventually, gaugesThatReturn, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket, frame, opcode, upgradeRequest } from './support/raw.js';

const seed = Number(process.env.STENTOR_SEED ?? 20_260_801);
const actionsOfARound = Number(process.env.STENTOR_CHAOS ?? 150);
const atOnce = 8;
const honestMembers = 5;

const text = (command) => frame({ payload: typeof command === 'string' ? command : JSON.stringify(command) });
const login = (more = {}) => text({ type: 'login', id: 'l', ...more });
const join = (room = 'agora') => text({ type: 'join', id: 'j', room, history: 100 });
const close = frame({ code: opcode.close, payload: Buffer.from([3, 232]) });

// A member who keeps books: what it saw, by seq, live or paged.
async function honest(server, name, book) {
  const client = await Client.login(server, name);
  const ledger = new Map();
  const note = ({ seq, client_id: id }) => {
    assert.ok(!ledger.has(seq), `${name} saw ${seq} twice`);
    ledger.set(seq, id);
  };
  const page = async (from, to) => {
    for (let after = from - 1; after < to;) {
      const { events } = await client.ask({ type: 'history', room: 'agora', after, before: to + 1, limit: 100 });
      assert.ok(events.length > 0, `${name} cannot page ${after + 1}..${to}`);
      events.forEach(note);
      after = events.at(-1).seq;
    }
  };
  const { seq } = await client.join('agora');
  const self = { client, name, joined: seq, ledger, paging: [], said: 0 };
  const take = client.take.bind(client);
  client.take = (got) => {
    if (got.type === 'message') note(got);
    else if (got.type === 'gap') self.paging.push(page(got.from, got.to));
    else if (got.id !== undefined || got.type === 'error') take(got);
  };
  client.frames.splice(0).forEach(client.take);
  self.say = async () => {
    const id = `${name}-${self.said += 1}`;
    const answer = await client.say('agora', `word ${self.said} of ${name} ${'.'.repeat(self.said % 700)}`, { id });
    assert.equal(answer.type, 'ack', JSON.stringify(answer));
    book.set(id, answer.seq);
  };
  return self;
}

// Members in a process of their own, which can be stopped in the middle of everything.
function stoppableCrowd(server) {
  const raw = fileURLToPath(new URL('./support/raw.js', import.meta.url));
  const code = `
    setInterval(() => {}, 1000);  // sockets do not keep it running
    const { RawSocket, frame } = await import(${JSON.stringify(raw)});
    const say = (command) => frame({ payload: JSON.stringify(command) });
    for (let i = 0; i < 3; i += 1) {
      const raw = await RawSocket.upgrade({ port: ${server.port} });
      await raw.write(Buffer.concat([say({ type: 'login', id: '1' }), say({ type: 'join', id: '2', room: 'agora' })]));
      await raw.until((bytes) => bytes.includes('"type":"joined"'));
      raw.socket.removeAllListeners('data');
      raw.socket.resume();
    }
    console.log('here');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const here = new Promise((done) => { child.stdout.once('data', done); });
  const gone = new Promise((done) => { child.once('exit', done); });
  return { child, here, gone };
}

// One round's world: what hostile clients share, and how each of them behaves. Each action ends with
// its sockets dead, or kept in `held` for later.
class Hostility {
  constructor(server, dice, book) {
    Object.assign(this, { server, dice, book, held: [], sessions: [], speakers: 0 });
  }


  die(raw) {
    this.dice.one([(one) => one.reset(), (one) => one.destroy(), (one) => one.socket.end()])(raw);
    raw.socket.resume();
  }

  dieOrStay(raw) {
    if (this.dice.next() < 0.5 || this.held.length > 60) return this.die(raw);
    return this.held.push(raw);
  }

  // Writes all but a random end of it.
  async cutShort(raw, bytes) {
    await raw.write(bytes.subarray(0, this.dice.below(bytes.length)));
    this.dieOrStay(raw);
  }

  async member() {
    const raw = await RawSocket.upgrade(this.server);
    await raw.write(Buffer.concat([login(), join()]));
    await raw.until((bytes) => bytes.includes('"type":"joined"'));
    return raw;
  }

  async closesWith(code, bytes) {
    const raw = await RawSocket.upgrade(this.server);
    await raw.write(bytes);
    assert.equal(await raw.closeCode(), code);
    raw.destroy();
  }

  async halfOpenHandshake() { await this.cutShort(await RawSocket.connect(this.server), Buffer.from(upgradeRequest())); }
  async noise() {
    const raw = await RawSocket.connect(this.server);
    await raw.write(Buffer.from(Array.from({ length: this.dice.below(2000) }, () => this.dice.below(256))));
    this.dieOrStay(raw);
  }
  async cutInLogin() { await this.cutShort(await RawSocket.upgrade(this.server), login()); }
  async cutInJoin() { await this.cutShort(await RawSocket.upgrade(this.server), Buffer.concat([login(), join()])); }
  async cutInMessage() {
    await this.cutShort(await this.member(), text({ type: 'typing', room: 'agora', on: true, pad: 'x'.repeat(this.dice.below(50_000)) }));
  }
  async cutInClose() { await this.cutShort(await this.member(), close); }
  async dieBehindClose() {
    const raw = await this.member();
    await raw.write(close);
    this.die(raw);
  }
  async unfinishedFragments() {
    const raw = await this.member();
    const one = (code) => frame({ code, payload: 'x', fin: false });
    await raw.write(Buffer.concat([one(opcode.text), ...Array.from({ length: this.dice.below(1000) }, () => one(opcode.continuation))]));
    this.dieOrStay(raw);
  }
  async endlessFragments() {
    const one = (code) => frame({ code, payload: 'x', fin: false });
    await this.closesWith(1008, Buffer.concat([one(opcode.text), ...Array.from({ length: 5000 }, () => one(opcode.continuation))]));
  }
  async oversized() { await this.closesWith(1009, frame({ payload: 'x'.repeat(65_537) })); }
  async notUtf8() { await this.closesWith(1007, frame({ payload: Buffer.from([0x22, 0xed, 0xa0, 0x80]) })); }
  async unmasked() { await this.closesWith(1002, frame({ payload: '{}', masked: false })); }
  async pingFlood() {
    const raw = await RawSocket.upgrade(this.server);
    if (this.dice.next() < 0.5) raw.socket.pause();
    await raw.write(Buffer.concat([login(), ...Array.from({ length: 500 }, () => frame({ code: opcode.ping, payload: 'p'.repeat(100) }))]));
    this.dieOrStay(raw);
  }
  async readsNoMore() {
    const raw = await this.member();
    raw.socket.pause();
    this.held.push(raw);
  }
  async reconnectStorm() {
    const session = this.sessions.length > 0 ? { session: this.dice.one(this.sessions) } : {};
    const raws = await Promise.all(Array.from({ length: 15 }, () => RawSocket.upgrade(this.server)));
    await Promise.all(raws.map((raw) => raw.write(Buffer.concat([login(session), join()]))));
    raws.forEach((raw) => this.die(raw));
  }
  async sameSessionTwice() {
    const one = await Client.login(this.server);
    this.sessions.push(one.session);
    const others = await Promise.all([1, 2].map(() => Client.login(this.server, undefined, { session: one.session })));
    assert.ok(others.every(({ user }) => user === one.user));
    await Promise.all([one, ...others].map((client) => client.join('agora')));
    await (this.dice.next() < 0.5 ? one.close() : one.drop());
    assert.equal((await others[0].ask({ type: 'members', room: 'agora' })).type, 'members');
    await Promise.all(others.map((client) => (this.dice.next() < 0.5 ? client.close() : client.drop())));
  }
  async renames() {
    const raw = await RawSocket.upgrade(this.server);
    const names = Array.from({ length: 10 }, () => `name-${this.dice.below(20)}`);
    await raw.write(Buffer.concat([login(), join(), ...names.map((name) => login({ name }))]));
    this.dieOrStay(raw);
  }
  async joinsAndLeaves() {
    const raw = await RawSocket.upgrade(this.server);
    const steps = Array.from({ length: 50 }, () => {
      const room = `room-${this.dice.below(30)}`;
      return this.dice.next() < 0.6 ? join(room) : text({ type: 'leave', id: 'x', room });
    });
    await raw.write(Buffer.concat([login(), ...steps]));
    this.dieOrStay(raw);
  }
  // Says something, and dies with some of it acknowledged.
  async speaksAndDies() {
    const name = `speaker-${this.speakers += 1}`;
    const raw = await this.member();
    const sends = Array.from({ length: 8 }, (_, i) => text({ type: 'send', room: 'agora', id: `${name}-${i}`, content: `${name} ${'!'.repeat(this.dice.below(3000))}` }));
    await raw.write(Buffer.concat(sends));
    const acks = () => [...raw.bytes.toString().matchAll(/"type":"ack","id":"([^"]*)".*?"seq":(\d+)/g)];
    const awaited = this.dice.below(9);
    await raw.until(() => acks().length >= awaited);
    acks().forEach(([, id, seq]) => this.book.set(id, Number(seq)));
    this.die(raw);
  }
}

const behaviours = Object.getOwnPropertyNames(Hostility.prototype)
  .filter((name) => !['constructor', 'pick', 'below', 'die', 'dieOrStay', 'cutShort', 'member', 'closesWith'].includes(name));

async function round(server, dice) {
  const book = new Map();  // acknowledged: seq by id
  const members = [];
  for (let i = 0; i < honestMembers; i += 1) members.push(await honest(server, `honest-${i}`, book));
  const hostility = new Hostility(server, dice, book);
  const crowd = stoppableCrowd(server);
  await crowd.here;

  let left = actionsOfARound;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const behaviour = dice.one(behaviours);
      if (left % 20 === 0) crowd.child.kill(left % 40 === 0 ? 'SIGSTOP' : 'SIGCONT');
      const somebody = dice.one(members);
      try {
        await Promise.all([hostility[behaviour](), somebody.say(), somebody.say()]);
      } catch (failure) {
        throw new Error(`${behaviour}: ${failure.message}`, { cause: failure });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));

  const last = Math.max(...book.values());
  for (const { name, client, joined, ledger, paging } of members) {
    await eventually(async () => {
      await Promise.all(paging);
      assert.ok(Math.max(...ledger.keys()) >= last, `${name} did not see all`);
    });
    const seqs = [...ledger.keys()].sort((a, b) => a - b);
    assert.deepEqual(seqs, Array.from(seqs, (_, i) => joined + 1 + i), `${name} has a hole`);
    const ids = [...ledger.values()];
    assert.equal(new Set(ids).size, ids.length, `${name} saw a message twice`);
    for (const [id, seq] of book) {
      if (seq > joined) assert.equal(ledger.get(seq), id, `${name}: what was acknowledged as ${seq}`);
    }
    assert.deepEqual(client.frames.filter(({ type }) => type === 'error'), []);
  }
  crowd.child.kill('SIGCONT');
  crowd.child.kill('SIGKILL');
  await crowd.gone;
  hostility.held.forEach((raw) => hostility.die(raw));
  await Promise.all(members.map(async ({ client }) => {
    await client.ask({ type: 'leave', room: 'agora' });
    await client.close();
  }));
  hostility.held.forEach((raw) => raw.destroy());
}

const residentMib = (server) => Number(readFileSync(`/proc/${server.child.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;

for (const reactors of [1, 4]) {
  test(`honest clients do not notice hostile ones, and nothing is left of these, ${reactors} reactor(s)`, async () => {
    const dice = new Dice(seed + reactors);
    const server = await startServer({
      reactors,
      flags: ['--name-hold', '0s', '--send-rate', '0', '--outbox-bytes', '64KiB'],
      // Freed memory is to be seen as freed.
      env: { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:quarantine_size_mb=4` },
    });
    const gauges = () => gaugesThatReturn(server);
    const first = await Client.login(server);
    await first.join('agora');
    await first.say('agora', 'somebody was here');
    await first.ask({ type: 'leave', room: 'agora' });
    await first.close();
    let baseline;
    await eventually(async () => {
      baseline = await gauges();
      assert.deepEqual([baseline.stentor_connections, baseline.stentor_sessions, baseline.stentor_home_users,
        baseline.stentor_home_names, baseline.stentor_home_room_members], [1, 0, 0, 0, 0]);
    });

    const resident = [];
    for (let i = 0; i < 2; i += 1) {
      await round(server, dice);
      await eventually(async () => assert.equal((await gauges()).stentor_connections, 1), 60);
      resident.push(residentMib(server));
    }
    // A dropped user stays for ten seconds.
    await eventually(async () => assert.deepEqual(await gauges(), baseline, `seed ${seed}`), 60);
    // The second round finds all the memory that it needs in what the first one left.
    assert.ok(resident[1] < resident[0] * 1.25 + 16, `resident memory after each round: ${resident} MiB`);
    await server.stop();
  });
}
