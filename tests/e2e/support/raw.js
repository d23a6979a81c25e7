// A socket that speaks bytes, for what no decent client does: half frames, wrong frames, HTTP by hand.
import net from 'node:net';
import { randomBytes } from 'node:crypto';

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// One frame from client to server.
export function frame({ code = opcode.text, payload = '', fin = true, rsv = 0, masked = true } = {}) {
  const body = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | code];
  const mask = masked ? 0x80 : 0;
  if (body.length < 126) {
    head.push(mask | body.length);
  } else if (body.length < 65536) {
    head.push(mask | 126, body.length >> 8, body.length & 255);
  } else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(body.length));
    head.push(mask | 127, ...length);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const key = randomBytes(4);
  const payloadMasked = Buffer.from(body.map((byte, i) => byte ^ key[i & 3]));
  return Buffer.concat([Buffer.from(head), key, payloadMasked]);
}

export const upgradeRequest = (path = '/ws', fields = '') =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n${fields}\r\n`;

export class RawSocket {
  static connect(server) {
    return new Promise((done, fail) => {
      const socket = net.connect({ port: server.port, host: '127.0.0.1', noDelay: true });
      socket.on('error', fail);
      socket.on('connect', () => done(new RawSocket(socket)));
    });
  }

  // Connected and upgraded; what was received behind the 101 is kept.
  static async upgrade(server, path = '/ws') {
    const raw = await RawSocket.connect(server);
    raw.write(upgradeRequest(path));
    await raw.until((bytes) => bytes.includes('\r\n\r\n'));
    const end = raw.bytes.indexOf('\r\n\r\n') + 4;
    raw.head = raw.bytes.subarray(0, end).toString();
    raw.bytes = raw.bytes.subarray(end);
    return raw;
  }

  constructor(socket) {
    this.socket = socket;
    socket.unref();  // the server under test keeps us running, a forgotten socket must not
    this.bytes = Buffer.alloc(0);
    this.wake = () => {};
    this.ended = false;
    this.end = new Promise((done) => {
      const over = (how) => {
        this.ended = true;
        this.wake();
        done(how);
      };
      socket.on('end', () => over('fin'));
      socket.on('error', (error) => over(error.code));
      socket.on('close', () => over('closed'));
    });
    socket.on('data', (data) => {
      this.bytes = Buffer.concat([this.bytes, data]);
      this.wake();
    });
  }

  write(data) {
    return new Promise((done) => { this.socket.write(data, done); });
  }

  // Waits until what was received is enough, or the peer has ended.
  async until(enough) {
    while (!enough(this.bytes)) {
      if (this.ended) throw new Error(`the server ended; received: ${this.bytes.toString('latin1').slice(0, 500)}`);
      await new Promise((wake) => { this.wake = wake; });
    }
    return this.bytes;
  }

  // Takes the next frame off what was received: { code, payload }.
  async frame() {
    const header = (bytes) => {
      if (bytes.length < 2) return null;
      let length = bytes[1] & 127;
      let at = 2;
      if (length === 126) {
        if (bytes.length < 4) return null;
        length = bytes.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (bytes.length < 10) return null;
        length = Number(bytes.readBigUInt64BE(2));
        at = 10;
      }
      return bytes.length < at + length ? null : { at, length };
    };
    await this.until((bytes) => header(bytes) !== null);
    const { at, length } = header(this.bytes);
    const taken = { code: this.bytes[0] & 15, payload: this.bytes.subarray(at, at + length) };
    this.bytes = this.bytes.subarray(at + length);
    return taken;
  }

  // The next frame of that opcode; others are thrown away.
  async frameOf(code) {
    for (;;) {
      const one = await this.frame();
      if (one.code === code) return one;
    }
  }

  async closeCode() {
    return (await this.frameOf(opcode.close)).payload.readUInt16BE(0);
  }

  destroy() {
    this.socket.destroy();
  }

  reset() {
    this.socket.resetAndDestroy();
  }
}

// One HTTP exchange on a connection of its own: { status, head, body }.
export async function http(server, request) {
  const raw = await RawSocket.connect(server);
  await raw.write(request);
  await raw.end;
  raw.destroy();
  const text = raw.bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(text.slice(9, 12)), head: text.slice(0, end + 2), body: text.slice(end + 4) };
}
