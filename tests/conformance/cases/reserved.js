// Reserved bits and reserved opcodes (RFC 6455 5.2): nothing was negotiated, so each fails the connection.
import { continuation, frame, is, opcode, ping, text } from '../lib/wire.js';

const bits = [1, 2, 3, 4, 5, 6, 7];
const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const startFragment = () => text('a', { fin: false });

const bitCases = Object.entries(opcode).flatMap(([name, code]) => bits.map((rsv) => ({
  name: `bits ${rsv.toString(2).padStart(3, '0')} on ${name}`, section: '6455 5.2', closes: 1002,
  send: code === 0 ? [startFragment(), frame(code, 'x', { rsv })] : [frame(code, code === 8 ? [3, 232] : 'x', { rsv })],
})));

const ping1 = ping('p');
export default [
  ...bitCases,
  ...bits.flatMap((rsv) => [
    { name: `bits ${rsv}: what is due comes before the close`, section: '6455 7.1.7', send: [text('due'), ping1, text('x', { rsv })], want: [is.text('due'), is.pong('p')], closes: 1002 },
    { name: `bits ${rsv} on an empty text`, section: '6455 5.2', send: [text('', { rsv })], closes: 1002 },
    { name: `bits ${rsv} on a large binary`, section: '6455 5.2', send: [frame(opcode.binary, Buffer.alloc(70000), { rsv })], closes: 1002 },
    { name: `bits ${rsv} on a ping between fragments`, section: '6455 5.2', send: [startFragment(), ping('x', { rsv }), continuation('b')], closes: 1002 },
  ]),
  ...opcodes.flatMap((code) => [
    { name: `opcode ${code} without payload`, section: '6455 5.2', send: [frame(code)], closes: 1002 },
    { name: `opcode ${code} with payload`, section: '6455 5.2', send: [frame(code, 'reserved payload')], closes: 1002 },
    { name: `opcode ${code} behind a text`, section: '6455 7.1.7', send: [text('due'), frame(code), ping1], want: [is.text('due')], closes: 1002 },
    { name: `opcode ${code} with payload, behind a text and a ping`, section: '6455 7.1.7', send: [text('due'), ping1, frame(code, 'x')], want: [is.text('due'), is.pong('p')], closes: 1002 },
    { name: `opcode ${code} without FIN`, section: '6455 5.2', send: [frame(code, 'x', { fin: false }), continuation('y')], closes: 1002 },
    { name: `opcode ${code} between fragments`, section: '6455 5.2', send: [startFragment(), frame(code, 'x'), continuation('b')], closes: 1002 },
    { name: `opcode ${code} in the place of a continuation`, section: '6455 5.2', send: [startFragment(), frame(code)], closes: 1002 },
    { name: `opcode ${code}, bits 111`, section: '6455 5.2', send: [frame(code, 'x', { rsv: 7 })], closes: 1002 },
  ]),
];
