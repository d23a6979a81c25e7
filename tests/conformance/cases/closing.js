// The closing handshake (RFC 6455 5.5.1, 7): codes and reasons, what comes behind, who ends TCP.
import { binary, close, closePayload, continuation, frame, is, opcode, ping, pong, text } from '../lib/wire.js';
import { invalid, octetsOf, valid } from '../lib/utf8.js';

const range = (from, to) => [...Array(to - from + 1).keys()].map((i) => from + i);
const goodCodes = [...range(1000, 1003), ...range(1007, 1014), 3000, 3001, 3500, 3999, 4000, 4001, 4500, 4999];
const badCodes = [0, 1, 2, 100, 500, 998, 999, 1004, 1005, 1006, 1015, 1016, 1017, 1099, 1100, 1500, 1999, 2000, 2001, 2500, 2998, 2999,
  5000, 5001, 9999, 10000, 32767, 32768, 65534, 65535];
const registered = 'IANA gave 1012 to 1014 a meaning after the RFC';
const reply = 'the RFC says "typically": our answer bears the code that came, and none where none came';
const reason = (size) => 'r'.repeat(size);

// Behind a close frame nothing is handled (5.5.1), so nothing of this may show.
const behind = {
  'a text': [text('late')], 'a binary': [binary('late')], 'a ping': [ping('late')], 'a pong': [pong('late')], 'a second close': [close(1001)],
  'a close that is wrong': [close(1005)], 'a reserved opcode': [frame(15, 'late')], 'reserved bits': [text('late', { rsv: 7 })],
  'text that is not UTF-8': [text([0xff])], 'a continuation': [continuation('late')], 'a frame that is not masked': [text('late', { key: null })],
  'half a frame': [text('late').subarray(0, 5)], '100 KiB': [binary(Buffer.alloc(100 << 10))], 'noise': [Buffer.alloc(1000, 0xff)],
};

export default [
  ...goodCodes.map((code) => ({ name: `code ${code} comes back`, section: '6455 7.4', send: [close(code)], closes: code, ...(code >= 1012 && code <= 1014 ? { ours: registered } : {}) })),
  ...goodCodes.map((code) => ({ name: `code ${code} with a reason`, section: '6455 7.4', send: [close(code, 'that is why')], closes: code, ...(code >= 1012 && code <= 1014 ? { ours: registered } : {}) })),
  ...badCodes.flatMap((code) => [
    { name: `code ${code} is refused`, section: '6455 7.4', send: [close(code)], closes: 1002 },
    { name: `code ${code} with a reason is refused`, section: '6455 7.4', send: [close(code, 'why')], closes: 1002 },
  ]),
  { name: 'no code, none comes back', section: '6455 5.5.1', send: [close()], closes: null, ours: reply },
  ...[0, 3, 31, 127, 128, 255].map((octet) => ({ name: `a payload of one octet, ${octet}`, section: '6455 5.5.1', send: [frame(opcode.close, [octet])], closes: 1002 })),
  ...[0, 1, 2, 50, 122, 123].map((size) => ({ name: `a reason of ${size} bytes`, section: '6455 5.5', send: [close(1000, reason(size))], closes: 1000 })),
  ...[124, 125, 200, 65535].map((size) => ({ name: `a reason of ${size} bytes is too long`, section: '6455 5.5', send: [close(1000, reason(size))], closes: 1002 })),
  { name: 'a reason that fills the frame to its last code point', section: '6455 5.5.1', send: [close(1000, '€'.repeat(41))], closes: 1000 },
  ...Object.entries(valid).filter(([, octets]) => octets.length <= 246).slice(0, 28).map(([name, octets]) => ({ name: `good reason: ${name}`, section: '6455 5.5.1', send: [close(1000, octetsOf(octets))], closes: 1000 })),
  ...Object.entries(invalid).slice(0, 65).map(([name, octets]) => ({ name: `bad reason: ${name}`, section: '6455 8.1', send: [close(1000, octetsOf(octets))], closes: 1007 })),
  { name: 'the code is judged before the reason', section: '6455 7.4', send: [close(1005, Buffer.from([0xff]))], closes: 1002, ours: 'both are wrong; we judge in the order of the octets' },
  ...Object.entries(behind).flatMap(([name, send]) => [
    { name: `${name} behind a close`, section: '6455 5.5.1', send: [close(1000), ...send], closes: 1000 },
    { name: `${name} behind a close, behind an echo`, section: '6455 5.5.1', send: [text('due'), close(3000, 'x'), ...send], want: [is.text('due')], closes: 3000 },
    { name: `${name} behind a violation`, section: '6455 7.1.7', send: [text('due'), text('x', { rsv: 2 }), ...send], want: [is.text('due')], closes: 1002 },
  ]),
  {
    name: 'text and ping sent when the close came back change nothing', section: '6455 5.5.1',
    run: async (bench) => {
      const peer = await bench.open();
      await peer.send([close(1000)]);
      await bench.expect(peer, [is.close(1000)]);
      peer.send([text('late'), ping('late')]).catch(() => {});
      await bench.expectEnd(peer);
    },
  },
  ...[1, 10, 100].map((count) => ({
    name: `${count} echoes are due before the close`, section: '6455 5.5.1',
    send: [...Array(count).fill(text('due')), close(1000)], want: Array(count).fill(is.text('due')), closes: 1000,
  })),
  { name: 'an echo of 256 KiB is due before the close', section: '6455 5.5.1', make: () => ({ send: [text('x'.repeat(1 << 18)), close(1000)], want: [is.text('x'.repeat(1 << 18))] }), closes: 1000 },
  { name: 'an echo of 2 MiB is due before the close', section: '6455 5.5.1', weight: 4, make: () => ({ send: [binary(Buffer.alloc(2 << 20)), close(1000)], want: [is.binary(Buffer.alloc(2 << 20))] }), closes: 1000 },
  { name: 'a close inside a fragmented message', section: '6455 5.4', send: [text('a', { fin: false }), close(1000), continuation('b')], closes: 1000 },
  { name: 'a close with the mask key zero', section: '6455 5.3', send: [close(1000, 'x', { key: [0, 0, 0, 0] })], closes: 1000 },
  { name: 'a close in a length of 16 bits', section: '6455 5.2', send: [frame(opcode.close, closePayload(1000), { form: 16 })], closes: 1002 },
  { name: 'a close that is not masked', section: '6455 5.1', send: [close(1000, '', { key: null })], closes: 1002 },
];
