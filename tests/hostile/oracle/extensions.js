// Sec-WebSocket-Extensions: its grammar (RFC 6455 9.1) and what is answered to offers of
// permessage-deflate (RFC 7692 7.1; docs/decisions.md, "No context takeover").

const pattern = /\s*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:\\[!-~]|[^"\\])*)"|([;,=]))/y;

function tokens(text) {
  const list = [];
  for (let at = 0; at < text.length;) {
    if (/^[ \t]*$/.test(text.slice(at))) break;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at = pattern.lastIndex;
    if (found[3]) list.push({ sign: found[3] });
    else if (found[1] !== undefined) list.push({ word: found[1] });
    else {
      const word = found[2].replace(/\\(.)/g, '$1');
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(word)) return null;
      list.push({ word, quoted: true });
    }
  }
  return list;
}

// [{ name, parameters: [[name, value | null]] }], or null if the text is no such list.
export function readExtensions(values) {
  const offers = [];
  for (const value of values) {
    const list = tokens(value);
    if (!list) return null;
    let at = 0;
    while (at < list.length) {
      if (list[at].sign === ',') { at += 1; continue; }
      if (list[at].word === undefined || list[at].quoted) return null;
      const offer = { name: list[at].word, parameters: [] };
      at += 1;
      while (list[at]?.sign === ';') {
        const name = list[at + 1];
        if (name?.word === undefined || name.quoted) return null;
        at += 2;
        let parameter = null;
        if (list[at]?.sign === '=') {
          parameter = list[at + 1]?.word;
          if (parameter === undefined) return null;
          at += 2;
        }
        offer.parameters.push([name.word, parameter]);
      }
      if (at < list.length && list[at].sign !== ',') return null;
      offers.push(offer);
    }
  }
  return values.length && offers.length === 0 ? null : offers;
}

const bits = (value) => /^(8|9|1[0-5])$/.test(value ?? '');
const known = {
  server_no_context_takeover: (value) => value === null,
  client_no_context_takeover: (value) => value === null,
  server_max_window_bits: (value) => bits(value),
  client_max_window_bits: (value) => value === null || bits(value),
};

// What is agreed to: { answer: sorted parameters as text, serverBits }, or null.
export function agree(offers) {
  for (const { name, parameters } of offers) {
    if (name !== 'permessage-deflate') continue;
    const names = parameters.map(([one]) => one);
    if (new Set(names).size !== names.length) continue;
    if (!parameters.every(([one, value]) => Object.hasOwn(known, one) && known[one](value))) continue;
    const serverBits = parameters.find(([one]) => one === 'server_max_window_bits')?.[1];
    const answer = ['client_no_context_takeover', 'server_no_context_takeover'];
    if (serverBits) answer.push(`server_max_window_bits=${serverBits}`);
    return { answer: answer.sort().join('; '), serverBits: Number(serverBits ?? 15) };
  }
  return null;
}
