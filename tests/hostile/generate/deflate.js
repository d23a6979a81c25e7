// Offers of permessage-deflate, and compressed payloads, sound and broken (RFC 7692).
import { constants, deflateRawSync } from 'node:zlib';

const goodParameters = ['', '; client_max_window_bits', '; client_max_window_bits=10', '; server_no_context_takeover', '; client_no_context_takeover', '; server_max_window_bits=8', '; server_max_window_bits=9', '; server_max_window_bits=12', '; server_max_window_bits="10"', '; server_max_window_bits=15; client_max_window_bits=15; client_no_context_takeover'];
const badParameters = ['; server_max_window_bits=7', '; server_max_window_bits=16', '; server_max_window_bits=08', '; server_max_window_bits', '; client_max_window_bits=7', '; client_max_window_bits=x', '; client_no_context_takeover=1', '; server_no_context_takeover; server_no_context_takeover', '; unknown', '; unknown=5', '; Server_No_Context_Takeover', '; server_max_window_bits="1\\0"', '; server_max_window_bits=-9'];
const badGrammar = ['permessage-deflate;', 'permessage-deflate; =', 'permessage-deflate; client_max_window_bits=', 'permessage-deflate client_max_window_bits', ';', '', ',', 'permessage-deflate; x="', 'permessage-deflate; x="a b"', 'permessage-deflate; x=""', '"permessage-deflate"', 'permessage-deflate; x=(', 'a=b'];

export function makeOffer(r, mutated) {
  const good = () => `permessage-deflate${r.pick(goodParameters)}`;
  if (!mutated) return r.weighted([[8, () => [good()]], [1, () => [`${good()}, ${good()}`]], [1, () => ['x-unknown; a=b', good()]]])();
  const bad = () => `permessage-deflate${r.pick(badParameters)}`;
  return r.pick([
    () => [bad()], () => [`${bad()}, ${good()}`], () => [`${bad()}${r.pick(badParameters)},,${bad()}`], () => [r.pick(badGrammar)],
    () => [good(), r.pick(badGrammar)], () => ['x-webkit-deflate-frame'], () => ['permessage-deflatE'], () => [good().replace(/;/g, ' ; ').replace(/=/g, ' = ')],
  ])();
}

const flush = { finishFlush: constants.Z_SYNC_FLUSH };

// One message compressed as a decent client would.
export function compress(r, payload) {
  const options = { ...flush, level: r.weighted([[4, 6], [1, 1], [1, 0], [1, 9]]), windowBits: r.weighted([[3, 15], [1, 9]]), strategy: r.weighted([[5, constants.Z_DEFAULT_STRATEGY], [1, constants.Z_FIXED], [1, constants.Z_HUFFMAN_ONLY]]) };
  const bytes = deflateRawSync(payload, options);
  if (payload.length === 0) return Buffer.from([0]);
  return bytes.subarray(0, bytes.length - 4);
}

const bombs = new Map();
function bomb(size) {
  if (!bombs.has(size)) {
    const bytes = deflateRawSync(Buffer.alloc(size, 'a'), { ...flush, level: 9 });
    bombs.set(size, bytes.subarray(0, bytes.length - 4));
  }
  return bombs.get(size);
}

// `payload` compressed wrongly, or rightly in a rare way.
export function compressBadly(r, payload, service) {
  const good = compress(r, payload);
  return r.weighted([
    [4, () => { const bytes = Buffer.from(good); for (let i = r.between(1, 3); i > 0 && bytes.length; i -= 1) bytes[r.int(bytes.length)] ^= 1 << r.int(8); return bytes; }],
    [2, () => good.subarray(0, r.int(good.length + 1))],
    [2, () => r.bytes(r.int(200))],
    [1, () => Buffer.concat([good, r.bytes(r.between(1, 4))])],
    // The tail was not taken off.
    [1, () => Buffer.concat([good, Buffer.from([0, 0, 0xff, 0xff])])],
    // The stream is ended by BFINAL (7.2.3.4), with and without the empty block that must follow.
    [2, () => Buffer.concat([deflateRawSync(payload), Buffer.from(r.chance(0.7) ? [0] : [])])],
    [1, () => Buffer.concat([deflateRawSync(payload), good])],
    // Empty stored blocks before and behind.
    [1, () => Buffer.concat([Buffer.from([0, 0, 0, 0xff, 0xff, 0, 0, 0, 0xff, 0xff]), good])],
    [1, () => Buffer.alloc(0)],
    [1, () => bomb(service === 'ws' ? r.pick([65535, 65536, 65537, 200000, 1000000]) : 65536 * r.pick([1, 2, 3]))],
  ])();
}

export const hugeBomb = (megabytes) => bomb(megabytes * 1024 * 1024);
