// A run: members write at a steady rate while the server is killed (SIGKILL) and started again on the same
// file; in the end everybody settles, the server ends in peace, and the judge reads the file itself.
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Dice } from '../../web/support/dice.js';
import { judge } from './judge.js';
import { Member } from './member.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = resolve(root, process.env.STENTOR_BIN ?? 'build/release/stentor');
const tickMs = 20;
const settleMs = 60_000;

export const later = (ms) => new Promise((done) => { setTimeout(done, ms); });

// A server on a file in `folder`.
export class Server {
  constructor(folder, { reactors, durability, flags = [] }) {
    this.ports = join(folder, 'ports.json');
    this.file = join(folder, 'rooms.db');
    this.flags = [
      '--listen', '127.0.0.1:0', '--ports-file', this.ports, '--store', `sqlite:${this.file}`, '--durability', durability,
      '--reactors', String(reactors), '--send-rate', '0', '--join-rate', '0', '--log-level', 'warning', ...flags,
    ];
  }

  // Resolves when it is ready, with the time that it took.
  async start() {
    const began = performance.now();
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_') || name === 'STENTOR_IO');
    const child = spawn(program, this.flags, { env: Object.fromEntries(own), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
    this.exited = new Promise((done) => { child.on('close', (code, signal) => done({ code, signal })); });
    await Promise.race([
      new Promise((ready) => { child.stdout.once('data', ready); }),
      this.exited.then((how) => { throw new Error(`the server ended: ${JSON.stringify(how)} ${this.stderr}`); }),
    ]);
    this.url = `ws://${JSON.parse(readFileSync(this.ports, 'utf8')).listen[0]}/ws`;
    return performance.now() - began;
  }

  async end(signal) {
    this.child.kill(signal);
    return this.exited;
  }
}

// The messages of each room, as they stand in the file.
export function readStore(file) {
  const sql = `SELECT rooms.name AS room, seq, client_id AS id, content FROM events JOIN rooms USING (room)
    WHERE kind = 0 ORDER BY rooms.name, seq`;
  const text = execFileSync('sqlite3', ['-readonly', '-json', file, sql], { maxBuffer: 1 << 30 }).toString();
  const rooms = new Map();
  for (const row of text === '' ? [] : JSON.parse(text)) {
    if (!rooms.has(row.room)) rooms.set(row.room, []);
    rooms.get(row.room).push(row);
  }
  const check = execFileSync('sqlite3', ['-readonly', file, 'PRAGMA integrity_check']).toString().trim();
  return { rooms, check };
}

// { violations, kills, acked, rate, resumed, duplicates, readyMs: [...] }
export async function run({
  kills = 5, rate = 1000, members: count = 10, rooms = 2, reactors = 2, durability = 'commit', seed = 1,
  aliveMs = [300, 1500], onKill = () => {},
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-ledger-'));
  mkdirSync(join(folder, 'ledgers'));
  const dice = new Dice(seed);
  const violations = [];
  const onViolation = (text) => { if (violations.length < 50) violations.push(text); };
  const members = Array.from({ length: count }, (_, i) => new Member({
    name: `m${i}`, room: `room${i % rooms}`, ledgerFile: join(folder, 'ledgers', `m${i}`), onViolation,
  }));
  const server = new Server(folder, { reactors, durability });
  const readyMs = [];
  let writing = true;
  let owed = 0;
  let last = performance.now();
  let writingMs = 0;
  const clock = setInterval(() => {
    const now = performance.now();
    const up = writing && members.some((member) => member.live !== undefined);
    if (up) {
      writingMs += now - last;
      owed += ((now - last) * rate) / 1000;
      for (; owed >= 1; owed -= 1) dice.one(members).write();
    }
    last = now;
  }, tickMs);
  try {
    for (let kill = 0; ; kill += 1) {
      readyMs.push(await server.start());
      members.forEach((member) => member.connect(server.url));
      if (kill === kills) break;
      const [least, most] = aliveMs;
      await later(least + dice.next() * (most - least));
      await server.end('SIGKILL');
      await Promise.all(members.map((member) => member.closed));
      onKill(kill + 1);
    }
    await later(aliveMs[1]);
    writing = false;
    for (const until = Date.now() + settleMs; !members.every((member) => member.settled());) {
      if (Date.now() > until) {
        const who = members.filter((member) => !member.settled());
        throw new Error(`not settled: ${who.map((m) => `${m.name} ${m.outbox.size} owed, ${m.contiguous} of ${m.live}`).join('; ')}`);
      }
      await later(tickMs);
    }
    members.forEach((member) => member.socket.terminate());
    const ended = await server.end('SIGTERM');
    if (ended.code !== 0) violations.push(`the server ended with ${JSON.stringify(ended)}: ${server.stderr}`);
    const store = readStore(server.file);
    if (store.check !== 'ok') violations.push(`the file is not whole: ${store.check}`);
    for (const room of new Set(members.map((member) => member.room))) {
      const own = members.filter((member) => member.room === room);
      violations.push(...judge({ room, rows: store.rooms.get(room) ?? [], members: own }));
    }
    const sum = (what) => members.reduce((all, member) => all + what(member), 0);
    return {
      violations,
      kills,
      acked: sum((member) => member.acked.size),
      rate: sum((member) => member.acked.size) / (writingMs / 1000),
      resumed: sum((member) => member.resumed),
      duplicates: sum((member) => member.duplicates),
      gaps: sum((member) => member.gaps),
      readyMs,
    };
  } finally {
    clearInterval(clock);
    server.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
