// Offers of permessage-deflate and what may be answered (RFC 6455 9.1, RFC 7692 5 and 7.1).
import { Deviation, upgradeRequest } from '../lib/peer.js';
import { packedText } from '../lib/deflate.js';
import { frame, is, opcode, text } from '../lib/wire.js';

const name = 'permessage-deflate';
const ours = 'we accept the first offer that we can keep, without context takeover in either direction';
const grammar = 'what is no list of extensions is answered by 400 (docs/protocol.md)';
const plain = { server_no_context_takeover: true, client_no_context_takeover: true };
const window = (bits) => ({ ...plain, server_max_window_bits: bits });

// An answer to one offer that keeps to it (7.1.1, 7.1.2), or none.
const keepsTo = (offer) => (agreed) => {
  if (!agreed) return;
  const asked = Object.fromEntries(offer.split(';').slice(1).map((part) => part.trim().split('=')).map(([key, value]) => [key, value?.replace(/"/g, '')]));
  if ('server_no_context_takeover' in asked && !agreed.server_no_context_takeover) throw new Deviation('the server did not promise to give up its context');
  if (asked.server_max_window_bits && !(agreed.server_max_window_bits <= Number(asked.server_max_window_bits))) throw new Deviation(`the server did not promise the window: ${agreed.server_max_window_bits}`);
  if (agreed.client_max_window_bits && !('client_max_window_bits' in asked)) throw new Deviation('the server bounds our window, which we did not offer');
};
const exactly = (wanted) => (agreed) => {
  const [given, right] = [agreed, wanted].map((one) => JSON.stringify(one && Object.fromEntries(Object.entries(one).sort())));
  if (given !== right) throw new Deviation(`agreed was ${given}, not ${right}`);
};
const texts = ['Hello', 'Hello', 'x'.repeat(5000), ''];
const talk = { send: texts.map((one) => packedText(one)), want: texts.map((one) => is.text(one)) };

const good = [
  ['', plain], ['; client_max_window_bits', plain], ['; server_no_context_takeover', plain], ['; client_no_context_takeover', plain],
  ['; server_no_context_takeover; client_no_context_takeover', plain], ['; client_no_context_takeover; client_max_window_bits', plain],
  ...[8, 9, 10, 11, 12, 13, 14, 15].flatMap((bits) => [[`; server_max_window_bits=${bits}`, window(bits)], [`; client_max_window_bits=${bits}`, plain]]),
  ['; server_max_window_bits="10"', window(10)], ['; client_max_window_bits="10"', plain], ['; server_max_window_bits = 12 ; client_max_window_bits', window(12)],
  ['; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9', window(9)],
  [';server_max_window_bits=11;client_max_window_bits', window(11)], ['\t;\tclient_max_window_bits\t', plain],
].map(([parameters, wanted]) => [name + parameters, wanted]);

const several = [
  [`${name}; server_max_window_bits=10, ${name}`, window(10)],
  [`${name}, ${name}; server_max_window_bits=10`, plain],
  [`${name}; unknown, ${name}`, plain],
  [`${name}; server_max_window_bits=7, ${name}; server_max_window_bits=9`, window(9)],
  [`${name}; server_max_window_bits, ${name}; client_max_window_bits`, plain],
  [`x-webkit-deflate-frame, ${name}; client_max_window_bits`, plain],
  [`mux; max-channels=4; flow-control, ${name}`, plain],
  [`${name}; a, ${name}; b, ${name}; c, ${name}`, plain],
  [`, ${name} ,, `, plain],
  [`x; y="a"; z, ${name}`, plain],
  [`x; y="a\\b", ${name}`, plain],
  [[name, `${name}; server_max_window_bits=9`], plain],
  [[`x-unknown`, `${name}; server_max_window_bits=9`], window(9)],
  [['', name], plain],
];

// Well-formed, and nothing that could be accepted: the connection goes on without (7.1).
const declined = [
  'x-webkit-deflate-frame', 'permessage-bzip2', 'permessage-deflate2', 'deflate', 'mux; max-channels=4', 'a, b; c, d; e=f; g="h"',
  ...['unknown', 'unknown=1', 'server_no_context_takeover=1', 'server_no_context_takeover=true', 'client_no_context_takeover=1', 'client_no_context_takeover="1"',
    'server_max_window_bits', 'server_max_window_bits=0', 'server_max_window_bits=7', 'server_max_window_bits=16', 'server_max_window_bits=100', 'server_max_window_bits=08',
    'server_max_window_bits=010', 'server_max_window_bits=-9', 'server_max_window_bits=+9', 'server_max_window_bits=9.0', 'server_max_window_bits=nine', 'server_max_window_bits=1e1',
    'server_max_window_bits="7"', 'server_max_window_bits=4294967304', 'client_max_window_bits=7', 'client_max_window_bits=16', 'client_max_window_bits=0', 'client_max_window_bits=015',
    'client_max_window_bits=x', 'client_max_window_bits=18446744073709551625',
    'server_no_context_takeover; server_no_context_takeover', 'client_no_context_takeover; client_no_context_takeover', 'server_max_window_bits=9; server_max_window_bits=9',
    'server_max_window_bits=9; server_max_window_bits=10', 'client_max_window_bits; client_max_window_bits', 'client_max_window_bits=9; client_max_window_bits',
  ].map((parameter) => `${name}; ${parameter}`),
];

const malformed = [
  '', ' ', ',', ', ,', ';', '=', `${name};`, `${name}; ;client_max_window_bits`, `${name};; client_max_window_bits`, `${name}; =8`, `${name}; server_max_window_bits=`,
  `${name}; server_max_window_bits=,x`, `; client_max_window_bits`, `${name} client_max_window_bits`, `${name}; server_max_window_bits 9`, `${name}; server_max_window_bits=9 9`,
  `${name}; server_max_window_bits="9`, `${name}; server_max_window_bits=9"`, `${name}; server_max_window_bits=""`, `${name}; server_max_window_bits="9 "`, `${name}; server_max_window_bits="1,0"`,
  `${name}; server_max_window_bits=(9)`, `${name}; server_max_window_bits='9';[`, `"${name}"`, `${name}/1`, `${name}, x;`, `${name}, "`, `x y, ${name}`, `${name}; a=b=c`, `${name}; a@b`, `${name}:1`,
  `${name}; server_max_window_bits=\xe9`, `${name}; "client_max_window_bits"`, `${name}; a="\\"`,
];
const lines = (offer) => [offer].flat().map((one) => `Sec-WebSocket-Extensions: ${one}`);

export default [
  ...good.map(([offer]) => ({ name: `keeps to: ${offer}`, section: '7692 7.1', offer, agreed: keepsTo(offer), send: [text('Hello')], want: [is.text('Hello')] })),
  ...good.map(([offer, wanted]) => ({ name: `accepts: ${offer}`, section: '7692 7.1', ours, offer, agreed: exactly(wanted), ...talk })),
  ...several.map(([offers, wanted]) => ({
    name: `of several: ${[offers].flat().join(' and ')}`, section: '7692 5.1', ours,
    run: async (bench) => {
      const peer = await bench.connect();
      await peer.send([upgradeRequest(bench.target, { lines: lines(offers) })]);
      peer.accept(await peer.answer(), true);
      exactly(wanted)(peer.deflate?.agreed ?? null);
      await peer.send(talk.send);
      await bench.expect(peer, talk.want);
      await bench.finish(peer);
    },
  })),
  ...declined.map((offer) => ({ name: `declines: ${offer}`, section: '7692 7.1', offer, agreed: exactly(null), send: [text('Hello')], want: [is.text('Hello')] })),
  ...declined.slice(0, 8).map((offer) => ({ name: `declined, so RSV1 is wrong: ${offer}`, section: '7692 6', offer, send: [frame(opcode.text, 'x', { rsv: 4 })], closes: 1002 })),
  ...malformed.map((offer) => ({
    name: `400: ${JSON.stringify(offer)}`, section: '6455 9.1', ours: grammar, status: 400,
    request: (target) => Buffer.from(upgradeRequest(target, { lines: lines(offer) }), 'latin1'),
  })),
  { name: 'an offer on /ws is accepted as well', section: '7692 7.1', ours, path: '/ws', run: async (bench) => {
    const peer = await bench.open({ offer: name });
    exactly(plain)(peer.deflate?.agreed ?? null);
    const welcome = await peer.next();
    if (welcome.type !== 'text' || !welcome.data.includes('"welcome"')) throw new Deviation('no welcome');
  } },
];
