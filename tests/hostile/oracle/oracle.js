// The right outcome of a connection, from the octets that it sends and nothing else.
//
//   answers   the HTTP answers in order: { statuses, closes, upgrade?, head(status): has it no body? }
//   items     behind the 101, in the order of what they answer: { at, queue: 'sync', pong | message | json }
//             or, of a room, { at, queue: ROOM, json }. `at`: the octet behind what called for it
//   end       { kind: 'close', at, codes, sure }   the server ends with one of these codes
//             { kind: 'reply', at, code }          the server answers our close frame; null: without a code
//             { kind: 'fin' }                      the server ends behind an HTTP answer
//             { kind: 'open' }                     the connection stays until we end it
import { FrameOracle } from './frames.js';
import { judgeHead } from './head.js';
import { judgeRequest } from './handshake.js';
import { NativeOracle } from './native.js';

function judgeUpgraded(upgrade, bytes, at, options) {
  const native = upgrade.service === 'ws' ? new NativeOracle(options) : null;
  const items = native ? native.items : [];
  if (native) items[0].at = at;
  const frames = new FrameOracle(upgrade, (opcode, payload, end) => {
    if (native) native.message(payload.toString(), end);
    else items.push({ at: end, queue: 'sync', message: { opcode, payload } });
  });
  frames.items = { push: ({ at: end, pong }) => items.push({ at: end, queue: 'sync', pong }) };
  frames.run(bytes, at);
  const { end } = frames;
  const kind = !end ? { kind: 'open' } : end.codes ? { kind: 'close', ...end } : { kind: 'reply', at: end.at, code: end.reply };
  return { items, end: kind, loose: native?.loose ?? false };
}

// Who refuses a head for its shape may not know that it was to be answered without a body.
const ofTheHead = new Set([400, 414, 431, 501, 505]);

// `options`: { taken: names that others have, own: one that nobody else asks for, deflate: is permessage-deflate on? }
export function judge(bytes, options) {
  const answers = [];
  const nothing = { items: [], loose: false };
  for (let at = 0; ;) {
    if (at === bytes.length) return { answers, ...nothing, end: { kind: 'open' } };
    const head = judgeHead(bytes.subarray(at));
    if (head.kind === 'incomplete') return { answers, ...nothing, end: { kind: 'open' } };
    if (head.kind === 'refused') {
      answers.push({ at, statuses: head.statuses, closes: true, maybe: !head.must, head: head.head });
      return { answers, ...nothing, end: { kind: head.must ? 'fin' : 'maybe-fin' } };
    }
    const answer = judgeRequest(head, options);
    at += head.bytes;
    answers.push({ at, ...answer, head: (status) => head.method === 'HEAD' && !ofTheHead.has(status) });
    if (answer.upgrade) return { answers, ...judgeUpgraded(answer.upgrade, bytes, at, options) };
    if (answer.closes) return { answers, ...nothing, end: { kind: 'fin' } };
  }
}
