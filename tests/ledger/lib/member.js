// One honest member of a room, as docs/protocol.md describes a client: it keeps an outbox, resumes behind
// what it has, pages what is more, and books an acknowledgement only when it came. Whatever contradicts the
// protocol's promises is a violation.
import { appendFileSync, openSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';

const outboxMax = 200;  // unacknowledged; then it writes no more until some are

export class Member {
  // `padding` makes what it writes longer.
  constructor({ name, room, ledgerFile, onViolation, padding = '' }) {
    Object.assign(this, { name, room, onViolation, padding });
    this.ledger = openSync(ledgerFile, 'a');
    this.acked = new Map();  // id -> seq
    this.outbox = new Map();  // id -> command, oldest first
    this.events = new Map();  // seq -> what happened there
    this.epoch = undefined;
    this.contiguous = 0;  // seq up to which nothing is missing
    this.written = 0;
    this.resumed = 0;
    this.gaps = 0;
    this.duplicates = 0;
  }

  violation(text) {
    this.onViolation(`${this.name} in ${this.room}: ${text}`);
  }

  // ---- the connection

  connect(url) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket = socket;
    this.live = undefined;  // seq of the next live event, while joined
    this.paging = undefined;
    socket.on('open', () => {
      this.command({ type: 'login', id: 'login', ...(this.session ? { session: this.session } : { name: this.name }) });
      this.command({ type: 'join', id: 'join', room: this.room, since: { epoch: this.epoch ?? '', seq: this.contiguous } });
    });
    socket.on('message', (data) => { if (socket === this.socket) this.take(JSON.parse(data.toString())); });
    socket.on('error', () => {});
    this.closed = new Promise((done) => { socket.on('close', done); });
  }

  command(what) {
    this.socket.send(JSON.stringify(what));
  }

  take(frame) {
    switch (frame.type) {
      case 'logged_in': this.session = frame.session; break;
      case 'joined': this.takeJoined(frame); break;
      case 'history': this.takePage(frame); break;
      case 'ack': this.takeAck(frame); break;
      case 'gap': this.takeGap(frame); break;
      case 'message': this.takeLive(frame); break;
      case 'error': this.violation(`was refused: ${JSON.stringify(frame)}`); break;
      default:
    }
  }

  // ---- what it reads

  takeJoined(frame) {
    if (this.epoch !== undefined) {
      this.resumed += 1;
      if (!frame.recovered) this.violation(`was not recovered at ${this.contiguous}, first is ${frame.first}`);
      if (frame.epoch !== this.epoch) this.violation(`epoch ${this.epoch} became ${frame.epoch}`);
      if (frame.seq < this.contiguous) this.violation(`the head went back from ${this.contiguous} to ${frame.seq}`);
    } else {
      this.contiguous = Math.max(0, frame.first - 1);
    }
    this.epoch = frame.epoch;
    this.live = frame.seq + 1;
    const after = this.contiguous;
    frame.events.forEach((event, index) => {
      if (frame.recovered && event.seq !== after + index + 1 && this.resumed > 0) {
        this.violation(`joined behind ${after} begins or goes on with ${event.seq}`);
      }
      this.note(event);
    });
    this.pageIfMissing();
    for (const command of this.outbox.values()) this.command(command);
  }

  takeLive(event) {
    if (this.live === undefined) return this.violation(`got ${event.seq} live before it had joined`);
    if (event.seq !== this.live) this.violation(`got ${event.seq} live where ${this.live} was due`);
    this.live = event.seq + 1;
    this.note(event);
    this.pageIfMissing();
    return undefined;
  }

  takeGap({ from, to }) {
    if (from !== this.live) this.violation(`a gap from ${from} where ${this.live} was due`);
    this.gaps += 1;
    this.live = to + 1;
    this.pageIfMissing();
  }

  // Everything below the next live event is asked for, page by page.
  pageIfMissing() {
    while (this.events.has(this.contiguous + 1)) this.contiguous += 1;
    if (this.paging !== undefined || this.contiguous + 1 >= this.live) return;
    this.paging = this.contiguous;
    this.command({ type: 'history', id: 'page', room: this.room, after: this.paging, limit: 100 });
  }

  takePage(frame) {
    if (frame.events.length === 0) this.violation(`an empty page behind ${this.paging}, with ${this.live} due`);
    frame.events.forEach((event, index) => {
      if (event.seq !== this.paging + index + 1) this.violation(`page behind ${this.paging} has ${event.seq} at ${index}`);
      this.note(event);
    });
    this.paging = undefined;
    if (frame.events.length > 0) this.pageIfMissing();
  }

  note({ seq, from, content, client_id: id }) {
    const known = this.events.get(seq);
    if (known && (known.id !== id || known.content !== content)) {
      this.violation(`seq ${seq} was ${known.id} and is ${id}`);
    }
    this.events.set(seq, { from, content, id });
  }

  // ---- what it writes

  write() {
    if (this.outbox.size >= outboxMax) return;
    const id = randomUUID();
    const content = `${this.name} ${this.written += 1}${this.padding}`;
    const command = { type: 'send', id, room: this.room, content };
    this.outbox.set(id, command);
    if (this.live !== undefined && this.socket.readyState === WebSocket.OPEN) this.command(command);
  }

  takeAck({ id, seq, epoch, duplicate, durability }) {
    if (epoch !== this.epoch) this.violation(`ack of epoch ${epoch} within ${this.epoch}`);
    if (durability === 'memory') this.violation('a durable room acknowledges from memory');
    const before = this.acked.get(id);
    if (before !== undefined && before !== seq) this.violation(`${id} was acknowledged at ${before}, then at ${seq}`);
    if (duplicate) this.duplicates += 1;
    this.acked.set(id, seq);
    this.outbox.delete(id);
    appendFileSync(this.ledger, `${id} ${seq}\n`);
  }

  // Has it everything, and is everything of it acknowledged?
  settled() {
    return this.outbox.size === 0 && this.live !== undefined && this.contiguous + 1 === this.live;
  }
}
