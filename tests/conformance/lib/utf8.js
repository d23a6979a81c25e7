// Sequences of octets that are UTF-8 and that are not (RFC 3629), in hexadecimal, and a judge that
// tells at which octet a text can no longer be UTF-8.

const ascii = (text) => Buffer.from(text).toString('hex');
const point = (value) => Buffer.from(String.fromCodePoint(value)).toString('hex');

// Names and octets of texts that are UTF-8.
export const valid = {
  'a greeting in Greek': ascii('Hello-µ@ßöäüàá-UTF-8!! κόσμε'),
  'many alphabets': ascii('Ῥαββί ελευθερία ☃ 日本語 русский עברית العربية हिन्दी ไทย 한국어'),
  'flags and families': ascii('🇩🇪👩‍👩‍👧‍👦👍🏽'),
  'combining marks': ascii('e\u0301 a\u0308\u0323'),
  'NUL': '00',
  'byte order mark alone': 'efbbbf',
  'byte order mark in front': `efbbbf${ascii('text')}`,
  'byte order mark inside': `${ascii('te')}efbbbf${ascii('xt')}`,
  'the other byte order mark, U+FFFE': 'efbfbe',
  'replacement character': 'efbfbd',
  ...Object.fromEntries([0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xcfff, 0xd000, 0xd7ff, 0xe000, 0xe001, 0xffff, 0x10000, 0x3ffff, 0x40000,
    0xfffff, 0x100000, 0x10ffff].map((value) => [`U+${value.toString(16).toUpperCase()}`, point(value)])),
  ...Object.fromEntries([0xfdd0, 0xfdef, ...[...Array(17).keys()].flatMap((plane) => [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff])]
    .filter((value) => value !== 0xfffe && value !== 0xffff && value !== 0x10ffff)
    .map((value) => [`non-character U+${value.toString(16).toUpperCase()}`, point(value)])),
  'private use, all planes': point(0xe123) + point(0xf1234) + point(0x101234),
  'every length, then ASCII': `${point(0x7a)}${point(0xe9)}${point(0x20ac)}${point(0x1f600)}${ascii('end')}`,
};

const before = ascii('κό');
const behind = ascii('edited');

// … and that are not. A surrounding of good text shows that the bad one is found inside.
const bare = {
  'lone continuation 80': '80', 'lone continuation BF': 'bf', 'two lone continuations': '80bf', 'seven lone continuations': '80bf80bf80bf80',
  'lead C2 alone': 'c2', 'lead DF and ASCII': 'df20', 'lead E0 alone': 'e0', 'lead E0 A0 cut': 'e0a0', 'lead EF BF cut': 'efbf',
  'lead F0 alone': 'f0', 'lead F0 90 cut': 'f090', 'lead F0 90 80 cut': 'f09080', 'lead F4 8F BF cut': 'f48fbf',
  'lead E2 and ASCII': 'e220', 'lead E2 82 and ASCII': 'e28220', 'lead F1 80 80 and ASCII': 'f1808020', 'lead C3 and lead C3 A9': 'c3c3a9',
  'three, then a lone continuation': 'e282ac80', 'four, then a lone continuation': 'f09f988080', 'two, then a lone continuation': 'c3a9a9',
  'overlong slash in two': 'c0af', 'overlong slash in three': 'e080af', 'overlong slash in four': 'f08080af', 'overlong slash in five': 'f8808080af', 'overlong slash in six': 'fc80808080af',
  'overlong NUL in two': 'c080', 'overlong NUL in three': 'e08080', 'overlong NUL in four': 'f0808080', 'overlong NUL in five': 'f880808080', 'overlong NUL in six': 'fc8080808080',
  'largest overlong in two': 'c1bf', 'largest overlong in three': 'e09fbf', 'largest overlong in four': 'f08fbfbf', 'largest overlong in five': 'f887bfbfbf', 'largest overlong in six': 'fc83bfbfbfbf',
  'five octets, first': 'f888808080', 'six octets, first': 'fc8480808080', 'five octets, last': 'fbbfbfbfbf', 'six octets, last': 'fdbfbfbfbfbf',
  'U+110000': 'f4908080', 'U+13FFFF': 'f4bfbfbf', 'U+140000': 'f5808080', 'U+1FFFFF': 'f7bfbfbf',
  'surrogate D800': 'eda080', 'surrogate DB7F': 'edadbf', 'surrogate DB80': 'edae80', 'surrogate DBFF': 'edafbf', 'surrogate DC00': 'edb080', 'surrogate DF80': 'edbe80', 'surrogate DFFF': 'edbfbf',
  'pair D800 DC00': 'eda080edb080', 'pair D800 DFFF': 'eda080edbfbf', 'pair DB7F DC00': 'edadbfedb080', 'pair DBFF DFFF': 'edafbfedbfbf',
  'octet C0': 'c0', 'octet C1': 'c1', 'octet F5': 'f5', 'octet F8': 'f8', 'octet FC': 'fc', 'octet FE': 'fe', 'octet FF': 'ff', 'octets FE FE FF FF': 'fefeffff',
  'UTF-16 with its mark': 'fffe480065006c00', 'Latin-1': '6772fc6e', 'every lead of two, cut': 'c220c320c420', 'every lead of three, cut': 'e120e220e320',
};
export const invalid = {
  ...bare,
  ...Object.fromEntries(Object.entries(bare).map(([name, octets]) => [`${name}, inside a text`, before + octets + behind])),
};

export const octetsOf = (hexadecimal) => Buffer.from(hexadecimal, 'hex');

// How many octets may come before one that no UTF-8 could have there; all of them when only the end is
// missing. (RFC 3629 section 4.)
export function possibleOctets(bytes) {
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    if (length === 0) return at;
    const low = { 0xe0: 0xa0, 0xf0: 0x90 }[lead] ?? 0x80;
    const high = { 0xed: 0x9f, 0xf4: 0x8f }[lead] ?? 0xbf;
    for (let i = 1; i < length; i += 1) {
      if (at + i >= bytes.length) return bytes.length;
      const octet = bytes[at + i];
      if (octet < (i === 1 ? low : 0x80) || octet > (i === 1 ? high : 0xbf)) return at + i;
    }
    at += length;
  }
  return bytes.length;
}
