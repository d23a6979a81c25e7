// Compressed messages (RFC 7692 6, 7.2): every kind of block and cut, honest windows, what does not
// inflate, what inflates to too much. The reader of every case inflates with the window agreed, and
// forgets it between messages when that was agreed.
import { constants, deflateRawSync } from 'node:zlib';
import { packedBinary, packedFragments, packedText, squeeze, squeezeFinal, store } from '../lib/deflate.js';
import { inflate } from '../lib/inflate.js';
import { Deviation } from '../lib/peer.js';
import { invalid, octetsOf, possibleOctets, valid } from '../lib/utf8.js';
import { binary, close, continuation, frame, fragments, is, opcode, ping, pong, randomBytes, randomSource, text } from '../lib/wire.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const offer = 'permessage-deflate';
const partial = 'what ends inside a block is broken, although most inflaters do not ask';
const code = 'that it is 1007 is ours, as for text that is not UTF-8';
const takeover = 'we agree to no context takeover, and hold the client to it';
const limits = 'the limit of /echo counts inflated octets: 16 MiB; over 1 MiB a message may be at most 200 times as large as what came';
const early = 'what cannot be mended is told before the message ends';
const hex = (octets) => Buffer.from(octets.replace(/ /g, ''), 'hex');
const packed = (payload, more) => frame(opcode.text, payload, { rsv: 4, ...more });
const packedAs = (code, payload, more) => frame(code, payload, { rsv: 4, ...more });
const start = (payload) => packed(payload, { fin: false });

// Words in a random order: compresses like talk does. The same for the same size and seed.
const words = 'the quick brown fox jumps over lazy dogs while {"type":"message","content":" naïve café ☃ "} 0123456789'.split(' ');
function wordsOf(bytes) {
  const next = randomSource(11);
  const made = [];
  for (let size = 0; size < bytes; size += Buffer.byteLength(made.at(-1))) made.push(`${words[next(words.length)]} `);
  return Buffer.from(made.join(''));
}
const isInside = (octet) => (octet & 0xc0) === 0x80;  // not the first of a code point
const pool = wordsOf(MiB);
export function talk(size, seed = size) {
  let start = (seed * 7919) % (pool.length >> 1);
  while (isInside(pool[start])) start += 1;
  if (size > pool.length - start) return Buffer.alloc(size, '.').fill(pool, 0, size - (size % pool.length));
  let end = start + size;
  while (isInside(pool[end])) end -= 1;
  return Buffer.alloc(size, '.').fill(pool.subarray(start, end), 0, end - start);
}
// The same noise again at growing distances: whoever may look back so far will.
function echoes(size) {
  const out = Buffer.alloc(size);
  const distances = [100, 200, 250, 255, 256, 257, 300, 500, 513, 1000, 1025, 2000, 2049, 4000, 4097, 8000, 8193, 16000, 16385, 30000, 32500];
  randomBytes(Math.min(size, 33000), 9).copy(out);
  for (let at = 33000, i = 0; at < size; i += 1) {
    const length = Math.min(64, size - at);
    out.copy(out, at, at - distances[i % distances.length], at - distances[i % distances.length] + length);
    at += length;
  }
  return out;
}

const parameterSets = ['', '; client_max_window_bits', '; server_no_context_takeover', '; server_no_context_takeover; client_no_context_takeover; client_max_window_bits', '; server_max_window_bits=9',
  '; server_max_window_bits=15; client_max_window_bits=9', '; server_max_window_bits=8; server_no_context_takeover', '; server_max_window_bits=12; client_no_context_takeover; client_max_window_bits'];
const sizes = [16, 64, 256, KiB, 4 * KiB, 8 * KiB, 16 * KiB, 32 * KiB, 64 * KiB, 128 * KiB];
const bulk = parameterSets.flatMap((parameters) => sizes.flatMap((size) => {
  const count = Math.max(2, Math.min(100, (256 * KiB) / size));
  const more = { section: '7692 7.2', offer: offer + parameters, weight: 2, patienceMs: 30_000 };
  const make = (data, send, want) => () => {
    const all = [...Array(count).keys()].map((i) => data(i));
    return { send: all.map((one) => send(one)), want: all.map((one) => want(one)) };
  };
  return [
    { name: `${count} texts of ${size} bytes${parameters}`, ...more, make: make((i) => talk(size, i), packedText, is.text) },
    { name: `${count} binaries of ${size} bytes${parameters}`, ...more, make: make((i) => (i & 1 ? randomBytes(size, i) : talk(size, i)), packedBinary, is.binary) },
  ];
}));

const windows = [8, 9, 10, 11, 12, 13, 14, 15].flatMap((bits) => {
  const more = { section: '7692 7.1.2.1', offer: `${offer}; server_max_window_bits=${bits}` };
  return [
    { name: `window of ${bits} bits: noise that comes again at all distances`, ...more, make: () => ({ send: [packedBinary(echoes(100 * KiB))], want: [is.binary(echoes(100 * KiB))] }) },
    { name: `window of ${bits} bits: talk`, ...more, make: () => ({ send: [packedText(talk(100 * KiB))], want: [is.text(talk(100 * KiB))] }) },
    { name: `window of ${bits} bits: the same message four times`, ...more, make: () => ({ send: Array(4).fill(packedBinary(randomBytes(200))), want: Array(4).fill(is.binary(randomBytes(200))) }) },
    { name: `window of ${bits} bits: zeros`, ...more, make: () => ({ send: [packedBinary(Buffer.alloc(60 * KiB))], want: [is.binary(Buffer.alloc(60 * KiB))] }) },
    {
      name: `window of ${bits} bits: talk comes back compressed`, section: '7692 7.1.2.1', ours: 'a text of 100 KiB is worth it', offer: more.offer,
      make: () => ({ send: [packedText(talk(100 * KiB))], want: [is.text(talk(100 * KiB))] }),
      check: ([one]) => { if (!(one.packed < one.data.length * 0.8)) throw new Deviation(`it came in ${one.packed ?? 'as many'} bytes`); },
    },
  ];
});

// Payloads that a client may send for "Hello" (7.2.3), and others.
const hello = {
  'one block of fixed codes (7.2.3.1)': 'f248cdc9c90700', 'a stored block (7.2.3.3)': '000500faff48656c6c6f00', 'BFINAL (7.2.3.4)': 'f348cdc9c9070000',
  'two blocks (7.2.3.5)': 'f248050000 00ffff cac9c90700', 'stored, BFINAL, and what follows it': '010500faff48656c6c6f00',
  'an empty stored block in front': '000000ffff f248cdc9c90700', 'five empty stored blocks in front': `${'000000ffff'.repeat(5)} f248cdc9c90700`,
  'empty stored blocks behind': 'f248cdc9c90700 0000ffff 000000ffff 00', 'BFINAL twice': 'f348cdc9c90700 0300 00',
};
const nothing = { 'no octet at all': '', 'one octet 00 (7.2.3.6)': '00', 'an empty block of fixed codes': '0200', 'an empty block of fixed codes, BFINAL': '030000', 'an empty stored block, BFINAL': '010000ffff00', 'two empty stored blocks': '000000ffff00' };
const kinds = {
  dynamic: (data) => squeeze(data, { level: 9 }), fixed: (data) => squeeze(data, { strategy: constants.Z_FIXED }), huffman: (data) => squeeze(data, { strategy: constants.Z_HUFFMAN_ONLY }),
  'run lengths': (data) => squeeze(data, { strategy: constants.Z_RLE }), 'level 0': (data) => squeeze(data, { level: 0 }), 'stored in ones': (data) => store(data, 1), 'stored in 100s': (data) => store(data, 100),
  BFINAL: (data) => squeezeFinal(data), 'least memory': (data) => squeeze(data, { memLevel: 1 }), 'window of 9 bits': (data) => squeeze(data, { windowBits: 9 }),
};
const cutHello = hex('f248cdc9c90700');
const goods = [
  ...Object.entries(hello).flatMap(([name, octets]) => [
    { name: `Hello: ${name}`, send: [packed(hex(octets))], want: [is.text('Hello')] },
    { name: `Hello, an octet in each fragment: ${name}`, send: [...hex(octets)].map((octet, i, all) => frame(i ? 0 : 1, [octet], { rsv: i ? 0 : 4, fin: i === all.length - 1 })), want: [is.text('Hello')] },
    { name: `Hello, twice, then plain: ${name}`, send: [packed(hex(octets)), packed(hex(octets)), text('plain')], want: [is.text('Hello'), is.text('Hello'), is.text('plain')] },
  ]),
  ...Object.entries(nothing).flatMap(([name, octets]) => [
    { name: `empty: ${name}`, send: [packed(hex(octets)), text('next')], want: [is.text(''), is.text('next')] },
    { name: `empty binary: ${name}`, send: [packedAs(opcode.binary, hex(octets))], want: [is.binary('')] },
  ]),
  ...Object.entries(kinds).flatMap(([name, make]) => [0, 1, 300, 5000, 40000].map((size) => ({
    name: `${size} bytes, ${name}`, make: () => ({ send: [packed(make(talk(size)))], want: [is.text(talk(size))] }),
  }))),
  ...[1, 2, 3, 5, 64, 1000].flatMap((size) => [
    { name: `pieces of ${size}`, make: () => ({ send: [packedFragments(opcode.text, talk(3000), size)], want: [is.text(talk(3000))] }) },
    { name: `pieces of ${size}, a ping between each two`, make: () => ({ send: [packedFragments(opcode.binary, talk(200), size, [pong('x')]), ping('p')], want: [is.binary(talk(200)), is.pong('p')] }) },
  ]),
  { name: 'RFC example: two fragments (7.2.3.1)', send: [start(cutHello.subarray(0, 3)), continuation(cutHello.subarray(3))], want: [is.text('Hello')] },
  { name: 'RFC example: a ping between the fragments', send: [start(cutHello.subarray(0, 3)), ping('p'), continuation(cutHello.subarray(3))], want: [is.pong('p'), is.text('Hello')] },
  { name: 'first fragment empty', send: [start(''), continuation(cutHello)], want: [is.text('Hello')] },
  { name: 'last fragment empty', send: [start(cutHello), continuation('')], want: [is.text('Hello')] },
  { name: 'all fragments empty', send: [start(''), continuation('', { fin: false }), continuation('')], want: [is.text('')] },
  { name: 'empty fragments between', send: [start(cutHello.subarray(0, 3)), continuation('', { fin: false }), continuation('', { fin: false }), continuation(cutHello.subarray(3))], want: [is.text('Hello')] },
  { name: 'plain messages where compression was agreed', send: [text('a'), binary('b'), ...fragments(opcode.text, 'plain', 2)], want: [is.text('a'), is.binary('b'), is.text('plain')] },
  { name: 'plain and compressed in turn', send: [text('a'), packedText('b'), text('c'), packedBinary('d'), ping('e')], want: [is.text('a'), is.text('b'), is.text('c'), is.binary('d'), is.pong('e')] },
  { name: 'a plain text that looks compressed', send: [binary(cutHello)], want: [is.binary(cutHello)] },
  { name: 'a hundred messages at once, in order', send: [...Array(100).keys()].map((i) => packedText(`message ${i}`)), want: [...Array(100).keys()].map((i) => is.text(`message ${i}`)) },
  { name: 'a close behind compressed messages', send: [packedText('due'), packedText('due'), close(4001)], want: [is.text('due'), is.text('due')], closes: 4001 },
  { name: 'a close inside a compressed message', send: [start(cutHello.subarray(0, 3)), close(1000)], closes: 1000 },
  { name: '4 MiB of talk', weight: 12, make: () => ({ send: [packedText(talk(4 * MiB))], want: [is.text(talk(4 * MiB))] }) },
  { name: '4 MiB of noise', weight: 12, make: () => ({ send: [packedBinary(randomBytes(4 * MiB))], want: [is.binary(randomBytes(4 * MiB))] }) },
  { name: '1 MiB of zeros', weight: 4, make: () => ({ send: [packedBinary(Buffer.alloc(MiB))], want: [is.binary(Buffer.alloc(MiB))] }) },
].map((one) => ({ section: '7692 7.2', ...one, offer }));

// Each must be seen to be broken by the inflater here as well.
const broken = {
  'a block of the reserved kind': '06', 'a block of the reserved kind, BFINAL': '07', 'all ones': 'ffffffffffffffff', 'a stored block of two lengths': '000500000048656c6c6f00',
  'a stored block whose lengths are equal': '000500050048656c6c6f00', 'a stored block cut': '000500faff4865', 'a stored block cut in its header': '000500', 'fixed codes cut': 'f248cdc9', 'fixed codes cut by one octet': 'f248cdc9c907',
  'a reference before the start': '4a04 7e00'.replace(/ /g, ''), 'a reference before the start, far': 'f200110000', 'a length code of 286': '1b03'.padEnd(12, '0'),
  'a set of code lengths with too many codes': '04c08181'.padEnd(32, 'f'), 'too many length codes': 'fc0f'.padEnd(32, '0'), 'good, then broken': 'f248cdc9c90706ff',
  'BFINAL, then the reserved kind': 'f348cdc9c9070006', 'a repeat with nothing before it': `05e0${'81'.repeat(8)}`,
};
const brokenPayloads = Object.entries(broken).map(([name, octets]) => [name, hex(octets)]);
for (const [name, payload] of brokenPayloads) {
  let inflates = true;
  try {
    inflate(payload);
  } catch {
    inflates = false;
  }
  if (inflates) throw new Error(`${name}: is not broken`);
}
const cut = (name) => ({ ours: name.includes('cut') ? partial : code });
const truncated = (cut) => squeeze(talk(2000), { level: 9 }).subarray(0, -cut);
const wrong = [
  ...brokenPayloads.flatMap(([name, payload]) => [
    { name: `broken: ${name}`, ...cut(name), send: [packedText('due'), packed(payload)], want: [is.text('due')], closes: 1007 },
    { name: `broken binary: ${name}`, ...cut(name), send: [packedAs(opcode.binary, payload)], closes: 1007 },
    { name: `broken, in fragments: ${name}`, ...cut(name), send: [...payload].map((octet, i, all) => frame(i ? 0 : 1, [octet], { rsv: i ? 0 : 4, fin: i === all.length - 1 })), closes: 1007 },
  ]),
  ...[1, 2, 5, 100].map((cut) => ({ name: `dynamic codes that end ${cut} octets too early`, ours: partial, send: [packedAs(opcode.binary, truncated(cut))], closes: 1007 })),
  { name: 'plain text marked as compressed', ours: code, send: [packed('Hello, this is plain text')], closes: 1007 },
  { name: 'noise marked as compressed', ours: code, send: [packedAs(opcode.binary, Buffer.concat([Buffer.from([0xff]), randomBytes(500)]))], closes: 1007 },
  { name: 'a zlib header in front', ours: code, send: [packedAs(opcode.binary, Buffer.concat([hex('789c'), cutHello]))], closes: 1007 },
  { name: 'broken, told before the message ends', ours: early, send: [start(hex('07'))], closes: 1007 },
  { name: 'a reference back into the message before', ours: takeover, send: [packed(cutHello), packed(hex('f200110000'))], want: [is.text('Hello')], closes: 1007 },
  ...Object.entries(invalid).slice(0, 65).map(([name, octets]) => ({ name: `inflates to bad text: ${name}`, section: '6455 8.1', send: [packedText('due'), packedText(octetsOf(octets))], want: [is.text('due')], closes: 1007 })),
  ...Object.entries(invalid).filter(([, octets]) => possibleOctets(octetsOf(octets)) < octets.length / 2).slice(0, 20).map(([name, octets]) => ({
    name: `inflates to bad text, told before the message ends: ${name}`, section: '6455 8.1', ours: early, send: [start(Buffer.concat([squeeze(octetsOf(octets)), hex('0000ffff')]))], closes: 1007,
  })),
  ...Object.entries(valid).slice(0, 12).map(([name, octets]) => ({ name: `inflates to good text: ${name}`, section: '6455 8.1', send: [packedFragments(opcode.text, octetsOf(octets), 1)], want: [is.text(octetsOf(octets))] })),
  { name: 'inflates to bad octets, but binary', section: '6455 5.6', send: [packedBinary([0xff, 0xfe, 0x80])], want: [is.binary([0xff, 0xfe, 0x80])] },
  { name: 'a code point begun in one compressed text is not ended by the next', section: '6455 8.1', send: [packedText([0xe2, 0x82]), packedText([0xac])], closes: 1007 },
  { name: 'RSV1 on a continuation', section: '7692 6', send: [start(cutHello.subarray(0, 3)), continuation(cutHello.subarray(3), { rsv: 4 })], closes: 1002 },
  { name: 'RSV1 on the continuation of a plain message', section: '7692 6', send: [text('a', { fin: false }), continuation('b', { rsv: 4 })], closes: 1002 },
  { name: 'RSV1 on a ping', section: '7692 6', send: [ping('p', { rsv: 4 })], closes: 1002 },
  { name: 'RSV1 on an empty ping', section: '7692 6', send: [ping('', { rsv: 4 })], closes: 1002 },
  { name: 'RSV1 on a pong', section: '7692 6', send: [pong('p', { rsv: 4 })], closes: 1002 },
  { name: 'RSV1 on a close', section: '7692 6', send: [close(1000, '', { rsv: 4 })], closes: 1002 },
  { name: 'RSV1 on a ping between compressed fragments', section: '7692 6', send: [start(cutHello.subarray(0, 3)), ping('p', { rsv: 4 })], closes: 1002 },
  ...[1, 2, 3, 5, 6, 7].flatMap((rsv) => [opcode.text, opcode.binary].map((code) => ({ name: `bits ${rsv} on opcode ${code} where RSV1 was agreed`, section: '6455 5.2', send: [frame(code, cutHello, { rsv })], closes: 1002 }))),
  ...[3, 7, 11, 15].map((code) => ({ name: `RSV1 on opcode ${code}`, section: '6455 5.2', send: [frame(code, 'x', { rsv: 4 })], closes: 1002 })),
].map((one) => ({ section: '7692 7.2.2', ...one, offer }));

const level = { level: 1 };
const bombs = [
  { name: '16 MiB of talk, the most there may be', weight: 48, make: () => ({ send: [packedText(talk(16 * MiB, 1), { options: level })], want: [is.text(talk(16 * MiB, 1))] }) },
  { name: 'one octet over 16 MiB', weight: 48, make: () => ({ send: [packedAs(opcode.binary, squeeze(talk(16 * MiB + 1, 1), level))] }), closes: 1009 },
  { name: '1 GiB of zeros out of 1 MiB', weight: 24, make: () => ({ send: [packedAs(opcode.binary, bomb(64))] }), closes: 1009 },
  { name: '17 MiB of zeros', weight: 4, make: () => ({ send: [packedAs(opcode.binary, squeeze(Buffer.alloc(17 * MiB)))] }), closes: 1009 },
  { name: '17 MiB of zeros in a text', weight: 4, make: () => ({ send: [packedText('due'), packed(squeeze(Buffer.alloc(17 * MiB)))], want: [is.text('due')] }), closes: 1009 },
  { name: '17 MiB of zeros in fragments that never end', weight: 4, make: () => ({ send: [start(squeeze(Buffer.alloc(17 * MiB)))] }), closes: 1009 },
  { name: '4 MiB of zeros', weight: 4, make: () => ({ send: [packedBinary(Buffer.alloc(4 * MiB))], want: [is.binary(Buffer.alloc(4 * MiB))] }) },
  { name: '4 MiB, 100 times what came', weight: 4, make: () => ({ send: [packedBinary(sparse(4 * MiB))], want: [is.binary(sparse(4 * MiB))] }) },
  { name: 'a compressed frame that could not fit by its header', send: [packedAs(opcode.binary, '', { length: 2 ** 40 })], closes: 1009 },
].map((one) => ({ section: '6455 10.4', patienceMs: 40_000, ours: limits, offer, ...one }));

// Zeros with some noise: deflates by about a hundred.
function sparse(size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 8 <= size; at += 1024) randomBytes(4, at).copy(bytes, at);
  return bytes;
}
// One stream of 16 MiB of zeros, again and again: full flushes make it repeatable.
function bomb(times) {
  const piece = deflateRawSync(Buffer.alloc(16 * MiB), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat(Array(times).fill(piece));
}

export default [...bulk, ...windows, ...goods, ...wrong, ...bombs];
