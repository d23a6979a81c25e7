// Text is UTF-8, over the whole message (RFC 6455 5.6, 8.1): cut anywhere between its octets, and
// failed at the first octet that cannot be.
import { binary, close, continuation, fragments, frame, is, opcode, ping, text } from '../lib/wire.js';
import { invalid, octetsOf, possibleOctets, valid } from '../lib/utf8.js';

const table = (sequences, make) => Object.entries(sequences).flatMap(([name, octets]) => make(name, octetsOf(octets)));
const early = 'told as soon as it is seen, not at the end of a frame or message';
const everyCut = (bytes) => [...Array(Math.max(0, bytes.length - 1)).keys()].map((i) => i + 1);
// A frame that announces 1000 octets more than it brings.
const unfinished = (bytes) => frame(opcode.text, bytes, { length: bytes.length + 1000 });

const good = table(valid, (name, bytes) => [
  { name: `good: ${name}`, section: '6455 5.6', send: [text(bytes)], want: [is.text(bytes)] },
  { name: `good, an octet in each fragment: ${name}`, section: '6455 5.6', send: fragments(opcode.text, bytes, 1), want: [is.text(bytes)] },
  {
    name: `good, cut in two everywhere: ${name}`, section: '6455 5.6',
    send: everyCut(bytes).flatMap((cut) => fragments(opcode.text, bytes, [cut])), want: everyCut(bytes).map(() => is.text(bytes)),
  },
]);

const bad = table(invalid, (name, bytes) => {
  const possible = possibleOctets(bytes);
  const cases = [
    { name: `bad: ${name}`, section: '6455 8.1', send: [text('due'), text(bytes)], want: [is.text('due')], closes: 1007 },
    { name: `bad, an octet in each fragment: ${name}`, section: '6455 8.1', send: fragments(opcode.text, bytes, 1), closes: 1007 },
    { name: `bad, but binary: ${name}`, section: '6455 5.6', send: [binary(bytes)], want: [is.binary(bytes)] },
  ];
  if (possible === bytes.length) return cases;
  const bringsIt = bytes.subarray(0, possible + 1);
  cases.push(
    { name: `bad, told in the middle of a frame: ${name}`, section: '6455 8.1', ours: early, send: [unfinished(bringsIt)], closes: 1007 },
    {
      name: `bad, told by the first octet that cannot be: ${name}`, section: '6455 8.1', ours: early,
      run: async (bench) => {
        const peer = await bench.open();
        await peer.send([text(bringsIt.subarray(0, possible), { fin: false }), ping('still there')]);
        await bench.expect(peer, [is.pong('still there')]);
        await peer.send([continuation(bringsIt.subarray(possible), { fin: false })]);
        await bench.expectClose(peer, 1007);
      },
    },
  );
  return cases;
});

const euro = Buffer.from('€');
export default [
  ...good,
  ...bad,
  { name: 'a code point begun in one message is not ended by the next', section: '6455 8.1', send: [text(euro.subarray(0, 2)), text(euro.subarray(2))], closes: 1007 },
  { name: 'a ping inside a code point', section: '6455 5.4', send: [text(euro.subarray(0, 1), { fin: false }), ping('p'), continuation(euro.subarray(1))], want: [is.pong('p'), is.text(euro)] },
  { name: 'octets of a ping are not octets of the text', section: '6455 5.4', send: [text(euro.subarray(0, 2), { fin: false }), ping(euro.subarray(2)), continuation('x')], want: [is.pong(euro.subarray(2))], closes: 1007 },
  { name: 'an empty fragment inside a code point', section: '6455 5.4', send: [text(euro.subarray(0, 1), { fin: false }), continuation('', { fin: false }), continuation(euro.subarray(1))], want: [is.text(euro)] },
  { name: 'an empty last fragment does not end a code point', section: '6455 8.1', send: [text(euro.subarray(0, 2), { fin: false }), continuation('')], closes: 1007 },
  { name: 'good text behind good text', section: '6455 5.6', send: [text(euro), text('κ'), text(euro)], want: [is.text(euro), is.text('κ'), is.text(euro)] },
  { name: 'binary that is not UTF-8 changes nothing for the text behind', section: '6455 5.6', send: [binary([0xe2, 0x82]), text(euro)], want: [is.binary([0xe2, 0x82]), is.text(euro)] },
  { name: 'bad text, then a close: the text was first', section: '6455 8.1', send: [text([0xff]), close(1000)], closes: 1007 },
  ...[15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 4095, 65535, 100000].flatMap((at) => [
    { name: `a bad octet behind ${at} good ones`, section: '6455 8.1', send: [text(Buffer.concat([Buffer.alloc(at, 'a'), Buffer.from([0xff]), Buffer.alloc(100, 'b')]))], closes: 1007 },
    { name: `a good code point across octet ${at}`, section: '6455 5.6', send: [text(`${'a'.repeat(at - 1)}€${'b'.repeat(100)}`)], want: [is.text(`${'a'.repeat(at - 1)}€${'b'.repeat(100)}`)] },
    { name: `a message that ends ${at} octets in, inside a code point`, section: '6455 8.1', send: [text(Buffer.concat([Buffer.alloc(at - 1, 'a'), Buffer.from([0xe2])]))], closes: 1007 },
  ]),
  { name: 'bad octet told in the middle of 1 MiB', section: '6455 8.1', ours: early, weight: 2, make: () => ({ send: [frame(opcode.text, Buffer.concat([Buffer.alloc(300000, 'a'), Buffer.from([0xc0])]), { length: 1 << 20 })] }), closes: 1007 },
];
