// Lengths, opcodes, masks and the order of what comes back (RFC 6455 5.2, 5.3, 5.6).
import { binary, is, randomBytes, text } from '../lib/wire.js';

const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32, 63, 64, 124, 125, 126, 127, 128, 129, 255, 256, 1000, 1024, 4096,
  8191, 8192, 16384, 32767, 32768, 65534, 65535, 65536, 65537, 98303, 98304, 131071, 131072, 131073, 200000];
const keys = { zero: [0, 0, 0, 0], 'all ones': [255, 255, 255, 255], 'first octet': [255, 0, 0, 0], 'last octet': [0, 0, 0, 255], 'of the text': [0x48, 0x65, 0x6c, 0x6c] };

const echoes = (name, section, send, want, more) => ({ name, section, send, want, ...more });

export default [
  ...sizes.flatMap((size) => [
    echoes(`text of ${size} bytes`, '6455 5.2', [text('*'.repeat(size))], [is.text('*'.repeat(size))]),
    { name: `binary of ${size} bytes`, section: '6455 5.2', make: () => ({ send: [binary(randomBytes(size))], want: [is.binary(randomBytes(size))] }) },
  ]),
  ...Object.entries(keys).flatMap(([name, key]) => [
    echoes(`mask key ${name}, text`, '6455 5.3', [text('Hello', { key })], [is.text('Hello')]),
    echoes(`mask key ${name}, 1000 bytes`, '6455 5.3', [binary(randomBytes(1000), { key })], [is.binary(randomBytes(1000))]),
  ]),
  echoes('every value of an octet', '6455 5.6', [binary(Buffer.from([...Array(256).keys()]))], [is.binary(Buffer.from([...Array(256).keys()]))]),
  echoes('binary that is not UTF-8', '6455 5.6', [binary([0xff, 0xfe, 0x80])], [is.binary([0xff, 0xfe, 0x80])]),
  echoes('text of NULs', '6455 5.6', [text('\0\0\0')], [is.text('\0\0\0')]),
  echoes('text of control characters', '6455 5.6', [text('\u0001\u0001x\u0008\u007f')], [is.text('\u0001\u0001x\u0008\u007f')]),
  echoes('100 messages at once, in order', '6455 5.4', [...Array(100).keys()].map((i) => text(`${i}`)), [...Array(100).keys()].map((i) => is.text(`${i}`))),
  echoes('text and binary in turn', '6455 5.4', [...Array(40).keys()].map((i) => (i & 1 ? binary : text)(`${i}`)), [...Array(40).keys()].map((i) => (i & 1 ? is.binary : is.text)(`${i}`))),
  echoes('lengths 0 to 130, one behind the other', '6455 5.2', [...Array(131).keys()].map((size) => binary(randomBytes(size))), [...Array(131).keys()].map((size) => is.binary(randomBytes(size)))),
  echoes('an empty message between others', '6455 5.2', [text('a'), text(''), binary(''), text('b')], [is.text('a'), is.text(''), is.binary(''), is.text('b')]),
  ...[65535, 65536, 131072].map((size) => ({
    name: `a small message behind one of ${size}, and one before`, section: '6455 5.4',
    make: () => ({ send: [text('before'), binary(randomBytes(size)), text('behind')], want: [is.text('before'), is.binary(randomBytes(size)), is.text('behind')] }),
  })),
  {
    name: 'a thousand messages, each sent when the last came back', section: '6455 5.4', weight: 2,
    run: async (bench) => {
      const peer = await bench.open({}, 'whole');
      for (let i = 0; i < 1000; i += 1) {
        await peer.send([text(`message ${i}`)]);
        await bench.expect(peer, [is.text(`message ${i}`)]);
      }
      await bench.finish(peer);
    },
  },
];
