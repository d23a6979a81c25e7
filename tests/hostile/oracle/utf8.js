// UTF-8 as RFC 3629 section 4 draws it: which octets may follow which.

const tail = [0x80, 0xbf];
// First octet from, to, then the ranges of what follows.
const forms = [
  [0x00, 0x7f], [0xc2, 0xdf, tail],
  [0xe0, 0xe0, [0xa0, 0xbf], tail], [0xe1, 0xec, tail, tail], [0xed, 0xed, [0x80, 0x9f], tail], [0xee, 0xef, tail, tail],
  [0xf0, 0xf0, [0x90, 0xbf], tail, tail], [0xf1, 0xf3, tail, tail, tail], [0xf4, 0xf4, [0x80, 0x8f], tail, tail],
];
const followersOf = Array.from({ length: 256 }, (_, octet) => {
  const form = forms.find(([from, to]) => octet >= from && octet <= to);
  return form && form.slice(2);
});

// { bad: offset of the first octet that no UTF-8 can have there, or -1; whole: does it end between characters? }
export function judgeUtf8(bytes) {
  let expected = null;
  let next = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const octet = bytes[at];
    if (expected === null) {
      if (octet < 0x80) continue;
      if (!followersOf[octet]) return { bad: at, whole: false };
      expected = followersOf[octet];
      next = 0;
    } else {
      const [low, high] = expected[next];
      if (octet < low || octet > high) return { bad: at, whole: false };
      next += 1;
      if (next === expected.length) expected = null;
    }
  }
  return { bad: -1, whole: expected === null };
}
