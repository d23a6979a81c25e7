// Decent clients beside the hostile ones: four chat in a room, one echoes. Everything must arrive, in
// order and once, all the time.
import net from 'node:net';
import { healthyNames } from '../generate/generate.js';
import { renderFrame, renderRequest, upgradeRequest } from '../generate/wire.js';
import { Reader } from './reader.js';

class Client {
  constructor(port, path, take) {
    this.reader = new Reader();
    this.socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.write(renderRequest(upgradeRequest(path, 'AAAAAAAAAAAAAAAAAAAAAA==', 'localhost')));
    this.closed = new Promise((done) => { this.socket.on('close', done); });
    this.upgraded = false;
    this.socket.on('data', (data) => {
      this.reader.push(data);
      if (!this.upgraded) this.upgraded = this.reader.answer()?.status === 101;
      if (!this.upgraded) return;
      for (let one = this.reader.next(); one; one = this.reader.next()) if (one.message) take(one.message.payload.toString());
    });
  }

  send(text) {
    this.socket.write(renderFrame({ code: 1, payload: Buffer.from(text), key: (this.key = ((this.key ?? 1) * 69069 + 1) >>> 0) }));
  }

  async leave() {
    this.socket.write(renderFrame({ code: 8, payload: Buffer.from([3, 232]), key: 1 }));
    await this.closed;
  }
}

export class Healthy {
  constructor(port, { everyMs = 20 } = {}) {
    Object.assign(this, { failures: [], sent: 0, received: 0, echoes: 0, slowestMs: 0, everyMs, stopping: false });
    this.clients = healthyNames.map((name) => this.chatter(port, name));
    this.echo = this.echoer(port);
    this.ready = Promise.all(this.clients.map(({ ready }) => ready));
  }

  fail(why) {
    if (this.failures.length < 10) this.failures.push(why);
  }

  watch(client, who) {
    client.socket.on('error', (error) => this.fail(`${who}: ${error.message}`));
    client.socket.on('close', () => { if (!this.stopping) this.fail(`${who} was disconnected`); });
  }

  chatter(port, name) {
    const state = { name, seq: null, number: 0, due: null, heard: new Map() };
    state.ready = new Promise((ready) => {
      const client = new Client(port, '/ws', (text) => {
        const frame = JSON.parse(text);
        if (frame.type === 'error') this.fail(`${name}: ${text}`);
        if (frame.type === 'joined') { state.seq = frame.seq; ready(); }
        if (frame.type === 'gap') this.fail(`${name}: a gap`);
        if (frame.type === 'ack') this.acked(state, frame);
        if (frame.type === 'message') this.heard(state, frame);
      });
      state.client = client;
      this.watch(client, name);
      client.send(JSON.stringify({ type: 'login', id: '1', name }));
      client.send(JSON.stringify({ type: 'join', id: '2', room: 'healthy' }));
    });
    return state;
  }

  acked(state, frame) {
    if (frame.id !== state.due?.id) this.fail(`${state.name}: an ack of ${frame.id}, due was ${state.due?.id}`);
    this.slowestMs = Math.max(this.slowestMs, Date.now() - state.due.since);
    state.due = null;
    setTimeout(() => this.say(state), this.everyMs);
  }

  heard(state, { seq, from, content }) {
    if (seq !== state.seq + 1) this.fail(`${state.name}: seq ${seq} behind ${state.seq}`);
    state.seq = seq;
    const number = Number(content);
    // The first one heard of somebody may be any: he may have begun before we joined.
    if (state.heard.has(from) && state.heard.get(from) + 1 !== number) this.fail(`${state.name}: ${from} said ${number} behind ${state.heard.get(from)}`);
    state.heard.set(from, number);
    this.received += 1;
  }

  say(state) {
    if (this.stopping) return;
    state.number += 1;
    state.due = { id: `${state.name}-${state.number}`, since: Date.now() };
    this.sent += 1;
    state.client.send(JSON.stringify({ type: 'send', id: state.due.id, room: 'healthy', content: String(state.number) }));
  }

  echoer(port) {
    let number = 0;
    let due = null;
    const next = () => {
      if (this.stopping) return;
      number += 1;
      due = `${number} ${'x'.repeat(number % 500)}`;
      client.send(due);
    };
    const client = new Client(port, '/echo', (text) => {
      if (text !== due) this.fail(`an echo of ${text.slice(0, 40)}, due was ${due?.slice(0, 40)}`);
      this.echoes += 1;
      setTimeout(next, this.everyMs);
    });
    this.watch(client, 'the echo client');
    next();
    return client;
  }

  start() { for (const state of this.clients) this.say(state); }

  // Lets everything arrive, and ends. Every message must have reached all.
  async stop() {
    this.stopping = true;
    const deadline = Date.now() + 20_000;
    while (this.received < this.sent * this.clients.length && Date.now() < deadline && this.failures.length === 0) {
      await new Promise((later) => { setTimeout(later, 20); });
    }
    if (this.received !== this.sent * this.clients.length) this.fail(`${this.received} messages arrived of ${this.sent} sent to ${this.clients.length}`);
    await Promise.all([...this.clients.map(({ client }) => client.leave()), this.echo.leave()]);
  }
}
