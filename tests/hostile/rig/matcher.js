// Holds what came against what the oracle named, as it comes.
import { Deviation } from './reader.js';

const show = (value) => (Buffer.isBuffer(value) ? `${value.length} octets ${JSON.stringify(value.toString('latin1', 0, 60))}` : JSON.stringify(value)?.slice(0, 300));

export function describeItem(item) {
  if (item.pong) return `pong ${show(item.pong)}`;
  if (item.message) return `message opcode ${item.message.opcode}, ${show(item.message.payload)}`;
  return `${item.queue === 'sync' ? '' : `[${item.queue}] `}${JSON.stringify({ ...item.json, idIn: undefined })}`;
}

export class Matcher {
  constructor(expected) {
    this.expected = expected;
    this.sync = [];
    this.others = new Map();
    for (const item of expected.items) {
      if (expected.loose && item.json) continue;
      if (item.queue === 'sync') this.sync.push(item);
      else if (this.others.has(item.queue)) this.others.get(item.queue).push(item);
      else this.others.set(item.queue, [item]);
    }
    this.users = new Set();  // who we are
    this.rooms = new Map();  // name -> { seq, in, due: our messages that are to come }
  }

  // The offset up to which all that is due has come; Infinity when nothing is due.
  settled() {
    let at = this.sync[0]?.at ?? Infinity;
    for (const queue of this.others.values()) for (const item of queue) at = Math.min(at, item.at);
    for (const room of this.rooms.values()) for (const one of room.due) at = Math.min(at, one.at);
    return at;
  }

  // What is due, for a report.
  waiting() {
    const due = [...this.sync.slice(0, 2), ...[...this.others.values()].flatMap((queue) => queue.slice(0, 1))].map(describeItem);
    for (const room of this.rooms.values()) due.push(...room.due.map((one) => `our message ${show(one)}`));
    return due.join(', ') || 'nothing';
  }

  frame(one) {
    if (one.pong) {
      const [item] = this.sync;
      if (!item?.pong || !item.pong.equals(one.pong)) throw new Deviation(`a pong came: ${show(one.pong)}; due was ${item ? describeItem(item) : 'nothing'}`);
      this.sync.shift();
    } else if (one.message) this.message(one.message);
    else throw new Deviation('the server sent a ping');
  }

  message({ opcode, payload }) {
    const [item] = this.sync;
    if (item?.message) {
      if (item.message.opcode !== opcode || !item.message.payload.equals(payload)) throw new Deviation(`an echo came: opcode ${opcode}, ${show(payload)}; due was ${describeItem(item)}`);
      this.sync.shift();
      return;
    }
    let frame;
    try {
      frame = JSON.parse(payload.toString());
    } catch {
      throw new Deviation(`no JSON came: ${show(payload)}`);
    }
    if (opcode !== 1 || typeof frame.type !== 'string') throw new Deviation(`no frame of the protocol came: ${show(payload)}`);
    this.native(frame);
  }

  native(frame) {
    if (this.expected.loose || frame.type === 'presence') return;
    if (frame.type === 'message') { this.delivered(frame); return; }
    // Answers that look alike are taken for the earliest that is due.
    let best = null;
    for (const [name, queue] of [['sync', this.sync], ...this.others]) {
      const at = name === 'free' ? queue.findIndex((item) => this.fits(item.json, frame)) : this.firstAnswered(queue, frame);
      if (at >= 0 && (best === null || queue[at].at < best.queue[best.at].at)) best = { name, queue, at };
    }
    if (best) {
      const { name, queue, at } = best;
      for (const item of queue.splice(0, name === 'free' ? 0 : at)) this.noted(item, null);
      this.noted(queue.splice(name === 'free' ? at : 0, 1)[0], frame);
      return;
    }
    throw new Deviation(`came: ${show(frame)}; due was ${this.sync[0] ? describeItem(this.sync[0]) : 'nothing'}${[...this.others.values()].map((queue) => (queue.length ? `, ${describeItem(queue[0])}` : '')).join('')}`);
  }

  // A send without an id is not answered: what is behind it may be.
  firstAnswered(queue, frame) {
    const at = queue.findIndex(({ json }) => !json || json.types.length > 0);
    return queue[at]?.json && this.fits(queue[at].json, frame) ? at : -1;
  }

  fits(json, frame) {
    if (!json.types.includes(frame.type)) return false;
    if (frame.type === 'error' && json.codes && !json.codes.includes(frame.code)) return false;
    if (frame.type === 'error' && (typeof frame.message !== 'string' || frame.fatal)) return false;
    if (json.idIn !== undefined) { if (frame.id !== undefined && typeof frame.id !== 'string') return false; }
    else if ((frame.id ?? undefined) !== json.id) return false;
    if (json.name !== undefined && frame.type === 'logged_in' && frame.name !== json.name) return false;
    if (json.room !== undefined && frame.room !== json.room) return false;
    return Boolean(frame.duplicate) === Boolean(json.duplicate);
  }

  // What an answer says about a room is held against what comes later.
  noted(item, frame) {
    const { json } = item;
    const of = frame?.room ?? item.queue;
    if (frame?.type === 'welcome') {
      if (frame.protocol !== 1) throw new Deviation(`welcome: ${show(frame)}`);
      return;
    }
    if (frame?.type === 'logged_in') this.users.add(frame.user);
    if (frame?.type === 'joined') {
      // Live messages follow from seq + 1 on; who joins again has them from there.
      this.rooms.set(of, { seq: frame.seq, due: [], in: true });
      if (frame.events.length > 100 || !frame.events.every((one, i, all) => i === 0 || one.seq > all[i - 1].seq)) throw new Deviation(`events out of order: ${show(frame)}`);
    }
    const room = this.rooms.get(of);
    if (frame?.type === 'left' && room) Object.assign(room, { in: false, due: [] });
    if (json.message && !json.duplicate && room?.in) room.due.push({ at: item.at, content: json.message.content, seq: frame?.seq, id: json.id });
  }

  delivered(frame) {
    const room = this.rooms.get(frame.room);
    if (!room?.in) throw new Deviation(`a message of a room that we are not in: ${show(frame)}`);
    if (frame.seq !== room.seq + 1) throw new Deviation(`seq ${frame.seq} behind ${room.seq} in ${frame.room}`);
    room.seq = frame.seq;
    if (!this.users.has(frame.user)) return;
    // A send without an id is known by its message alone.
    const queue = this.others.get(frame.room) ?? [];
    while (queue.length && queue[0].json.types.length === 0) this.noted(queue.shift(), null);
    const due = room.due.shift();
    if (!due || due.content !== frame.content || due.id !== frame.client_id || (due.seq !== undefined && due.seq !== frame.seq)) {
      throw new Deviation(`our message came as ${show(frame)}; due was ${show(due)}`);
    }
  }

  // The server ends: what was to be answered in order must have been, and of rooms what is before `at`.
  ended(barrier, at) {
    const item = this.sync.find((one) => one.at <= at);
    if (item) throw new Deviation(`the end came; due was ${describeItem(item)}`);
    if (this.settled() <= barrier) throw new Deviation('the end came before all answers that had been waited for');
  }
}
