// What a raw socket finds: masking, the forms of a length, who ends TCP and when, half-closed and cut
// connections, neighbours (RFC 6455 5.1 to 5.3, 7.1).
import { Deviation } from '../lib/peer.js';
import { within } from '../lib/runner.js';
import { binary, close, continuation, frame, is, opcode, ping, pong, randomBytes, text } from '../lib/wire.js';

const names = Object.entries(opcode);
const open = (payload) => text(payload, { fin: false });
const payloadOf = (code) => (code === opcode.close ? [3, 232] : 'x');
// A frame of any opcode, where it may stand.
const placed = (code, make) => (code === opcode.continuation ? [open('a'), make(code)] : [make(code)]);
const octets = (...list) => Buffer.from(list);
const pause = (ms) => new Promise((later) => { setTimeout(later, ms); });

const masking = [
  ...names.flatMap(([name, code]) => [
    { name: `${name} that is not masked`, section: '6455 5.1', send: placed(code, () => frame(code, payloadOf(code), { key: null })), closes: 1002 },
    { name: `${name} without payload that is not masked`, section: '6455 5.1', send: placed(code, () => frame(code, '', { key: null })), closes: 1002 },
    { name: `${name} that is not masked, behind an echo`, section: '6455 5.1', send: [text('due'), ...placed(code, () => frame(code, payloadOf(code), { key: null }))], want: [is.text('due')], closes: 1002 },
  ]),
  { name: 'large binary that is not masked', section: '6455 5.1', send: [frame(opcode.binary, Buffer.alloc(70000), { key: null })], closes: 1002 },
  { name: 'not masked: told by the second octet', section: '6455 5.1', ours: 'told as soon as it is seen', send: [octets(0x81, 0x05)], closes: 1002 },
  { name: 'reserved opcode: told by the first octet', section: '6455 5.2', ours: 'told as soon as it is seen', send: [octets(0x83)], closes: 1002 },
  { name: 'reserved bits: told by the first octet', section: '6455 5.2', ours: 'told as soon as it is seen', send: [octets(0xf1)], closes: 1002 },
  { name: 'control without FIN: told by the first octet', section: '6455 5.5', ours: 'told as soon as it is seen', send: [octets(0x09)], closes: 1002 },
  { name: 'continuation of nothing: told by the first octet', section: '6455 5.4', ours: 'told as soon as it is seen', send: [octets(0x80)], closes: 1002 },
  { name: 'control too long: told by the second octet', section: '6455 5.5', ours: 'told as soon as it is seen', send: [octets(0x89, 0xfe)], closes: 1002 },
  { name: 'every octet of a key is used', section: '6455 5.3', send: [binary(Buffer.alloc(9), { key: [1, 2, 3, 4] })], want: [is.binary(Buffer.alloc(9))] },
  { name: 'a key that looks like a header', section: '6455 5.3', send: [text('Hello', { key: [0x88, 0x80, 0x00, 0x00] }), text('x')], want: [is.text('Hello'), is.text('x')] },
];

const forms = [[16, [0, 1, 2, 100, 124, 125]], [64, [0, 1, 125, 126, 127, 1000, 65534, 65535]]];
const lengths = [
  ...forms.flatMap(([form, sizes]) => sizes.flatMap((size) => [
    { name: `text of ${size} bytes, its length in ${form} bits`, section: '6455 5.2', send: [text('due'), text('*'.repeat(size), { form })], want: [is.text('due')], closes: 1002 },
    { name: `binary of ${size} bytes, its length in ${form} bits`, section: '6455 5.2', send: [binary('*'.repeat(size), { form })], closes: 1002 },
  ])),
  ...[16, 64].flatMap((form) => names.filter(([, code]) => code !== opcode.text && code !== opcode.binary).map(([name, code]) => (
    { name: `${name}, its length in ${form} bits`, section: '6455 5.2', send: placed(code, () => frame(code, payloadOf(code), { form })), closes: 1002 }))),
  ...[['2^63', 2n ** 63n], ['2^63 + 5', 2n ** 63n + 5n], ['2^64 - 1', 2n ** 64n - 1n], ['2^64 - 4', 2n ** 64n - 4n], ['2^64 - 14', 2n ** 64n - 14n], ['2^63 + 2^32', 2n ** 63n + 2n ** 32n]].flatMap(([name, length]) => [
    { name: `text of ${name}`, section: '6455 5.2', send: [text('due'), frame(opcode.text, 'x', { length })], want: [is.text('due')], closes: 1002 },
    { name: `binary of ${name}, no more than its header`, section: '6455 5.2', send: [frame(opcode.binary, '', { length }).subarray(0, 10)], closes: 1002 },
    { name: `continuation of ${name}`, section: '6455 5.2', send: [open('a'), frame(opcode.continuation, '', { length })], closes: 1002 },
    { name: `ping of ${name}`, section: '6455 5.5', send: [frame(opcode.ping, '', { length })], closes: 1002 },
  ]),
];

// The server ends TCP; what the peer writes meanwhile must not turn its last words into a reset.
const ends = Object.entries({
  'a close': [close(1000), 1000], 'a violation': [text('x', { rsv: 1 }), 1002], 'bad text': [text([0xff]), 1007],
}).flatMap(([name, [last, code]]) => [
  {
    name: `behind ${name} TCP ends within a second and a half, the peer doing nothing`, section: '6455 7.1.1',
    run: async (bench) => {
      const peer = await bench.open();
      await peer.send([text('due'), last]);
      await bench.expect(peer, [is.text('due'), is.close(code)]);
      await bench.expectEnd(peer);
    },
  },
  {
    name: `behind ${name} the socket is wholly closed soon, the peer doing nothing`, section: '6455 7.1.1', ours: 'half a second of grace on top of the one second that we read on', patienceMs: 8000,
    run: async (bench) => {
      const peer = await bench.open();
      await peer.send([last]);
      await bench.expectClose(peer, code);
      const failed = new Promise((done) => { peer.socket.once('error', done).once('close', done); });
      const writer = setInterval(() => peer.socket.write(ping('x')), 50);
      await within(3000, failed, 'TCP takes octets for seconds behind its end').finally(() => clearInterval(writer));
    },
  },
  {
    name: `what comes for a while behind ${name} does not reset the connection`, section: '6455 7.1.1', ours: 'we read on for a second, so that our last words arrive',
    run: async (bench) => {
      const peer = await bench.open({}, 'whole');
      peer.send([text('due'), last, Buffer.alloc(1 << 20, 0x55)]).catch(() => {});
      await bench.expect(peer, [is.text('due'), is.close(code)]);
      await bench.expectEnd(peer);
    },
  },
]);

const cuts = { 'inside a header': text('cut').subarray(0, 1), 'inside a key': text('cut').subarray(0, 4), 'inside a payload': text('cut').subarray(0, 8), 'inside a large payload': binary(Buffer.alloc(100000)).subarray(0, 70000), 'between fragments': open('cut'), 'inside a ping': ping('cut').subarray(0, 5) };
const halfClosed = [
  { name: 'FIN without a close frame, behind an echo', ours: 'what is due is sent, then the connection ends', bytes: text('due'), want: [is.text('due')] },
  { name: 'FIN without a close frame, behind 1 MiB', ours: 'what is due is sent, then the connection ends', bytes: binary(Buffer.alloc(1 << 20)), want: [is.binary(Buffer.alloc(1 << 20))] },
  { name: 'FIN at once', ours: 'the connection ends', bytes: Buffer.alloc(0), want: [] },
  { name: 'FIN behind a close', bytes: close(1000), want: [is.close(1000)] },
  ...Object.entries(cuts).map(([where, bytes]) => ({ name: `FIN ${where}`, ours: 'the connection ends', bytes: Buffer.concat([text('due'), bytes]), want: [is.text('due')] })),
].map(({ name, ours, bytes, want }) => ({
  name, section: '6455 7.1.5', ours,
  run: async (bench) => {
    const peer = await bench.open();
    const sending = peer.send([bytes]).then(() => peer.socket.end());
    await bench.expect(peer, want);
    await sending;
    await within(3000, bench.expect(peer, [is.end]), 'the server does not end behind our FIN');
  },
}));

const neighbours = [
  ...Object.entries(cuts).map(([where, bytes]) => ({
    name: `a reset ${where} harms nobody`, section: '6455 7.2.1',
    run: async (bench) => {
      const [victim, other] = [await bench.open(), await bench.open()];
      await other.send([open('still ')]);
      await victim.send([bytes]);
      victim.destroy();
      await other.send([continuation('here')]);
      await bench.expect(other, [is.text('still here')]);
      await bench.finish(other);
    },
  })),
  {
    name: 'connections do not mix', section: '6455 5.4', weight: 4,
    run: async (bench) => {
      const peers = await Promise.all([...Array(20).keys()].map(() => bench.open()));
      await Promise.all(peers.map((peer, i) => peer.send([open(`${i} `), ping(`${i}`), continuation('end'), binary(randomBytes(1000, i))])));
      await Promise.all(peers.map((peer, i) => bench.expect(peer, [is.pong(`${i}`), is.text(`${i} end`), is.binary(randomBytes(1000, i))])));
      await Promise.all(peers.map((peer) => bench.finish(peer)));
    },
  },
  {
    name: 'nothing comes that was not asked for', section: '6455 5.5', ours: '/echo says nothing of itself',
    run: async (bench) => {
      const peer = await bench.open();
      await pause(300);
      if (peer.bytes.length || peer.ended) throw new Deviation('something came');
      await bench.finish(peer);
    },
  },
  {
    name: 'a frame whose halves come a while apart', section: '6455 5.2',
    run: async (bench) => {
      const peer = await bench.open();
      const bytes = Buffer.concat([text('one'), binary(randomBytes(300)), ping('p')]);
      for (const cut of [1, 5, 12, 200]) {
        await peer.send([bytes.subarray(0, cut)]);
        await pause(30);
        await peer.send([bytes.subarray(cut)]);
        await bench.expect(peer, [is.text('one'), is.binary(randomBytes(300)), is.pong('p')]);
      }
      await bench.finish(peer);
    },
  },
  {
    name: 'a peer that reads late gets all of it, in order', section: '6455 5.4', weight: 12, patienceMs: 30_000,
    run: async (bench) => {
      const peer = await bench.open({}, 'whole');
      peer.socket.pause();
      const messages = [...Array(200).keys()].map((i) => binary(randomBytes(40_000, i)));
      peer.send(messages).catch(() => {});
      await pause(300);
      peer.socket.resume();
      await bench.expect(peer, [...Array(200).keys()].map((i) => is.binary(randomBytes(40_000, i))));
      await bench.finish(peer);
    },
  },
  {
    name: '1000 pings while the peer reads: each is answered', section: '6455 5.5.2', ours: 'up to 64 at once', weight: 4,
    run: async (bench) => {
      const peer = await bench.open({}, 'whole');
      for (let round = 0; round < 20; round += 1) {
        await peer.send([...Array(50).keys()].map((i) => ping(`${round}.${i}`)));
        await bench.expect(peer, [...Array(50).keys()].map((i) => is.pong(`${round}.${i}`)));
      }
      await bench.finish(peer);
    },
  },
];

// What is due comes before the close, whatever is due and whatever ends it.
const due = {
  'a text': [[text('due')], [is.text('due')]],
  'a fragmented text and a pong': [[open('d'), ping('p'), continuation('ue')], [is.pong('p'), is.text('due')]],
  '20 messages': [[...Array(20).keys()].map((i) => text(`${i}`)), [...Array(20).keys()].map((i) => is.text(`${i}`))],
  '100 KiB': [[binary(randomBytes(100 << 10))], [is.binary(randomBytes(100 << 10))]],
  '1 MiB': [[binary(randomBytes(1 << 20))], [is.binary(randomBytes(1 << 20))]],
  'an empty message': [[binary('')], [is.binary('')]],
};
const violations = {
  'reserved bits': [text('x', { rsv: 3 }), 1002], 'a reserved opcode': [frame(11, 'x'), 1002], 'a continuation of nothing': [continuation('x'), 1002], 'a frame not masked': [text('x', { key: null }), 1002],
  'bad text': [text([0xc0, 0x80]), 1007], 'a bad close code': [close(1005), 1002], 'half a close payload': [frame(opcode.close, [3]), 1002], 'a long ping': [ping(Buffer.alloc(126)), 1002],
  'a length of 2^63': [frame(opcode.text, '', { length: 2n ** 63n }), 1002], 'a length not in its shortest form': [text('x', { form: 64 }), 1002], 'a text inside a text': [Buffer.concat([open('x'), text('y')]), 1002],
  'a pong without FIN': [pong('x', { fin: false }), 1002],
};
const order = Object.entries(due).flatMap(([what, [send, want]]) => Object.entries(violations).map(([how, [last, code]]) => ({
  name: `${what}, then ${how}`, section: '6455 7.1.7', send: [...send, last], want, closes: code,
})));

export default [...masking, ...lengths, ...ends, ...halfClosed, ...neighbours, ...order];
