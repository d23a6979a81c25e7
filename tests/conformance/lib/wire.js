// Frames as a client writes them, the right ones and the wrong ones (RFC 6455 5.2), and what may be
// wanted back.

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// Numbers that look random and are the same in every run.
export function randomSource(seed) {
  let state = (seed * 2654435761 + 0x9e3779b9) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return below === undefined ? state : (state >>> 0) % below;
  };
}

const drawn = new Map();  // what was drawn lately: cases ask twice, for what they send and what they want
export function randomBytes(size, seed = size + 1) {
  const name = `${size} ${seed}`;
  if (drawn.has(name)) return drawn.get(name);
  const next = randomSource(seed);
  const words = new Uint32Array((size + 3) >> 2);
  for (let i = 0; i < words.length; i += 1) words[i] = next() ^ 0x5bd1e995;
  const bytes = Buffer.from(words.buffer, 0, size);
  if (drawn.size >= 64) drawn.delete(drawn.keys().next().value);
  drawn.set(name, bytes);
  return bytes;
}

const nextKeyWord = randomSource(7);

function lengthOctets(length, form) {
  if (form === 7) return [Number(length)];
  const octets = Buffer.alloc(form / 8);
  if (form === 16) octets.writeUInt16BE(Number(length));
  else octets.writeBigUInt64BE(BigInt(length));
  return [form === 16 ? 126 : 127, ...octets];
}

const shortestForm = (length) => (length < 126 ? 7 : length < 65536 ? 16 : 64);

// One frame. `form`: 7, 16 or 64, the octets that tell the length; `length`: what they say, when that
// is not the truth; `key`: four octets, or null for a frame that is not masked.
export function frame(code, payload = '', { fin = true, rsv = 0, key, form, length } = {}) {
  const body = Buffer.from(payload);
  const said = length ?? body.length;
  const [first, ...rest] = lengthOctets(said, form ?? shortestForm(said));
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | code, (key === null ? 0 : 0x80) | first, ...rest];
  if (key === null) return Buffer.concat([Buffer.from(head), body]);
  const word = nextKeyWord();
  const mask = key ?? [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  for (let i = 0; i < body.length; i += 1) body[i] ^= mask[i & 3];
  return Buffer.concat([Buffer.from(head), Buffer.from(mask), body]);
}

export const text = (payload, more) => frame(opcode.text, payload, more);
export const binary = (payload, more) => frame(opcode.binary, payload, more);
export const continuation = (payload, more) => frame(opcode.continuation, payload, more);
export const ping = (payload, more) => frame(opcode.ping, payload, more);
export const pong = (payload, more) => frame(opcode.pong, payload, more);

// A close frame's payload; without a code it is empty.
export function closePayload(code, reason = '') {
  if (code === undefined) return Buffer.alloc(0);
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(code);
  return Buffer.concat([octets, Buffer.from(reason)]);
}
export const close = (code, reason, more) => frame(opcode.close, closePayload(code, reason), more);

// The frames of one message, cut into pieces of `size` octets, or at the offsets of a list.
export function fragments(code, payload, size, { empty = false } = {}) {
  const body = Buffer.from(payload);
  const cuts = Array.isArray(size) ? size : [];
  if (!Array.isArray(size)) for (let at = size; at < body.length; at += size) cuts.push(at);
  const ends = [...cuts, body.length];
  const frames = ends.map((end, i) => frame(i === 0 ? code : 0, body.subarray(i === 0 ? 0 : ends[i - 1], end), {
    fin: i === ends.length - 1 && !empty,
  }));
  if (empty) frames.push(continuation(''));
  return frames;
}

// What is wanted back, and what came back, have the same form.
export const is = {
  text: (data) => ({ type: 'text', data: Buffer.from(data) }),
  binary: (data) => ({ type: 'binary', data: Buffer.from(data) }),
  ping: (data = '') => ({ type: 'ping', data: Buffer.from(data) }),
  pong: (data = '') => ({ type: 'pong', data: Buffer.from(data) }),
  close: (code) => ({ type: 'close', code: code ?? null }),
  end: { type: 'end' },
};

export function describe(item) {
  if (item.type === 'close') return `close ${item.code ?? 'without a code'}${item.reason ? ` "${item.reason}"` : ''}`;
  if (item.data === undefined) return item.why ? `${item.type} (${item.why})` : item.type;
  const head = item.data.subarray(0, 24).toString('latin1').replace(/[^ -~]/g, '.');
  return `${item.type} of ${item.data.length} bytes "${head}"`;
}

export function same(one, other) {
  if (one.type !== other.type) return false;
  if (one.type === 'close') return one.code === other.code;
  return one.data === undefined || one.data.equals(other.data);
}
