// An inflater of our own (RFC 1951) that tells what it saw: how far back references reach, kinds of
// blocks, whether the stream ends where a block does. zlib forgives what a peer with a smaller window
// could not; this one does not.

const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// A table that the next `bits` bits index; an entry is symbol << 4 | length, 0 where no code is.
function huffman(lengths) {
  const bits = Math.max(1, ...lengths);
  const counts = new Array(16).fill(0);
  for (const length of lengths) if (length) counts[length] += 1;
  const next = new Array(16).fill(0);
  for (let length = 1, code = 0; length <= 15; length += 1) {
    code = (code + (counts[length - 1] ?? 0)) << 1;
    next[length] = code;
    if (code + counts[length] > 1 << length) throw new Error('inflate: too many codes');
  }
  const table = new Uint32Array(1 << bits);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    let code = next[length]++;
    let reversed = 0;
    for (let i = 0; i < length; i += 1, code >>= 1) reversed = reversed << 1 | code & 1;
    for (let at = reversed; at < table.length; at += 1 << length) table[at] = symbol << 4 | length;
  });
  return { bits, table };
}

const fixedLengths = huffman([...Array(144).fill(8), ...Array(112).fill(9), ...Array(24).fill(7), ...Array(8).fill(8)]);
const fixedDistances = huffman(Array(30).fill(5));

class Bits {
  constructor(input) {
    Object.assign(this, { input, at: 0, hold: 0, held: 0 });
  }

  // Past the end there are zeros; who used them is told by overrun().
  need(count) {
    while (this.held < count) {
      this.hold |= (this.at < this.input.length ? this.input[this.at] : 0) << this.held;
      this.at += 1;
      this.held += 8;
    }
  }

  take(count) {
    if (count === 0) return 0;
    this.need(count);
    const value = this.hold & ((1 << count) - 1);
    this.hold >>>= count;
    this.held -= count;
    if (this.overrun()) throw new Error('inflate: the stream ends inside a block');
    return value;
  }

  symbol({ bits, table }) {
    this.need(bits);
    const entry = table[this.hold & ((1 << bits) - 1)];
    if (entry === 0) throw new Error('inflate: no such code');
    this.take(entry & 15);
    return entry >> 4;
  }

  overrun() {
    return this.at - (this.held >> 3) > this.input.length;
  }

  toByte() {
    this.at -= this.held >> 3;
    this.hold = 0;
    this.held = 0;
  }
}

function readTables(bits) {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const count = bits.take(4) + 4;
  const order = new Array(19).fill(0);
  for (let i = 0; i < count; i += 1) order[codeLengthOrder[i]] = bits.take(3);
  const codes = huffman(order);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = bits.symbol(codes);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) lengths.push(...Array(3 + bits.take(2)).fill(lengths.at(-1)));
    else lengths.push(...Array(symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7)).fill(0));
  }
  if (lengths.length !== literals + distances) throw new Error('inflate: too many lengths');
  return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
}

// Inflates a whole message, the four octets put on again. `history`: what the window held before.
// Returns { data, distanceMax, blocks: ['stored', …], finals }. Throws what no peer could inflate.
export function inflate(payload, history = Buffer.alloc(0)) {
  const bits = new Bits(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]));
  let out = Buffer.allocUnsafe(Math.max(1024, history.length + payload.length * 4));
  history.copy(out);
  let size = history.length;
  const seen = { distanceMax: 0, blocks: [], finals: 0 };
  const room = (count) => {
    if (size + count <= out.length) return;
    const more = Buffer.allocUnsafe((size + count) * 2);
    out.copy(more, 0, 0, size);
    out = more;
  };
  const stored = () => {
    bits.toByte();
    const length = bits.take(8) | bits.take(8) << 8;
    if ((bits.take(8) | bits.take(8) << 8) !== (length ^ 0xffff)) throw new Error('inflate: a stored block of two lengths');
    if (bits.at + length > bits.input.length) throw new Error('inflate: the stream ends inside a block');
    room(length);
    bits.input.copy(out, size, bits.at, bits.at + length);
    bits.at += length;
    size += length;
  };
  const coded = (literals, distances) => {
    for (;;) {
      const symbol = bits.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        room(1);
        out[size++] = symbol;
        continue;
      }
      if (symbol > 285) throw new Error('inflate: no such length');
      const length = lengthBase[symbol - 257] + bits.take(lengthExtra[symbol - 257]);
      const code = bits.symbol(distances);
      if (code > 29) throw new Error('inflate: no such distance');
      const distance = distanceBase[code] + bits.take(distanceExtra[code]);
      if (distance > size) throw new Error(`inflate: a reference ${distance} back, ${size} bytes are there`);
      seen.distanceMax = Math.max(seen.distanceMax, distance);
      room(length);
      for (const end = size + length; size < end; size += 1) out[size] = out[size - distance];
    }
  };
  while (bits.at - (bits.held >> 3) < bits.input.length) {
    const final = bits.take(1);
    seen.finals += final;
    const kind = bits.take(2);
    if (kind === 3) throw new Error('inflate: no such block');
    seen.blocks.push(['stored', 'fixed', 'dynamic'][kind]);
    if (kind === 0) stored();
    else if (kind === 1) coded(fixedLengths, fixedDistances);
    else coded(...readTables(bits));
    if (final) bits.toByte();  // a stream ends with its byte, the next one begins behind it
  }
  return { ...seen, data: Buffer.from(out.subarray(history.length, size)) };
}
