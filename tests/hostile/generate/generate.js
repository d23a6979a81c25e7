// One connection from one seed: what is sent, in which pieces, and how it ends.
import { makeOffer, hugeBomb } from './deflate.js';
import { makeCommands } from './commands.js';
import { closeFrame, controls, messageFrames, mutateFrames } from './frames.js';
import { Random } from './random.js';
import { makeRequest, pageRequest } from './request.js';
import { opcode, renderFrame } from './wire.js';

const authority = 'localhost';
export const healthyNames = ['healthy-a', 'healthy-b', 'healthy-c', 'healthy-d'];

export const ownName = (seed) => `h${seed}`;
// What the oracle has to know beside the octets.
export const oracleOptions = (seed, deflate) => ({ taken: healthyNames, own: ownName(seed), deflate });

// How many mutations each part gets: 0 to 3 in all, now and then one more for the handshake.
function spread(r, parts) {
  const count = Object.fromEntries(parts.map((part) => [part, 0]));
  for (let i = r.weighted([[2, 0], [5, 1], [3, 2], [2, 3]]); i > 0; i -= 1) count[r.pick(parts)] += 1;
  return count;
}

const texts = ['', 'hello', 'x', 'grüße', '{"a":1}', '👍🏽', 'y'.repeat(125), 'y'.repeat(126), 'the same again and again, the same again and again. '.repeat(20)];
function echoPayload(r, code) {
  if (code === opcode.text) return Buffer.from(r.chance(0.02) ? 'z'.repeat(r.pick([65535, 65536, 70000])) : r.pick(texts));
  return r.bytes(r.weighted([[6, r.int(60)], [2, r.int(300)], [1, r.pick([125, 126, 127])]]));
}

function echoFrames(r, { deflate, mutations }) {
  const frames = [];
  for (let i = r.between(1, 4); i > 0; i -= 1) {
    const badly = deflate && mutations.deflate > 0 && mutations.deflate-- > 0;
    const code = r.pick([opcode.text, opcode.binary]);
    frames.push(...messageFrames(r, code, echoPayload(r, code), { deflate, badly, service: 'echo' }));
    if (r.chance(0.25)) frames.push((r.chance(0.7) ? controls.ping : controls.pong)(r));
  }
  return frames;
}

function nativeFrames(r, { deflate, mutations, name, rooms }, done) {
  const made = makeCommands(r, { name, rooms, taken: r.pick(healthyNames), mutations: mutations.json });
  done.push(...made.done);
  const frames = [];
  for (const text of made.texts) {
    const badly = deflate && mutations.deflate > 0 && r.chance(0.4) && mutations.deflate-- > 0;
    frames.push(...messageFrames(r, opcode.text, Buffer.from(text), { deflate, badly, service: 'ws' }));
    if (r.chance(0.1)) frames.push(controls.ping(r));
  }
  return frames;
}

// Seldom, and dear: many frames at once.
function rareFrames(r, service) {
  return r.pick([
    () => [{ code: opcode.text, payload: Buffer.from('x'), fin: false }, ...Array.from({ length: 5000 }, () => ({ code: 0, payload: Buffer.alloc(0), fin: false }))],
    () => [{ code: opcode.text, payload: Buffer.from('x'), fin: false }, ...Array.from({ length: 4000 }, () => ({ code: 0, payload: Buffer.alloc(0), fin: false })), { code: 0, payload: Buffer.from('y') }],
    () => Array.from({ length: 60 }, () => controls.ping(r)),
    () => [{ code: service === 'ws' ? opcode.text : opcode.binary, payload: hugeBomb(r.pick([2, 4, 17])), rsv: 4 }],
    () => [{ code: opcode.text, payload: Buffer.alloc(service === 'ws' ? 65536 : 300000, ' ') }],
  ])();
}

// Pieces in which the octets are written: offsets.
function chop(r, length) {
  return r.weighted([
    [6, () => []],
    [3, () => Array.from({ length: r.between(1, 4) }, () => r.int(length + 1)).sort((a, b) => a - b)],
    [1, () => { const from = r.int(length); return Array.from({ length: Math.min(length - from, r.between(2, 40)) }, (_, i) => from + i); }],
  ])().filter((at) => at > 0 && at < length);
}

// `slot`: four characters that keep rooms apart of connections that live at the same time.
export function generate(seed, slot = '0000') {
  const r = new Random(seed);
  const service = r.weighted([[10, 'echo'], [10, 'ws'], [2, 'page']]);
  const mutations = spread(r, ['request', 'frames', 'frames', 'offer', 'deflate', 'json']);
  // Much of what is behind a broken handshake is not looked at, so most are whole.
  const offer = mutations.deflate || mutations.offer || r.chance(0.4) ? makeOffer(r, mutations.offer > 0) : undefined;
  const path = service === 'echo' ? '/echo' : service === 'ws' ? r.weighted([[8, '/ws'], [1, '/']]) : r.pick(['/', '/ws', '/nothing']);
  const parts = [];
  if (service === 'page' || r.chance(0.01)) for (let i = r.between(1, 2); i > 0; i -= 1) parts.push(pageRequest(r, authority));
  const request = makeRequest(r, { path, authority, offer, mutations: mutations.request });
  const done = request.done;
  parts.push(request.bytes);
  let frames = [];
  if (r.chance(0.003)) frames = rareFrames(r, service);
  else if (service === 'echo') frames = echoFrames(r, { deflate: offer !== undefined, mutations });
  else frames = nativeFrames(r, { deflate: offer !== undefined, mutations, name: ownName(seed), rooms: [`h-${slot}-a`, `h-${slot}-b`] }, done);
  done.push(...mutateFrames(r, frames, mutations.frames));
  // What comes at the very end tells that all before it was handled: an answered ping, or a close.
  if (r.chance(0.3)) frames.push(closeFrame(r, r.chance(0.2)));
  else frames.push({ code: opcode.ping, payload: Buffer.from('last'), key: r.word() });
  const offsets = [];
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  offsets.push(length);
  for (const one of frames) {
    const bytes = one.raw ?? renderFrame(one);
    parts.push(bytes);
    length += bytes.length;
    offsets.push(length);
  }
  let bytes = Buffer.concat(parts, length);
  const cut = r.chance(0.08) ? r.int(length + 1) : length;
  if (cut < length) bytes = bytes.subarray(0, cut);
  const barriers = r.weighted([[5, () => []], [3, () => offsets], [2, () => offsets.filter(() => r.chance(0.4))]])().filter((at) => at < cut);
  const abrupt = r.chance(0.03);
  return { seed, slot, bytes, cut: cut < length, done, barriers, chops: chop(r, cut), finish: r.weighted([[600, 'reset'], [200, 'fin'], [100, 'destroy'], [2, 'linger']]), abrupt, mutations };
}
