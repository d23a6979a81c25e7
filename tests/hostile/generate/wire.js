// Requests and frames as structures, so that a mutation can reach every part, and their octets.

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

// `lines`: [name, value, separator?, end?] or a raw text.
export function renderRequest({ line, lines, eol = '\r\n', end = '\r\n' }) {
  const field = (one) => (typeof one === 'string' ? one : `${one[0]}${one[2] ?? ': '}${one[1]}${one[3] ?? eol}`);
  return Buffer.from(`${line}${eol}${lines.map(field).join('')}${end}`, 'latin1');
}

export function upgradeRequest(path, key, authority) {
  return {
    line: `GET ${path} HTTP/1.1`,
    lines: [
      ['Host', authority], ['Upgrade', 'websocket'], ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key], ['Sec-WebSocket-Version', '13'],
    ],
  };
}

// `form`: 7, 16 or 64, the octets of the length; `said`: a length that is not the truth (a bigint).
export function renderFrame({ fin = true, rsv = 0, code, payload, masked = true, key = 0, form, said }) {
  const length = said ?? BigInt(payload.length);
  const octets = form ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
  const size = 2 + (octets === 7 ? 0 : octets / 8) + (masked ? 4 : 0);
  const bytes = Buffer.allocUnsafe(size + payload.length);
  bytes[0] = (fin ? 0x80 : 0) | (rsv << 4) | code;
  bytes[1] = (masked ? 0x80 : 0) | (octets === 7 ? Number(length & 127n) : octets === 16 ? 126 : 127);
  if (octets === 16) bytes.writeUInt16BE(Number(length & 0xffffn), 2);
  if (octets === 64) bytes.writeBigUInt64BE(length, 2);
  payload.copy(bytes, size);
  if (masked) {
    bytes.writeUInt32BE(key >>> 0, size - 4);
    for (let i = 0; i < payload.length; i += 1) bytes[size + i] ^= bytes[size - 4 + (i & 3)];
  }
  return bytes;
}
