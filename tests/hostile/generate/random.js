// Numbers that look random and come again from the same 64-bit seed.

const mask = (1n << 64n) - 1n;

// The seed of connection `index` in the run that began with `run` (splitmix64): 16 hexadecimal digits.
export function seedOf(run, index) {
  let z = (BigInt(`0x${run}`) + BigInt(index + 1) * 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return (z ^ (z >> 31n)).toString(16).padStart(16, '0');
}

// sfc32 over the seed.
export class Random {
  constructor(seed) {
    this.a = parseInt(seed.slice(0, 8), 16) | 0;
    this.b = parseInt(seed.slice(8, 16), 16) | 0;
    this.c = 0x2545f491;
    this.d = 1;
    for (let i = 0; i < 12; i += 1) this.word();
  }

  word() {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t | 0;
    return t >>> 0;
  }

  // 0 … below - 1
  int(below) { return Math.floor((this.word() / 0x100000000) * below); }

  between(low, high) { return low + this.int(high - low + 1); }

  chance(p) { return this.word() < p * 0x100000000; }

  pick(list) { return list[this.int(list.length)]; }

  // `table`: [weight, value] rows.
  weighted(table) {
    let at = this.int(table.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of table) {
      at -= weight;
      if (at < 0) return value;
    }
    return table[0][1];
  }

  bytes(count) {
    const bytes = Buffer.allocUnsafe(count);
    for (let i = 0; i < count; i += 1) bytes[i] = this.word() >>> 13;
    return bytes;
  }
}
