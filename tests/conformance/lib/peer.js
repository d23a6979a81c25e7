// One connection to the server under test: writes whole or in small pieces, reads strictly. Whatever a
// server may never send (RFC 6455 5.1, 5.2, 5.4, 5.5; RFC 7692 6) is a deviation here, in every case.
import net from 'node:net';
import tls from 'node:tls';
import { createHash } from 'node:crypto';
import { Deflate, parseAgreement } from './deflate.js';
import { is, opcode } from './wire.js';

export class Deviation extends Error {}

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
const controlNames = { [opcode.ping]: 'ping', [opcode.pong]: 'pong' };

// The request of a decent client. `fields`: more lines, or, by name, others in place of the usual ones
// (null leaves one out).
export function upgradeRequest(target, { path = target.path, method = 'GET', version = 'HTTP/1.1', fields = {}, lines = [] } = {}) {
  const all = {
    Host: target.authority, Upgrade: 'websocket', Connection: 'Upgrade',
    'Sec-WebSocket-Key': sampleKey, 'Sec-WebSocket-Version': '13', ...fields,
  };
  const own = Object.entries(all).filter(([, value]) => value !== null).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} ${version}`, ...own, ...lines, '', ''].join('\r\n');
}

// Bytes that came, in pieces as they came.
class ByteQueue {
  constructor() {
    Object.assign(this, { pieces: [], length: 0 });
  }

  push(piece) {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  // The first `count` bytes, or all when there are fewer.
  peek(count) {
    if (this.pieces.length > 1 && this.pieces[0].length < count) {
      let enough = 0;
      let taken = 0;
      while (taken < this.pieces.length && enough < count) enough += this.pieces[taken++].length;
      this.pieces.splice(0, taken, Buffer.concat(this.pieces.slice(0, taken)));
    }
    return (this.pieces[0] ?? Buffer.alloc(0)).subarray(0, count);
  }

  take(count) {
    if (count === 0 || this.length === 0) return Buffer.alloc(0);
    const bytes = this.peek(count);
    if (bytes.length === this.pieces[0]?.length) this.pieces.shift();
    else this.pieces[0] = this.pieces[0].subarray(bytes.length);
    this.length -= bytes.length;
    return bytes;
  }
}

export class Peer {
  // How a case is written to the socket: 'whole', or 'bytes', one at a time.
  static open(target, mode = 'whole') {
    return new Promise((done, fail) => {
      const where = { host: target.host, port: target.port, allowHalfOpen: true };
      const socket = target.tls
        ? tls.connect({ ...where, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
        : net.connect(where);
      socket.setNoDelay(true);
      socket.on('error', fail);
      socket.on(target.tls ? 'secureConnect' : 'connect', () => {
        socket.off('error', fail);
        done(new Peer(socket, target, mode));
      });
    });
  }

  constructor(socket, target, mode) {
    Object.assign(this, { socket, target, mode, deflate: null, message: null, returned: null, singles: 2500 });
    this.bytes = new ByteQueue();
    this.ended = null;
    this.wake = () => {};
    const over = (type, why) => {
      this.ended ??= { type, why };
      this.wake();
    };
    socket.on('data', (data) => {
      this.bytes.push(data);
      this.wake();
    });
    socket.on('end', () => over('end'));
    socket.on('error', (error) => over('reset', error.code));
    socket.on('close', () => over('reset', 'closed'));
  }

  // Waits until something came or the server has ended.
  async more() {
    if (!this.ended) await new Promise((wake) => { this.wake = wake; });
  }

  write(data) {
    if (this.ended || data.length === 0) return Promise.resolve();
    return new Promise((done) => { this.socket.write(data, done); });
  }

  // Writes piece after piece, each in a turn of its own.
  async writePieces(data, sizeAt) {
    for (let at = 0; at < data.length && !this.ended;) {
      const size = sizeAt(at);
      this.write(data.subarray(at, at + size));
      at += size;
      await new Promise((later) => { setImmediate(later); });
    }
  }

  // Small items go one byte at a time, of large ones the edges. When a case has spent its single bytes,
  // the rest of it goes in larger odd pieces, for the sake of time.
  async sendSlowly(items) {
    let i = 0;
    for (; i < items.length && this.singles > 0; i += 1) {
      const data = items[i];
      const edge = data.length <= 96 ? data.length : 32;
      const middle = Math.max(61, data.length >> 4 | 1);
      this.singles -= Math.min(data.length, 2 * edge);
      await this.writePieces(data, (at) => {
        const inEdge = at < edge || at >= data.length - edge;
        return inEdge ? 1 : Math.min(middle, data.length - edge - at);
      });
    }
    const rest = Buffer.concat(items.slice(i));
    await this.writePieces(rest, () => Math.max(997, rest.length >> 6 | 1));
  }

  // Sends the items of a case: bytes, or functions of this peer that make them.
  async send(items) {
    const made = items.map((item) => (typeof item === 'function' ? item(this) : Buffer.from(item)));
    if (this.mode === 'bytes') await this.sendSlowly(made);
    else await this.write(Buffer.concat(made));
  }

  // The answer to a request: { status, fields, body }. A status of 1xx or 304 has no body, nor has the
  // answer to HEAD.
  async answer({ bodiless = false } = {}) {
    let end;
    while ((end = this.bytes.peek(65536).indexOf('\r\n\r\n')) < 0) {
      if (this.ended) throw new Deviation(`no answer to the request: ${this.ended.type} behind ${this.bytes.length} bytes`);
      await this.more();
    }
    const [line, ...lines] = this.bytes.take(end + 4).toString('latin1').slice(0, -4).split('\r\n');
    const status = line.match(/^HTTP\/1\.[01] (\d{3}) [ -~]*$/)?.[1];
    if (!status) throw new Deviation(`not a status line: ${line}`);
    const fields = {};
    for (const one of lines) {
      const [, name, value] = one.match(/^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/) ?? [];
      if (name === undefined) throw new Deviation(`not a field line: ${one}`);
      const key = name.toLowerCase();
      fields[key] = key in fields ? `${fields[key]}, ${value}` : value;
    }
    const answer = { status: Number(status), fields, body: '' };
    const length = bodiless || answer.status < 200 || answer.status === 304 ? 0 : Number(fields['content-length'] ?? 0);
    while (this.bytes.length < length && !this.ended) await this.more();
    if (length) answer.body = this.bytes.take(length).toString();
    return answer;
  }

  // The handshake of a decent client, with the extensions that it offers; strict about the 101.
  async upgrade({ offer, path, fields = {}, lines = [] } = {}) {
    const extensions = offer === undefined ? {} : { 'Sec-WebSocket-Extensions': offer };
    await this.send([upgradeRequest(this.target, { path, fields: { ...fields, ...extensions }, lines })]);
    const answer = await this.answer();
    this.accept(answer, offer !== undefined);
    return answer;
  }

  accept({ status, fields, body }, offered, key = sampleKey) {
    if (status !== 101) throw new Deviation(`${status} in place of 101: ${body.trim()}`);
    const wanted = createHash('sha1').update(key + guid).digest('base64');
    if (fields['sec-websocket-accept'] !== wanted) throw new Deviation(`Sec-WebSocket-Accept is ${fields['sec-websocket-accept']}, not ${wanted}`);
    if (fields.upgrade?.toLowerCase() !== 'websocket') throw new Deviation(`101 with Upgrade: ${fields.upgrade}`);
    if (!/(^|,)\s*upgrade\s*(,|$)/i.test(fields.connection ?? '')) throw new Deviation(`101 with Connection: ${fields.connection}`);
    for (const name of ['content-length', 'transfer-encoding']) {
      if (name in fields) throw new Deviation(`101 with ${name}`);
    }
    let agreed;
    try {
      agreed = parseAgreement(fields['sec-websocket-extensions']);
    } catch (error) {
      throw new Deviation(error.message);
    }
    if (agreed && !offered) throw new Deviation('an extension was answered and none was offered');
    if (agreed) this.deflate = new Deflate(agreed);
  }

  compress(data, options) {
    if (!this.deflate) throw new Deviation('permessage-deflate was not agreed');
    return this.deflate.compress(data, options);
  }

  // The next whole message or control frame, or the end: { type, data | code }.
  async next() {
    if (this.returned) {
      const item = this.returned;
      this.returned = null;
      return item;
    }
    for (;;) {
      const head = this.bytes.peek(14);
      const octets = head.length < 2 ? 2 : { 126: 4, 127: 10 }[head[1] & 127] ?? 2;
      if (head.length >= octets) {
        const length = octets === 2 ? head[1] & 127 : octets === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
        this.judge(head, octets, length);
        if (this.bytes.length >= octets + length) {
          const item = this.frame(this.bytes.take(octets)[0], this.bytes.take(length));
          if (item) return item;
          continue;
        }
      }
      if (this.ended) {
        if (this.bytes.length) throw new Deviation(`${this.ended.type} inside a frame`);
        return this.ended;
      }
      await this.more();
    }
  }

  giveBack(item) {
    this.returned = item;
  }

  judge(head, octets, length) {
    const code = head[0] & 15;
    const control = (code & 8) !== 0;
    const rsv = head[0] & 0x70;
    const mayRsv1 = this.deflate && (code === opcode.text || code === opcode.binary);
    if (rsv & (mayRsv1 ? 0x30 : 0x70)) throw new Deviation(`the server set reserved bits: first octet ${head[0].toString(16)}`);
    if (![0, 1, 2, 8, 9, 10].includes(code)) throw new Deviation(`the server sent opcode ${code}`);
    if (head[1] & 0x80) throw new Deviation('the server masked a frame');
    if (control && (length > 125 || !(head[0] & 0x80))) throw new Deviation('the server sent a bad control frame');
    if ((octets === 4 && length < 126) || (octets === 10 && length < 65536)) throw new Deviation('the server sent a length not in its shortest form');
    if (!control && (code === 0) !== (this.message !== null)) throw new Deviation('the server broke the order of fragments');
  }

  frame(first, payload) {
    const code = first & 15;
    if (code in controlNames) return { type: controlNames[code], data: payload };
    if (code === opcode.close) {
      if (payload.length === 1) throw new Deviation('the server sent a close frame of one byte');
      const reason = payload.subarray(2).toString();
      if (!Buffer.from(reason).equals(payload.subarray(2))) throw new Deviation('the reason of the close frame is not UTF-8');
      return { ...is.close(payload.length ? payload.readUInt16BE(0) : null), reason };
    }
    if (code !== 0) this.message = { type: code === opcode.text ? 'text' : 'binary', packed: (first & 0x40) !== 0, parts: [] };
    this.message.parts.push(payload);
    if (!(first & 0x80)) return null;
    const { type, packed, parts } = this.message;
    this.message = null;
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    if (!packed) return { type, data: whole };
    try {
      const result = this.deflate.decompress(whole);
      return { ...result, type, packed: whole.length };
    } catch (error) {
      throw new Deviation(error.message);
    }
  }

  destroy() {
    this.socket.destroy();
  }
}
