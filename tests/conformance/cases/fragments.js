// Fragmentation (RFC 6455 5.4).
import { binary, close, continuation, fragments, is, opcode, ping, pong, randomBytes, randomSource, text } from '../lib/wire.js';

const open = (payload) => text(payload, { fin: false });
const more = (payload) => continuation(payload, { fin: false });
const sentence = 'the five boxing wizards jump quickly, again and again and again';
const interleave = (frames, make) => frames.flatMap((one, i) => (i === 0 ? [one] : [make(i), one]));

// Random cuts, with repeats: empty fragments are among them.
function randomCuts(seed) {
  const next = randomSource(seed);
  return [...Array(1 + next(12))].map(() => next(sentence.length + 1)).sort((a, b) => a - b);
}

const wrong = [
  ['continuation with FIN as the first frame', [continuation('x')]],
  ['continuation without FIN as the first frame', [more('x')]],
  ['empty continuation as the first frame', [continuation('')]],
  ['continuation without FIN first, then a text', [more('x'), text('y')]],
  ['continuation behind a whole text', [text('due'), continuation('x')], [is.text('due')]],
  ['continuation without FIN behind a whole text', [text('due'), more('x')], [is.text('due')]],
  ['continuation behind a finished fragmented text', [open('a'), continuation('b'), continuation('c')], [is.text('ab')]],
  ['continuation behind a ping', [ping('p'), continuation('x')], [is.pong('p')]],
  ['text inside a fragmented text', [open('a'), text('b')]],
  ['text without FIN inside a fragmented text', [open('a'), open('b')]],
  ['binary inside a fragmented text', [open('a'), binary('b')]],
  ['text inside a fragmented binary', [binary('a', { fin: false }), text('b')]],
  ['empty text inside a fragmented text', [open('a'), text('')]],
  ['text inside, behind a ping', [open('a'), ping('p'), text('b')], [is.pong('p')]],
  ['text inside a message of three fragments', [open('a'), more('b'), text('c')]],
  ['text inside, then the end', [open('a'), text('b'), continuation('c')]],
  ['a second message goes wrong', [open('a'), continuation('b'), open('c'), text('d')], [is.text('ab')]],
];

export default [
  ...[1, 2, 3, 7, 16, 62, 63].flatMap((size) => [
    { name: `text in pieces of ${size}`, section: '6455 5.4', send: fragments(opcode.text, sentence, size), want: [is.text(sentence)] },
    { name: `binary in pieces of ${size}`, section: '6455 5.4', send: fragments(opcode.binary, sentence, size), want: [is.binary(sentence)] },
    { name: `text in pieces of ${size}, an empty one in the end`, section: '6455 5.4', send: fragments(opcode.text, sentence, size, { empty: true }), want: [is.text(sentence)] },
    {
      name: `text in pieces of ${size}, a ping between each two`, section: '6455 5.4', ...(sentence.length / size > 10 ? { ours: 'each of 62 pings at once is answered' } : {}),
      send: interleave(fragments(opcode.text, sentence, size), (i) => ping(`${i}`)),
      want: [...fragments(opcode.text, sentence, size).slice(1).map((_, i) => is.pong(`${i + 1}`)), is.text(sentence)],
    },
    { name: `text in pieces of ${size}, a pong between each two`, section: '6455 5.4', send: interleave(fragments(opcode.text, sentence, size), (i) => pong(`${i}`)), want: [is.text(sentence)] },
  ]),
  ...[125, 126, 127, 65535, 65536, 65537].map((size) => ({
    name: `binary of three pieces of ${size}`, section: '6455 5.4',
    make: () => ({ send: fragments(opcode.binary, randomBytes(size * 3), size), want: [is.binary(randomBytes(size * 3))] }),
  })),
  ...[...Array(20).keys()].map((seed) => ({
    name: `cut at random, ${seed}`, section: '6455 5.4',
    send: fragments(opcode.text, sentence, randomCuts(seed)), want: [is.text(sentence)],
  })),
  { name: 'all fragments empty', section: '6455 5.4', send: [open(''), more(''), more(''), continuation('')], want: [is.text('')] },
  { name: 'two empty fragments', section: '6455 5.4', send: [open(''), continuation('')], want: [is.text('')] },
  { name: 'empty, full, empty', section: '6455 5.4', send: [open(''), more('middle'), continuation('')], want: [is.text('middle')] },
  { name: '1000 empty fragments around one octet', section: '6455 5.4', send: [open(''), ...Array(500).fill(more('')), more('x'), ...Array(498).fill(more('')), continuation('')], want: [is.text('x')] },
  { name: '1000 fragments of one octet', section: '6455 5.4', send: fragments(opcode.text, 'x'.repeat(1000), 1), want: [is.text('x'.repeat(1000))], weight: 2 },
  { name: 'fragmented messages one behind the other', section: '6455 5.4', send: [...fragments(opcode.text, 'first', 2), ...fragments(opcode.binary, 'second', 3), text('third')], want: [is.text('first'), is.binary('second'), is.text('third')] },
  { name: 'whole, fragmented, whole', section: '6455 5.4', send: [text('1'), open('2'), continuation('3'), text('4')], want: [is.text('1'), is.text('23'), is.text('4')] },
  { name: 'an unfinished message brings nothing; a close ends it', section: '6455 5.5.1', send: [open('never'), more('ending'), close(1000)], closes: 1000 },
  {
    name: 'nothing comes before the last fragment', section: '6455 5.4',
    run: async (bench) => {
      const peer = await bench.open();
      await peer.send([open('a'), ping('1')]);
      await bench.expect(peer, [is.pong('1')]);
      await peer.send([more('b'), ping('2')]);
      await bench.expect(peer, [is.pong('2')]);
      await peer.send([continuation('c')]);
      await bench.expect(peer, [is.text('abc')]);
      await bench.finish(peer);
    },
  },
  ...wrong.map(([name, send, want]) => ({ name, section: '6455 5.4', send, want, closes: 1002 })),
];
