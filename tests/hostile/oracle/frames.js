// What becomes of octets behind the 101 (RFC 6455 5 to 8, RFC 7692 6 and 7): frames, messages, and the
// first rule that is broken. Limits: docs/limits.md, "What a client may send".
import { inflate, messageTail } from './inflate.js';
import { judgeUtf8 } from './utf8.js';

const limits = { ws: 64 * 1024, echo: 16 * 1024 * 1024 };

// The header at `at`: null while it is not whole, unless what there is breaks a rule.
function readHeader(bytes, at) {
  const left = bytes.length - at;
  if (left < 1) return null;
  const header = {
    fin: (bytes[at] & 0x80) !== 0, rsv: (bytes[at] >> 4) & 7, opcode: bytes[at] & 15,
    masked: left < 2 || (bytes[at + 1] & 0x80) !== 0, length: left < 2 ? 0 : bytes[at + 1] & 127,
  };
  const octets = { 126: 2, 127: 8 }[header.length] ?? 0;
  header.size = 2 + octets + (header.masked ? 4 : 0);
  header.whole = left >= header.size;
  // What has come of a long length says at least so much and at most so much.
  const seen = bytes.subarray(at + 2, Math.min(at + 2 + octets, bytes.length));
  const bound = (fill) => [...seen, ...new Array(octets - seen.length).fill(fill)].reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
  header.lengthKnown = left >= 2 && seen.length === octets;
  header.minimal = octets === 0 || bound(0xff) > (octets === 2 ? 125n : 65535n);
  header.high = octets === 8 && bound(0) >= 2n ** 63n;
  if (octets) header.length = Math.max(Number(bound(0)), header.lengthKnown ? 0 : 126);
  return header;
}

export class FrameOracle {
  // `receive(opcode, payload, at)` is told of each message; returns nothing.
  constructor({ service, deflate }, receive) {
    Object.assign(this, { service, deflate, receive, limit: limits[service], message: null });
    this.items = [];  // pongs, in order: { at, pong }
    this.end = null;  // { at, codes: Set, sure }, or { at, reply: code | null }
  }

  violated(at, codes, sure = true) {
    this.end = { at, codes: new Set(codes), sure };
  }

  headerCodes(header) {
    const codes = new Set();
    const isControl = (header.opcode & 8) !== 0;
    const isStart = header.opcode === 1 || header.opcode === 2;
    if (header.rsv & 3) codes.add(1002);
    if (header.rsv & 4 && !(this.deflate && isStart)) codes.add(1002);
    if (![0, 1, 2, 8, 9, 10].includes(header.opcode)) codes.add(1002);
    if (isControl && !header.fin) codes.add(1002);
    if (isControl && header.length > 125) codes.add(1002);
    if (header.opcode === 0 && !this.message) codes.add(1002);
    if (isStart && this.message) codes.add(1002);
    if (!header.masked || !header.minimal || header.high) codes.add(1002);
    if (this.service === 'ws' && header.opcode === 2) codes.add(1003);
    if (!isControl) {
      const packed = header.opcode === 0 ? this.message?.packed : (header.rsv & 4) !== 0 && this.deflate;
      const before = header.opcode === 0 ? this.message?.wireBytes ?? 0 : 0;
      const frames = header.opcode === 0 ? (this.message?.frames ?? 0) + 1 : 1;
      if (!packed && before + header.length > this.limit) codes.add(1009);
      if (packed && before + header.length > 2 * this.limit + 65536) codes.add(1009);
      if (header.lengthKnown && frames > 4096 + Math.floor((before + header.length) / 32)) codes.add(1008);
    }
    return codes;
  }

  // Handles all of `bytes` from `at` on.
  run(bytes, at) {
    while (!this.end) {
      const header = readHeader(bytes, at);
      if (!header) return;
      const codes = this.headerCodes(header);
      if (codes.size) {
        this.violated(at, codes, header.whole);
        return;
      }
      if (!header.whole) return;
      const from = at + header.size;
      const payload = this.unmask(bytes, from, header);
      const whole = payload.length === header.length;
      const next = from + header.length;
      if (header.opcode & 8) {
        if (!whole) return;
        this.control(header.opcode, payload, next);
      } else this.data(header, payload, whole, next);
      if (!whole) return;
      at = next;
    }
  }

  unmask(bytes, from, { length }) {
    const payload = Buffer.from(bytes.subarray(from, from + Math.min(length, bytes.length - from)));
    for (let i = 0; i < payload.length; i += 1) payload[i] ^= bytes[from - 4 + (i & 3)];
    return payload;
  }

  control(opcode, payload, at) {
    if (opcode === 9) this.items.push({ at, pong: payload });
    if (opcode !== 8) return;
    if (payload.length === 0) {
      this.end = { at, reply: null };
      return;
    }
    if (payload.length === 1) return this.violated(at, [1002]);
    const code = payload.readUInt16BE(0);
    const codes = new Set();
    if (!((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999))) codes.add(1002);
    const { bad, whole } = judgeUtf8(payload.subarray(2));
    if (bad >= 0 || !whole) codes.add(1007);
    if (codes.size) this.violated(at, codes);
    else this.end = { at, reply: code };
  }

  data(header, payload, whole, at) {
    if (header.opcode !== 0) {
      this.message = { opcode: header.opcode, packed: (header.rsv & 4) !== 0, body: Buffer.alloc(0), wireBytes: 0, frames: 0 };
    }
    const { message } = this;
    message.wireBytes += header.length;
    message.frames += 1;
    const ended = whole && header.fin;
    if (payload.length) message.body = message.body.length ? Buffer.concat([message.body, payload]) : payload;
    const { body } = message;
    if (payload.length === 0 && !ended) return;
    if (message.packed) this.packed(message, body, { ended, sure: whole }, at);
    else this.plain(message, body, ended, at);
    if (ended) this.message = null;
  }

  plain(message, body, ended, at) {
    if (message.opcode === 1) {
      const { bad, whole } = judgeUtf8(body);
      if (bad >= 0 || (ended && !whole)) return this.violated(at, [1007]);
    }
    if (ended) this.receive(message.opcode, body, at);
  }

  // What is broken shows at the latest when its frame is whole; how early depends on how it is read.
  packed(message, body, { ended, sure }, at) {
    // A message whose last octet ends a stream, or that has none, may go without the octet before the tail:
    // the standard asks senders for it (7.2.3.4, 7.2.3.6), and nothing is left unsaid without it.
    const bare = ended && (body.length === 0 || inflate(body, this.limit).endsStream);
    const { out, over, broken, cut, beyond } = inflate(ended && !bare ? Buffer.concat([body, messageTail]) : body, this.limit);
    if (message.opcode === 1) {
      const { bad, whole } = judgeUtf8(out.subarray(0, this.limit));
      if (bad >= 0) return this.violated(at, [1007], sure);
      if (ended && !over && !broken && !cut && !whole) return this.violated(at, [1007]);
    }
    if (over) return this.violated(at, [1009], sure);
    if (broken || (ended && cut)) {
      this.violated(at, [1007], sure);
      this.end.beyond = beyond;
      return;
    }
    if (ended) this.receive(message.opcode, out, at);
  }
}
