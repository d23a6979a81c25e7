// DEFLATE (RFC 1951) as a reader of one message of permessage-deflate (RFC 7692 7.2.2), slow and strict:
// every code set complete, every distance within the window and what was made so far.

class More extends Error {}
class Broken extends Error {}
const more = new More();

const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const distanceExtra = distanceBase.map((_, i) => (i < 2 ? 0 : (i >> 1) - 1));
const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// `loose`: a set of one code or none is allowed (distances).
function makeTable(lengths, loose) {
  const count = new Array(16).fill(0);
  lengths.forEach((length) => { count[length] += 1; });
  let left = 1;
  for (let bits = 1; bits <= 15; bits += 1) {
    left = left * 2 - count[bits];
    if (left < 0) throw new Broken('more codes than fit');
  }
  const used = lengths.length - count[0];
  if (left > 0 && !(loose && (used === 0 || (used === 1 && count[1] === 1)))) throw new Broken('a code set with holes');
  const symbols = [];
  for (let bits = 1; bits <= 15; bits += 1) lengths.forEach((length, symbol) => { if (length === bits) symbols.push(symbol); });
  return { count, symbols };
}

const fixedLengths = makeTable(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)), false);
const fixedDistances = (() => {
  const table = { count: new Array(16).fill(0), symbols: Array.from({ length: 32 }, (_, i) => i) };
  table.count[5] = 32;
  return table;
})();

class Reader {
  constructor(bytes, limit, window) {
    Object.assign(this, { bytes, at: 0, bit: 0, limit, window, out: Buffer.allocUnsafe(1024), made: 0, begin: 0 });
  }

  put(octet) {
    if (this.made === this.out.length) this.out = Buffer.concat([this.out, Buffer.allocUnsafe(this.made * 3)]);
    this.out[this.made] = octet;
    this.made += 1;
  }

  bits(count) {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      if (this.at >= this.bytes.length) throw more;
      value |= ((this.bytes[this.at] >> this.bit) & 1) << i;
      this.bit += 1;
      if (this.bit === 8) { this.bit = 0; this.at += 1; }
    }
    return value;
  }

  align() {
    if (this.bit) { this.bit = 0; this.at += 1; }
  }

  symbol({ count, symbols }) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let bits = 1; bits <= 15; bits += 1) {
      code |= this.bits(1);
      if (code - count[bits] < first) return symbols[index + (code - first)];
      index += count[bits];
      if (index === symbols.length) break;
      first = (first + count[bits]) << 1;
      code <<= 1;
    }
    throw new Broken('a code that nothing has');
  }

  stored() {
    this.align();
    const length = this.bits(16);
    if ((this.bits(16) ^ 0xffff) !== length) throw new Broken('lengths of a stored block differ');
    for (let i = 0; i < length && this.made <= this.limit; i += 1) this.put(this.bits(8));
  }

  tables() {
    const literals = this.bits(5) + 257;
    const distances = this.bits(5) + 1;
    const codes = this.bits(4) + 4;
    if (literals > 286 || distances > 30) throw new Broken('too many codes');
    const own = new Array(19).fill(0);
    for (let i = 0; i < codes; i += 1) own[codeOrder[i]] = this.bits(3);
    if (own.every((length) => length === 0)) {
      // Broken, but zlib sees it only behind the lengths, which take a bit each.
      for (let i = 0; i < literals + distances; i += 1) this.bits(1);
      throw new Broken('no codes for the lengths');
    }
    const table = makeTable(own, false);
    const lengths = [];
    while (lengths.length < literals + distances) {
      const symbol = this.symbol(table);
      if (symbol < 16) lengths.push(symbol);
      else {
        if (symbol === 16 && lengths.length === 0) throw new Broken('nothing to repeat');
        const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
        const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
        if (lengths.length + times > literals + distances) throw new Broken('a repeat beyond the end');
        for (let i = 0; i < times; i += 1) lengths.push(value);
      }
    }
    if (lengths[256] === 0) throw new Broken('no end of block');
    return [makeTable(lengths.slice(0, literals), true), makeTable(lengths.slice(literals), true)];
  }

  codes(lengths, distances) {
    while (this.made <= this.limit) {
      const symbol = this.symbol(lengths);
      if (symbol < 256) this.put(symbol);
      else if (symbol === 256) return;
      else {
        if (symbol > 285) throw new Broken('no such length');
        const length = lengthBase[symbol - 257] + this.bits(lengthExtra[symbol - 257]);
        const code = this.symbol(distances);
        if (code > 29) throw new Broken('no such distance');
        const distance = distanceBase[code] + this.bits(distanceExtra[code]);
        if (distance > this.window) throw new Broken('further back than the window');
        if (distance > this.made - this.begin) {
          this.beyond ||= distance <= this.made;
          throw new Broken('further back than the beginning');
        }
        for (let i = 0; i < length && this.made <= this.limit; i += 1) this.put(this.out[this.made - distance]);
      }
    }
  }

  // One block; true when it was the last of its stream.
  block() {
    const last = this.bits(1) === 1;
    const type = this.bits(2);
    if (type === 3) throw new Broken('no such block');
    if (type === 0) this.stored();
    else this.codes(...(type === 1 ? [fixedLengths, fixedDistances] : this.tables()));
    return last;
  }
}

// Reads `bytes`, to which the four octets were added if the message is whole. { out, over: more than `limit`
// came out, broken: why not, or null, cut: it ends inside a block, streams: how many blocks had BFINAL,
// endsStream: the last octet ends such a block, beyond: broken by a reference over the end of a stream }. `out` has at most limit + 1 octets.
export function inflate(bytes, limit, window = 32768) {
  const reader = new Reader(bytes, limit, window);
  const result = { broken: null, cut: false, endsStream: false, streams: 0 };
  try {
    while (reader.at < bytes.length || reader.bit) {
      if (reader.made > limit) break;
      if (reader.block()) {
        reader.align();
        reader.begin = reader.made;
        result.streams += 1;
        result.endsStream = reader.at === bytes.length;
      }
    }
  } catch (error) {
    if (error instanceof More) result.cut = true;
    else if (error instanceof Broken) result.broken = error.message;
    else throw error;
  }
  return { ...result, out: reader.out.subarray(0, reader.made), over: reader.made > limit, beyond: Boolean(reader.beyond) };
}

export const messageTail = Buffer.from([0, 0, 0xff, 0xff]);
