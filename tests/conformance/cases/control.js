// Pings and pongs (RFC 6455 5.5): whole, at most 125 octets, answered in order, anywhere in a message.
import { close, continuation, frame, is, opcode, ping, pong, randomBytes, text } from '../lib/wire.js';

const each = 'the RFC lets a server answer the newest of several pings alone; we answer up to 64 at once';
const many = (count, make) => [...Array(count).keys()].map(make);
const controls = { ping: opcode.ping, pong: opcode.pong, close: opcode.close };
const tooLong = [126, 127, 128, 1000, 65535, 65536];
// Its octets, for a close frame with a code in front.
const payload = (code, size) => (code === opcode.close ? Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(size - 2, 'x')]) : Buffer.alloc(size, 'x'));

export default [
  ...[0, 1, 5, 64, 124, 125].flatMap((size) => [
    { name: `ping of ${size} bytes`, section: '6455 5.5.2', send: [ping('*'.repeat(size))], want: [is.pong('*'.repeat(size))] },
    { name: `ping of ${size} octets that are no text`, section: '6455 5.5.2', send: [ping(Buffer.alloc(size, 0xfe))], want: [is.pong(Buffer.alloc(size, 0xfe))] },
    { name: `pong of ${size} bytes that nobody asked for`, section: '6455 5.5.3', send: [pong(randomBytes(size))] },
  ]),
  { name: 'a pong nobody asked for, then a ping', section: '6455 5.5.3', send: [pong('unasked'), ping('asked')], want: [is.pong('asked')] },
  { name: '10 pongs nobody asked for, then a text', section: '6455 5.5.3', send: [...many(10, (i) => pong(`${i}`)), text('x')], want: [is.text('x')] },
  ...[2, 10, 30, 64].map((count) => ({
    name: `${count} pings at once, each answered`, section: '6455 5.5.3', ...(count > 10 ? { ours: each } : {}),
    send: many(count, (i) => ping(`payload ${i}`)), want: many(count, (i) => is.pong(`payload ${i}`)),
  })),
  {
    name: '10 pings of 125 bytes at once', section: '6455 5.5.2',
    send: many(10, (i) => ping(randomBytes(125, i))), want: many(10, (i) => is.pong(randomBytes(125, i))),
  },
  { name: 'pings of 0 to 125 bytes', section: '6455 5.5.2', run: async (bench) => {
    const peer = await bench.open();
    for (let size = 0; size <= 125; size += 1) {
      await peer.send([ping(randomBytes(size))]);
      await bench.expect(peer, [is.pong(randomBytes(size))]);
    }
    await bench.finish(peer);
  } },
  { name: 'ping between messages, in order', section: '6455 5.5.2', send: [text('1'), ping('2'), text('3'), ping('4')], want: [is.text('1'), is.pong('2'), is.text('3'), is.pong('4')] },
  { name: 'ping between two fragments', section: '6455 5.4', send: [text('a', { fin: false }), ping('p'), continuation('b')], want: [is.pong('p'), is.text('ab')] },
  { name: 'pong between two fragments', section: '6455 5.4', send: [text('a', { fin: false }), pong('p'), continuation('b')], want: [is.text('ab')] },
  { name: 'ping before the first and behind the last fragment', section: '6455 5.4', send: [ping('1'), text('a', { fin: false }), continuation('b'), ping('2')], want: [is.pong('1'), is.text('ab'), is.pong('2')] },
  { name: '10 pings between two fragments', section: '6455 5.4', send: [text('a', { fin: false }), ...many(10, (i) => ping(`${i}`)), continuation('b')], want: [...many(10, (i) => is.pong(`${i}`)), is.text('ab')] },
  { name: 'pings sent one by one, each answered', section: '6455 5.5.2', run: async (bench) => {
    const peer = await bench.open();
    for (let i = 0; i < 100; i += 1) {
      await peer.send([ping(`${i}`)]);
      await bench.expect(peer, [is.pong(`${i}`)]);
    }
    await bench.finish(peer);
  } },
  ...Object.entries(controls).flatMap(([name, code]) => [
    ...tooLong.map((size) => ({ name: `${name} of ${size} bytes`, section: '6455 5.5', send: [frame(code, payload(code, size))], closes: 1002 })),
    { name: `${name} of 126 bytes behind a text`, section: '6455 5.5', send: [text('due'), frame(code, payload(code, 126))], want: [is.text('due')], closes: 1002 },
    { name: `${name} of 126 bytes between fragments`, section: '6455 5.5', send: [text('a', { fin: false }), frame(code, payload(code, 126)), continuation('b')], closes: 1002 },
    { name: `${name} without FIN`, section: '6455 5.5', send: [frame(code, payload(code, 3), { fin: false })], closes: 1002 },
    { name: `${name} without FIN and payload`, section: '6455 5.5', send: [frame(code, '', { fin: false })], closes: 1002 },
    { name: `${name} without FIN, goes on in a continuation`, section: '6455 5.5', send: [frame(code, payload(code, 3), { fin: false }), continuation('x')], closes: 1002 },
    { name: `${name} without FIN between fragments`, section: '6455 5.5', send: [text('a', { fin: false }), frame(code, payload(code, 3), { fin: false }), continuation('b')], closes: 1002 },
  ]),
  { name: 'ping in a fragmented message that a close ends', section: '6455 5.5.1', send: [text('a', { fin: false }), ping('p'), close(1000)], want: [is.pong('p')], closes: 1000 },
];
