// Plays one connection against the server and holds each octet that comes against the oracle.
import net from 'node:net';
import { Matcher } from './matcher.js';
import { Deviation, Reader } from './reader.js';

const patienceMs = 20_000;

class Played {
  constructor(plan, expected, done) {
    Object.assign(this, { plan, expected, done, answered: 0, phase: 'http', sent: 0, allSent: false, ended: false, over: false });
    this.reader = new Reader();
    this.matcher = new Matcher(expected);
    this.received = [];
    this.wake = null;
    this.barrier = -1;
    const cuts = [...new Set([...plan.chops, ...plan.barriers, plan.bytes.length])].sort((a, b) => a - b);
    this.pieces = cuts.filter((at) => at > 0);
    this.barriers = new Set(plan.barriers);
  }

  start({ host, port, localAddress }) {
    this.socket = net.connect({ host, port, localAddress, allowHalfOpen: true, noDelay: true });
    this.timer = setTimeout(() => this.guard(() => this.late()), patienceMs);
    this.socket.on('connect', () => { this.write(); });
    this.socket.on('data', (data) => this.guard(() => this.data(data)));
    this.socket.on('end', () => this.guard(() => this.end()));
    this.socket.on('error', (error) => this.guard(() => this.failed(error)));
  }

  guard(step) {
    if (this.over) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof Deviation)) throw error;
      this.finish(error.message);
    }
  }

  finish(why = null) {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    clearInterval(this.lingering);
    this.socket.on('error', () => {});
    if (this.plan.finish === 'destroy' && !why) this.socket.destroy();
    else this.socket.resetAndDestroy();
    this.done(why && { why, received: Buffer.concat(this.received), sent: this.sent });
  }

  // Writes piece by piece; at a barrier, waits for all that is due.
  async write() {
    const { bytes, abrupt } = this.plan;
    for (const at of this.pieces) {
      if (this.over || this.socket.destroyed) return;
      this.socket.write(bytes.subarray(this.sent, at));
      this.sent = at;
      if (this.barriers.has(at) && !this.willEnd(at)) {
        await new Promise((wake) => { this.wake = wake; this.progress(); });
        this.barrier = at;
      } else if (at < bytes.length) await new Promise((later) => { setImmediate(later); });
    }
    this.allSent = true;
    if (abrupt) this.guard(() => this.finish());
    else this.guard(() => this.progress());
  }

  // Does what was sent so far make, or maybe make, the server end?
  willEnd(at) {
    const { end, answers } = this.expected;
    if (end.kind === 'close' || end.kind === 'reply') return end.at < at || end.at === at;
    return answers.some((answer) => answer.at < at && (answer.closes || answer.maybe) && !answer.upgrade);
  }

  // Is all that was sent so far answered?
  settled() {
    const due = this.expected.answers[this.answered];
    if (due && !due.maybe && due.at < this.sent) return false;
    return this.matcher.settled() > this.sent;
  }

  progress() {
    if (this.wake && this.settled()) {
      const { wake } = this;
      this.wake = null;
      wake();
    }
    if (!this.allSent || this.ending || this.phase === 'closed' || !this.settled()) return;
    const { kind, sure } = this.expected.end;
    if (this.refused || kind === 'fin' || kind === 'reply' || (kind === 'close' && sure)) return;
    // It stays open, or may: our end is the last question.
    if (kind === 'open' && this.plan.finish !== 'fin') this.finish();
    else {
      this.ending = true;
      this.socket.end();
    }
  }

  data(data) {
    this.received.push(data);
    this.reader.push(data);
    while (this.phase === 'http') {
      if (this.reader.bytes.length === 0) break;
      const due = this.expected.answers[this.answered];
      if (!due) throw new Deviation('an answer that nothing asked for');
      const answer = this.reader.answer(due.head);
      if (!answer) break;
      this.answer(due, answer);
    }
    while (this.phase === 'frames') {
      const one = this.reader.next();
      if (!one) break;
      if (one.close !== undefined) this.close(one);
      else this.matcher.frame(one);
    }
    if (this.phase === 'closed' && this.reader.bytes.length) throw new Deviation('octets behind the end');
    this.progress();
  }

  answer(due, { status, fields }) {
    if (!due.statuses.has(status)) throw new Deviation(`status ${status}; due was ${[...due.statuses].join(' or ')}`);
    this.answered += 1;
    if (status === 101) {
      this.judgeUpgrade(due.upgrade, fields);
      this.reader.deflate = due.upgrade.deflate;
      this.phase = 'frames';
      return;
    }
    const wanted = { 426: ['sec-websocket-version', '13'], 405: ['allow', undefined], 503: ['retry-after', undefined] }[status];
    if (wanted && (fields[wanted[0]] === undefined || (wanted[1] && fields[wanted[0]] !== wanted[1]))) throw new Deviation(`${status} without ${wanted[0]}`);
    const closes = due.closes || status >= 400;
    if (closes !== (fields.connection === 'close' || /\bclose\b/i.test(fields.connection ?? ''))) throw new Deviation(`${status} with Connection: ${fields.connection}`);
    if (closes) {
      this.phase = 'closed';
      this.refused = true;
    }
  }

  judgeUpgrade(upgrade, fields) {
    const right = (name, wanted) => {
      if (fields[name] !== wanted) throw new Deviation(`101 with ${name}: ${fields[name]}; due was ${wanted}`);
    };
    right('sec-websocket-accept', upgrade.accept);
    right('upgrade', 'websocket');
    right('sec-websocket-protocol', upgrade.protocol);
    if (!/(^|,)\s*upgrade\s*(,|$)/i.test(fields.connection ?? '')) throw new Deviation(`101 with connection: ${fields.connection}`);
    const [name, ...parameters] = (fields['sec-websocket-extensions'] ?? '').split(';').map((one) => one.trim());
    const agreed = name === '' ? undefined : `${name}: ${parameters.sort().join('; ')}`;
    const wanted = upgrade.deflate ? `permessage-deflate: ${upgrade.deflate.answer}` : undefined;
    if (agreed !== wanted) throw new Deviation(`101 agrees to ${agreed}; due was ${wanted}`);
  }

  close({ close, reason }) {
    const { end } = this.expected;
    if (end.kind === 'reply') {
      if (close !== end.code) throw new Deviation(`our close frame was answered by ${close}; due was ${end.code}`);
    } else if (end.kind !== 'close' || !end.codes.has(close)) {
      throw new Deviation(`close ${close} "${reason}"; due was ${end.kind === 'close' ? [...end.codes].join(' or ') : end.kind}`);
    }
    this.matcher.ended(this.barrier, end.at);
    this.phase = 'closed';
  }

  // The server has ended.
  end() {
    if (this.phase === 'closed' || this.ending) {
      if (this.reader.bytes.length) throw new Deviation('the end came inside of something');
      if (this.plan.finish === 'linger' && !this.ending) this.linger();
      else this.finish();
      return;
    }
    throw new Deviation('the server ended without a word');
  }

  // A peer that does not end is waited for a second, whatever it sends: then what it sends is refused.
  linger() {
    this.lingering = setInterval(() => { if (!this.socket.destroyed) this.socket.write('x'); }, 200);
  }

  failed(error) {
    if (this.lingering) { this.finish(); return; }
    if (this.ending && error.code === 'ECONNRESET' && this.expected.end.kind !== 'open') { this.finish(); return; }
    throw new Deviation(`the connection broke: ${error.code} ${error.message}`);
  }

  late() {
    if (this.lingering) throw new Deviation('the server does not let go of a peer that does not end');
    const due = this.expected.answers[this.answered];
    throw new Deviation(`waited in vain: ${due && !due.maybe ? 'an HTTP answer' : `${this.matcher.waiting()}; the end: ${this.expected.end.kind}`}, sent ${this.sent}, phase ${this.phase}`);
  }
}

// Resolves to null when all went as the oracle says, else to { why, received, sent }.
export function play(plan, expected, target) {
  return new Promise((done) => { new Played(plan, expected, done).start(target); });
}
