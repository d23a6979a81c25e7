// Large messages, many messages, many fragments; and what is too large (RFC 6455 10.4).
import { binary, continuation, fragments, frame, is, opcode, ping, randomBytes, text } from '../lib/wire.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const limit = 16 * MiB;
const ours = 'the limit of /echo is ours: 16 MiB, told by 1009 as soon as a header says so';
const patienceMs = 40_000;
const named = (size) => (size >= MiB ? `${size / MiB} MiB` : size >= KiB ? `${size / KiB} KiB` : `${size} bytes`);
const weightOf = (size) => Math.max(1, Math.ceil(size / MiB) * 2);
const letters = Buffer.from('abcdefgh €uro Ωmega ');
const textOf = (size) => Buffer.alloc(size, 'z').fill(letters, 0, size - (size % letters.length));
const both = { text: [opcode.text, textOf, text, is.text], binary: [opcode.binary, (size) => randomBytes(size, 3), binary, is.binary] };

const whole = (size, repeat = 1) => Object.entries(both).map(([kind, [, make, send, want]]) => ({
  name: `${repeat > 1 ? `${repeat} times ` : ''}${kind} of ${named(size)}`, section: '6455 5.2', weight: weightOf(size * repeat), patienceMs,
  make: () => ({ send: Array(repeat).fill(send(make(size))), want: Array(repeat).fill(want(make(size))) }),
}));
const inPieces = (size, piece) => Object.entries(both).map(([kind, [code, make, , want]]) => ({
  name: `${kind} of ${named(size)} in pieces of ${named(piece)}`, section: '6455 5.4', weight: weightOf(size), patienceMs,
  make: () => ({ send: fragments(code, make(size), piece), want: [want(make(size))] }),
}));
// Only the header of a frame.
const header = (code, length, more) => frame(code, '', { length, ...more });

export default [
  ...[64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].flatMap((size) => whole(size)),
  ...[64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB].flatMap((piece) => inPieces(4 * MiB, piece)),
  ...[KiB, 64 * KiB].flatMap((piece) => inPieces(16 * MiB, piece)),
  ...[0, 16, 64, 125, 128, 2048].flatMap((size) => whole(size, 1000)),
  ...whole(64 * KiB, 50),
  ...[['one octet over', limit + 1], ['4 GiB', 2 ** 32], ['2^62', 2n ** 62n], ['2^63 - 1', 2n ** 63n - 1n]].flatMap(([name, length]) => [
    { name: `text of ${name}: refused by its header`, section: '6455 10.4', ours, send: [text('due'), header(opcode.text, length)], want: [is.text('due')], closes: 1009 },
    { name: `binary of ${name}: refused by its header`, section: '6455 10.4', ours, send: [header(opcode.binary, length)], closes: 1009 },
    { name: `first fragment of ${name}`, section: '6455 10.4', ours, send: [header(opcode.text, length, { fin: false })], closes: 1009 },
  ]),
  { name: 'the second fragment makes it one octet too large', section: '6455 10.4', ours, send: [text('x', { fin: false }), header(opcode.continuation, limit)], closes: 1009 },
  { name: 'the second fragment makes it as large as may be', section: '6455 10.4', ours, weight: 36, patienceMs, make: () => ({ send: [binary(randomBytes(1), { fin: false }), continuation(Buffer.alloc(limit - 1))], want: [is.binary(Buffer.concat([randomBytes(1), Buffer.alloc(limit - 1)]))] }) },
  { name: '16 MiB are there, one octet more is refused', section: '6455 10.4', ours, weight: 36, patienceMs, make: () => ({ send: [binary(Buffer.alloc(limit - 1), { fin: false }), continuation('x', { fin: false }), continuation('', { fin: false }), ping('p'), header(opcode.continuation, 1)], want: [is.pong('p')] }), closes: 1009 },
  { name: '65,536 fragments of 64 octets', section: '6455 5.4', weight: 12, patienceMs, make: () => ({ send: fragments(opcode.binary, randomBytes(4 * MiB, 5), 64), want: [is.binary(randomBytes(4 * MiB, 5))] }) },
  { name: '4000 empty fragments', section: '6455 5.4', send: [text('', { fin: false }), ...Array(3998).fill(continuation('', { fin: false })), continuation('end')], want: [is.text('end')] },
  { name: '10,000 empty fragments are a flood', section: '6455 10.4', ours: '4096 frames a message, and one more for each 32 octets; then 1008', send: [text('', { fin: false }), Buffer.concat(Array(10000).fill(continuation('', { fin: false })))], closes: 1008 },
  { name: 'fragments of one octet without end are a flood', section: '6455 10.4', ours: '4096 frames a message, and one more for each 32 octets; then 1008', send: [text('x', { fin: false }), Buffer.concat(Array(10000).fill(continuation('x', { fin: false })))], closes: 1008 },
];
