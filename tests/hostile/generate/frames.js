// Messages as frames: whole, in fragments, with control frames between, compressed or not, and what can
// be done to them.
import { compress, compressBadly } from './deflate.js';
import { opcode } from './wire.js';

const frame = (r, code, payload, more) => ({ code, payload, key: r.chance(0.05) ? 0 : r.word(), ...more });

export const controls = {
  ping: (r) => frame(r, opcode.ping, r.bytes(r.weighted([[4, 0], [4, r.int(20)], [1, 125]]))),
  pong: (r) => frame(r, opcode.pong, r.bytes(r.int(20))),
};

export function closeFrame(r, mutated) {
  const codes = mutated
    ? [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535, 1000, 1012, 1013, 1014, 3999, 4999]
    : [1000, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4000];
  const code = r.pick(codes);
  const reason = mutated ? r.pick(['', 'ok', '\xff', '\xc3', '\xed\xa0\x80', '\xc3\xa9', 'x'.repeat(123), 'x'.repeat(124)]) : r.pick(['', 'bye']);
  const full = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason, 'latin1')]);
  const payload = r.weighted([[8, full], [2, Buffer.alloc(0)], [mutated ? 2 : 0, full.subarray(0, 1)]]);
  return frame(r, opcode.close, payload);
}

// One message as a list of frames. `badly`: its compression is broken.
export function messageFrames(r, code, payload, { deflate, badly, service }) {
  const packed = deflate && (badly || r.chance(0.7));
  const body = badly ? compressBadly(r, payload, service) : packed ? compress(r, payload) : payload;
  const rsv = packed ? 4 : 0;
  const pieces = r.weighted([[7, 1], [2, 2], [1, r.between(3, 6)]]);
  if (pieces === 1) return [frame(r, code, body, { rsv })];
  const cuts = Array.from({ length: pieces - 1 }, () => r.int(body.length + 1)).sort((a, b) => a - b);
  const frames = [...cuts, body.length].map((end, i) => frame(r, i === 0 ? code : 0, body.subarray(i === 0 ? 0 : cuts[i - 1], end), { rsv: i === 0 ? rsv : 0, fin: i === pieces - 1 }));
  if (r.chance(0.3)) frames.splice(r.between(1, frames.length - 1), 0, controls.ping(r));
  return frames;
}

const utf8Damage = ['\x80', '\xbf', '\xc0\xaf', '\xc1\xbf', '\xe0\x80\xaf', '\xe0\x9f\xbf', '\xed\xa0\x80', '\xed\xbf\xbf', '\xf0\x80\x80\x80', '\xf0\x8f\xbf\xbf', '\xf4\x90\x80\x80', '\xf5\x80\x80\x80', '\xf8\x88\x80\x80\x80', '\xfe', '\xff', '\xc3', '\xe2\x82', '\xf0\x9f\x98', '\xc3\xa9', '\xf0\x9f\x98\x80', '\xef\xbf\xbe', '\xef\xbb\xbf'].map((text) => Buffer.from(text, 'latin1'));

const spliced = (r, payload, piece) => { const at = r.int(payload.length + 1); return Buffer.concat([payload.subarray(0, at), piece, payload.subarray(at)]); };
const large = (bytes) => BigInt(bytes);

// Each changes one frame, or what stands before or behind it.
export const frameMutations = {
  code: (r, f) => { f.code = r.int(16); },
  reserved: (r, f) => { f.rsv = r.between(1, 7); },
  rsv1: (r, f) => { f.rsv = (f.rsv ?? 0) ^ 4; },
  fin: (r, f) => { f.fin = f.fin === false; },
  unmasked: (r, f) => { f.masked = false; },
  form: (r, f) => { f.form = r.pick([16, 64]); },
  said: (r, f) => { f.said = BigInt(r.pick([0, 1, 125, 126, 127, f.payload.length + 1, Math.max(0, f.payload.length - 1), 65535, 65536, 65537])); },
  saidLarge: (r, f) => { f.said = r.pick([large(2 ** 16), large(65537), large(2 ** 24), large(2 ** 24 + 1), 1n << 31n, 1n << 32n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, 1n << 62n]); f.form = 64; },
  payload: (r, f) => { if (f.payload.length) { f.payload = Buffer.from(f.payload); f.payload[r.int(f.payload.length)] ^= 1 << r.int(8); } },
  utf8: (r, f) => { f.payload = spliced(r, f.payload, r.pick(utf8Damage)); },
  utf8End: (r, f) => { f.payload = Buffer.concat([f.payload, r.pick(utf8Damage)]); },
  longControl: (r, f) => { f.code = r.pick([8, 9, 10]); f.fin = r.chance(0.9); f.payload = r.bytes(r.pick([125, 126, 127, 300])); },
  large: (r, f) => { f.payload = Buffer.alloc(r.pick([65536, 65537, 70000]), 'x'); },
};
const names = Object.keys(frameMutations);

export const listMutations = {
  drop: (r, frames) => frames.splice(r.int(frames.length), 1),
  twice: (r, frames) => { const at = r.int(frames.length); frames.splice(at, 0, frames[at]); },
  swap: (r, frames) => { const at = r.int(frames.length); frames.push(...frames.splice(at, 1)); },
  continuation: (r, frames) => frames.splice(r.int(frames.length + 1), 0, frame(r, 0, r.bytes(r.int(9)), { fin: r.chance(0.5) })),
  close: (r, frames) => frames.splice(r.int(frames.length + 1), 0, closeFrame(r, true)),
  garbage: (r, frames) => frames.splice(r.int(frames.length + 1), 0, { raw: r.bytes(r.between(1, 40)) }),
  http: (r, frames) => frames.splice(r.int(frames.length + 1), 0, { raw: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n') }),
};
const listNames = Object.keys(listMutations);

export function mutateFrames(r, frames, count) {
  const done = [];
  for (let i = 0; i < count; i += 1) {
    const whole = frames.filter((one) => !one.raw);
    if (whole.length && r.chance(0.75)) {
      const name = r.pick(names);
      const target = r.pick(whole);
      const copy = { ...target };
      frameMutations[name](r, copy);
      frames[frames.indexOf(target)] = copy;
      done.push(name);
    } else {
      const name = r.pick(listNames);
      if (frames.length) listMutations[name](r, frames);
      done.push(name);
    }
  }
  return done;
}
