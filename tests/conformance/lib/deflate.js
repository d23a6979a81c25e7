// The client's side of permessage-deflate (RFC 7692): its own window when one is carried over, blocks
// by hand where zlib would not make them, and honest books about what the server sends.
import { constants, deflateRawSync } from 'node:zlib';
import { inflate } from './inflate.js';
import { frame, opcode } from './wire.js';

const windowMax = 32768;

// The payload of one compressed message: zlib's sync flush without 00 00 ff ff (7.2.1).
export function squeeze(data, { history, windowBits = 15, ...options } = {}) {
  const flushed = deflateRawSync(Buffer.from(data), {
    finishFlush: constants.Z_SYNC_FLUSH,
    windowBits: Math.max(9, windowBits),
    ...(history?.length ? { dictionary: history } : {}),
    ...options,
  });
  return flushed.length ? flushed.subarray(0, -4) : Buffer.from([0]);
}

// A stream that ends by BFINAL, with the octet that makes it a payload (7.2.3.4).
export const squeezeFinal = (data) => Buffer.concat([deflateRawSync(Buffer.from(data)), Buffer.from([0])]);

// Stored blocks; the last one is taken off but for its first octet, as 7.2.1 says.
export function store(data, piece = 65535) {
  const body = Buffer.from(data);
  const parts = [];
  for (let at = 0; at < body.length; at += piece) {
    const block = body.subarray(at, at + piece);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    parts.push(head, block);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

// What the server's answer says: null when it declined. Throws on what no server may answer.
export function parseAgreement(field) {
  if (field === undefined) return null;
  const [name, ...parameters] = field.split(';').map((part) => part.trim());
  if (name.toLowerCase() !== 'permessage-deflate') throw new Error(`answered an extension that was not offered: ${field}`);
  const agreed = { server_no_context_takeover: false, client_no_context_takeover: false };
  const seen = new Set();
  for (const parameter of parameters) {
    const [key, value] = parameter.split('=').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
    if (seen.has(key)) throw new Error(`answered a parameter twice: ${field}`);
    seen.add(key);
    if (key === 'server_no_context_takeover' || key === 'client_no_context_takeover') {
      if (value !== undefined) throw new Error(`answered a value where none belongs: ${field}`);
      agreed[key] = true;
    } else if (key === 'server_max_window_bits' || key === 'client_max_window_bits') {
      if (!/^([89]|1[0-5])$/.test(value ?? '')) throw new Error(`answered a bad window: ${field}`);
      agreed[key] = Number(value);
    } else {
      throw new Error(`answered an unknown parameter: ${field}`);
    }
  }
  return agreed;
}

// Both directions of one connection, by what was agreed.
export class Deflate {
  constructor(agreed) {
    this.agreed = agreed;
    this.sent = Buffer.alloc(0);      // the window of what we sent
    this.received = Buffer.alloc(0);
    this.windowBytes = 1 << (agreed.server_max_window_bits ?? 15);
  }

  compress(data, options = {}) {
    const windowBits = this.agreed.client_max_window_bits ?? 15;
    const payload = squeeze(data, { history: this.sent, windowBits, ...options });
    if (!this.agreed.client_no_context_takeover) {
      this.sent = Buffer.concat([this.sent, Buffer.from(data)]).subarray(-(1 << windowBits));
    }
    return payload;
  }

  // Throws when a peer that keeps to what was agreed could not inflate it.
  decompress(payload) {
    const result = inflate(payload, this.received);
    if (result.distanceMax > this.windowBytes) {
      throw new Error(`the server refers ${result.distanceMax} bytes back, agreed were ${this.windowBytes}`);
    }
    if (!this.agreed.server_no_context_takeover) {
      this.received = Buffer.concat([this.received, result.data]).subarray(-windowMax);
    }
    return result;
  }
}

// Items of a case: they are made when it is known what was agreed.
const packed = (code) => (data, { options, ...more } = {}) => (peer) => frame(code, peer.compress(data, options), { rsv: 4, ...more });
export const packedText = packed(opcode.text);
export const packedBinary = packed(opcode.binary);

// The frames of one compressed message, cut into pieces of `size` octets of its compressed form.
export const packedFragments = (code, data, size, between = []) => (peer) => {
  const payload = peer.compress(data);
  const frames = [];
  for (let at = 0; at === 0 || at < payload.length; at += size) {
    const fin = at + size >= payload.length;
    frames.push(frame(at === 0 ? code : 0, payload.subarray(at, at + size), { fin, rsv: at === 0 ? 4 : 0 }));
    if (!fin) frames.push(...between);
  }
  return Buffer.concat(frames);
};
