// A client of the native protocol that keeps what it receives until a test asks for it. Whatever the server
// says is held against docs/asyncapi.yaml.
import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';
import { faultOf } from './schema.js';

const patienceMs = 20_000;

export class Client {
  constructor(socket) {
    this.socket = socket;
    this.frames = [];  // received and not yet asked for
    this.native = socket.url?.endsWith('/echo') !== true;
    this.waiting = [];
    this.lastId = 0;
    socket.on('message', (data, binary) => this.take(binary ? { binary: data } : JSON.parse(data.toString())));
    this.closed = new Promise((done) => {
      socket.on('close', (code, reason) => done({ code, reason: reason.toString() }));
    });
    socket.on('error', () => {});
  }

  // Connects; `options` are those of ws, with `protocols`.
  static open(server, path = '/ws', { protocols = [], ...options } = {}) {
    const socket = new WebSocket(server.ws + path, protocols, { perMessageDeflate: false, ...options });
    const client = new Client(socket);
    return new Promise((done, fail) => {
      socket.on('open', () => done(client));
      socket.on('error', fail);
    });
  }

  // Connects and logs in; `client.user`, `.name`, `.session` are what the server answered.
  static async login(server, name, more = {}) {
    const client = await Client.open(server);
    const answer = await client.ask({ type: 'login', ...(name ? { name } : {}), ...more });
    if (answer.type !== 'logged_in') throw new Error(JSON.stringify(answer));
    return Object.assign(client, { user: answer.user, name: answer.name, session: answer.session });
  }

  take(frame) {
    const fault = this.native ? faultOf(frame) : undefined;
    if (fault) throw new Error(`not as docs/asyncapi.yaml says: ${fault}`);
    const index = this.waiting.findIndex(({ wanted }) => wanted(frame));
    if (index < 0) {
      this.frames.push(frame);
      return;
    }
    const [{ done, timer }] = this.waiting.splice(index, 1);
    clearTimeout(timer);
    done(frame);
  }

  // The first frame, received or to come, that is wanted: by type, or by a predicate.
  next(type, ms = patienceMs) {
    const wanted = typeof type === 'function' ? type : (frame) => frame.type === type;
    const index = this.frames.findIndex(wanted);
    if (index >= 0) return Promise.resolve(this.frames.splice(index, 1)[0]);
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        const kept = JSON.stringify(this.frames.slice(-10)).slice(0, 2000);
        fail(new Error(`waited in vain for ${type}; received and not asked for: ${kept}`));
      }, ms);
      this.waiting.push({ wanted, done, timer });
    });
  }

  send(command) {
    this.socket.send(typeof command === 'string' ? command : JSON.stringify(command));
  }

  // Sends a command and waits for what bears its id.
  ask(command) {
    const id = command.id ?? `c${this.lastId += 1}`;
    this.send({ ...command, id });
    return this.next((frame) => frame.id === id);
  }

  join(room, more = {}) {
    return this.ask({ type: 'join', room, ...more });
  }

  // The id of what is stored is unique for its user for ever.
  say(room, content, more = {}) {
    return this.ask({ type: 'send', id: randomUUID(), room, content, ...more });
  }

  // Ends with a close handshake.
  async close() {
    this.socket.close(1000);
    return this.closed;
  }

  // Ends without a word.
  drop() {
    this.socket.terminate();
    return this.closed;
  }
}
