// Runs cases against one server, many at a time, and says of each what deviated. A case has one right
// outcome; README.md tells its fields.
import { Deviation, Peer } from './peer.js';
import { close, describe, is, same } from './wire.js';

const patienceMs = 15_000;
const endMs = 1_500;  // from the server's close frame to the end of TCP, the peer doing nothing
const weightMax = 48;

export function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Deviation(`nothing for ${ms} ms: ${typeof what === 'function' ? what() : what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// What the procedure of a case gets: connections that are let go with the case, and what it may wait for.
export class Bench {
  constructor(target, mode) {
    Object.assign(this, { target, mode, peers: [], waitsFor: 'a connection' });
  }

  async connect(mode = this.mode) {
    const peer = await Peer.open(this.target, mode);
    this.peers.push(peer);
    return peer;
  }

  // Connected and upgraded.
  async open(how = {}, mode = this.mode) {
    const peer = await this.connect(mode);
    this.waitsFor = 'the answer to the handshake';
    peer.answered = await peer.upgrade(how);
    return peer;
  }

  // What comes must be these, in this order, and nothing else up to there. (expectLoosely() says what
  // another server than ours may do.)
  async expect(peer, wanted, closes = false) {
    if (this.target.loose) return this.expectLoosely(peer, wanted, closes);
    const came = [];
    for (const [i, item] of wanted.entries()) {
      this.waitsFor = `${describe(item)} (${i + 1} of ${wanted.length})`;
      const one = await peer.next();
      if (!same(one, item)) throw new Deviation(`${describe(one)} in place of ${describe(item)} (${i + 1} of ${wanted.length})`);
      came.push(one);
    }
    return came;
  }

  // As the RFCs leave it to a server: pongs and echoes keep their order each, not between each other, and
  // when the connection is to close, what is due may be let go.
  async expectLoosely(peer, wanted, closes) {
    const isPong = ({ type }) => type === 'pong';
    const isLast = ({ type }) => type === 'close' || type === 'end';
    const lanes = [wanted.filter(isPong), wanted.filter((item) => !isPong(item) && !isLast(item)), wanted.filter(isLast)];
    const came = [];
    while (lanes.some((lane) => lane.length)) {
      const [due] = lanes.flat();
      this.waitsFor = describe(due);
      const one = await peer.next();
      if (one.type === 'close' && (closes || lanes[2].length)) {
        lanes[0].length = 0;
        lanes[1].length = 0;
        if (closes && !lanes[2].length) {
          peer.giveBack(one);
          return came;
        }
      }
      const lane = isPong(one) ? 0 : lanes[1].length ? 1 : 2;
      const item = lanes[lane].shift();
      if (!item || !same(one, item)) throw new Deviation(`${describe(one)} in place of ${describe(item ?? due)}`);
      came.push(one);
    }
    return came;
  }

  // The server ends soon, of itself, and not by a reset.
  expectEnd(peer) {
    return within(endMs, this.expect(peer, [is.end]), 'TCP is not down after the close frame');
  }

  // Wants a close frame and the end behind it.
  async expectClose(peer, code) {
    await this.expect(peer, [is.close(code)]);
    await this.expectEnd(peer);
  }

  // Ends an open connection by the close handshake.
  async finish(peer) {
    await peer.send([close(1000)]);
    await this.expectClose(peer, 1000);
  }

  letGo() {
    this.peers.forEach((peer) => peer.destroy());
  }
}

async function runHttp(bench, one) {
  const peer = await bench.connect();
  const request = typeof one.request === 'function' ? one.request(bench.target) : one.request;
  bench.waitsFor = `an answer of ${one.status}`;
  const sending = peer.send([request].flat());
  const answer = await peer.answer({ bodiless: one.bodiless });
  if (answer.status !== one.status) throw new Deviation(`${answer.status} in place of ${one.status}: ${answer.body.trim()}`);
  for (const [name, value] of Object.entries(one.fields ?? {})) {
    const given = answer.fields[name.toLowerCase()];
    const right = value === null ? given === undefined : value instanceof RegExp ? value.test(given ?? '') : given === value;
    if (!right) throw new Deviation(`${name} is ${given}, not ${value ?? 'absent'}`);
  }
  if (answer.status === 101) {
    peer.accept(answer, true, one.key);
    await sending;
    await bench.expect(peer, one.want ?? []);
    await bench.finish(peer);
    return;
  }
  if (answer.status < 400) return;
  await within(endMs, bench.expect(peer, [is.end]), 'TCP is not down after the refusal');
}

async function runFrames(bench, one) {
  const { send = [], want = [] } = one.make ? one.make() : one;
  const peer = await bench.open(one);
  if (one.agreed !== undefined) one.agreed(peer.deflate?.agreed ?? null);
  const sending = peer.send(send);
  const receiving = async () => {
    const closes = one.closes !== undefined;
    const came = await bench.expect(peer, want, closes);
    if (closes) {
      await bench.expectClose(peer, one.closes);
    } else {
      await sending;
      await bench.finish(peer);
    }
    one.check?.(came, peer);
  };
  await Promise.all([receiving(), sending]);
}

// Runs one case; null when all was right, else what was not.
export async function runCase(one, target, mode) {
  const bench = new Bench(one.path && !one.request ? { ...target, path: one.path } : target, mode);
  const run = one.run ? () => one.run(bench) : one.request ? () => runHttp(bench, one) : () => runFrames(bench, one);
  try {
    await within(one.patienceMs ?? patienceMs, run(), () => `waited for ${bench.waitsFor}`);
    return null;
  } catch (error) {
    return error instanceof Deviation ? error.message : `${error.stack}`;
  } finally {
    bench.letGo();
  }
}

// Runs all; onResult(case, failure, ms) as each ends. Heavy cases take the room of several.
export async function runCases(cases, target, mode, onResult) {
  const waiting = [...cases].sort((one, other) => (other.weight ?? 1) - (one.weight ?? 1));
  let running = 0;
  let wake = () => {};
  const all = [];
  while (waiting.length) {
    const weight = Math.min(waiting[0].weight ?? 1, weightMax);
    while (running + weight > weightMax) await new Promise((done) => { wake = done; });
    const one = waiting.shift();
    running += weight;
    const begin = Date.now();
    all.push(runCase(one, target, mode).then((failure) => {
      running -= weight;
      onResult(one, failure, Date.now() - begin);
      wake();
    }));
  }
  await Promise.all(all);
}
