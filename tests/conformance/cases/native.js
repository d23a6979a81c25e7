// What our pages decide for /ws, the chat's own endpoint: subprotocol, binary, sizes (docs/protocol.md).
import { Deviation } from '../lib/peer.js';
import { binary, close, continuation, frame, is, opcode, ping, text } from '../lib/wire.js';

const ours = 'docs/protocol.md';
const limit = 64 * 1024;

// Upgraded on /ws, the welcome read.
async function welcomed(bench, how = {}) {
  const peer = await bench.open({ path: '/ws', ...how });
  const { type, data } = await peer.next();
  if (type !== 'text' || JSON.parse(data).type !== 'welcome') throw new Deviation('the first frame is no welcome');
  return peer;
}
const subprotocol = (name, lines, selected) => ({
  name: `subprotocol: ${name}`, section: '6455 4.2.2', ours,
  run: async (bench) => {
    const peer = await welcomed(bench, { lines });
    const given = peer.answered.fields['sec-websocket-protocol'];
    if (given !== selected) throw new Deviation(`${given} was selected, not ${selected}`);
    await bench.finish(peer);
  },
});
const offered = (value) => [`Sec-WebSocket-Protocol: ${value}`];
const answers = (name, section, send, closes, want = []) => ({
  name, section, ours,
  run: async (bench) => {
    const peer = await welcomed(bench);
    peer.send(send).catch(() => {});
    await bench.expect(peer, want);
    await bench.expectClose(peer, closes);
  },
});

export default [
  subprotocol('none offered', [], undefined),
  subprotocol('ours', offered('stentor.v1'), 'stentor.v1'),
  subprotocol('ours in the end', offered('x, y, stentor.v1'), 'stentor.v1'),
  subprotocol('ours in front', offered('stentor.v1, x'), 'stentor.v1'),
  subprotocol('ours on the second line', [...offered('x'), ...offered('stentor.v1')], 'stentor.v1'),
  subprotocol('blanks and empty elements around it', offered(' ,\tx ,, stentor.v1 ,'), 'stentor.v1'),
  subprotocol('in other letters it is another', offered('Stentor.V1'), undefined),
  subprotocol('longer ones are others', offered('stentor.v10, stentor.v, xstentor.v1'), undefined),
  answers('binary is refused', '6455 7.4.1', [binary('x')], 1003),
  answers('binary is refused by its header', '6455 7.4.1', [frame(opcode.binary, '', { length: 100 })], 1003),
  answers('a fragmented binary is refused', '6455 7.4.1', [binary('x', { fin: false })], 1003),
  answers('a message of one octet over 64 KiB is refused by its header', '6455 10.4', [frame(opcode.text, '', { length: limit + 1 })], 1009),
  answers('fragments of one octet over 64 KiB are refused by a header', '6455 10.4', [text('x'.repeat(1000), { fin: false }), frame(opcode.continuation, '', { length: limit - 999 })], 1009),
  answers('a ping is answered', '6455 5.5.2', [ping('p'), close(1000)], 1000, [is.pong('p')]),
  answers('bad text', '6455 8.1', [text([0xff])], 1007),
  answers('a reserved opcode', '6455 5.2', [frame(3)], 1002),
  answers('fragments of nothing', '6455 5.4', [continuation('x')], 1002),
  {
    name: 'a bad command is answered, the connection stays', section: '6455 5.6', ours,
    run: async (bench) => {
      const peer = await welcomed(bench);
      for (const bad of ['', '{', 'null', '[]', '{"type":"nothing"}', '{"type":"join","id":"1","room":"x"}']) {
        await peer.send([text(bad)]);
        const { type, data } = await peer.next();
        if (type !== 'text' || JSON.parse(data).type !== 'error') throw new Deviation(`${bad}: no error came`);
      }
      await bench.finish(peer);
    },
  },
];
