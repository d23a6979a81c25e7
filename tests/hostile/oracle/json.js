// JSON (RFC 8259), strictly, with what docs/protocol.md "Frames" adds: at most 16 deep, no key twice.
// Numbers stay texts. `odd` is set where the standard leaves the reading of a text to its reader.

export class BadJson extends Error {}
export class JsonNumber {
  constructor(text) { this.text = text; }

  // An integer below 2^53, or null.
  get integer() {
    if (!/^-?(0|[1-9][0-9]*)$/.test(this.text)) return null;
    const value = Number(this.text);
    return Number.isSafeInteger(value) ? value : null;
  }
}

const escapes = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

class Parser {
  constructor(text) {
    Object.assign(this, { text, at: 0, odd: false });
  }

  fail(why) { throw new BadJson(`${why} at ${this.at}`); }

  space() { while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at])) this.at += 1; }

  take(expected) {
    if (!this.text.startsWith(expected, this.at)) this.fail(`not ${expected}`);
    this.at += expected.length;
  }

  value(depth) {
    this.space();
    const c = this.text[this.at];
    if (c === '{') return this.object(depth + 1);
    if (c === '[') return this.array(depth + 1);
    if (c === '"') return this.string();
    for (const [word, value] of [['true', true], ['false', false], ['null', null]]) {
      if (this.text.startsWith(word, this.at)) { this.at += word.length; return value; }
    }
    const number = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
    number.lastIndex = this.at;
    const found = number.exec(this.text);
    if (!found) this.fail('no value');
    this.at += found[0].length;
    // Zero below zero, what no double holds, and integers beyond 64 bits are read differently by different readers.
    const value = Number(found[0]);
    if (!Number.isFinite(value) || Object.is(value, -0) || (/^-?[0-9]+$/.test(found[0]) && Math.abs(value) >= 2 ** 63)) this.odd = true;
    return new JsonNumber(found[0]);
  }

  string() {
    this.take('"');
    let value = '';
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined) this.fail('the text ends in a string');
      this.at += 1;
      if (c === '"') break;
      if (c < ' ') this.fail('a control character in a string');
      if (c !== '\\') { value += c; continue; }
      const e = this.text[this.at];
      this.at += 1;
      if (e === 'u') {
        const digits = this.text.slice(this.at, this.at + 4);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('a bad escape');
        this.at += 4;
        value += String.fromCharCode(parseInt(digits, 16));
      } else if (e !== undefined && e in escapes) value += escapes[e];
      else this.fail('a bad escape');
    }
    // Half a pair is no character, and no UTF-8 can hold it.
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) this.fail('half a surrogate pair');
    return value;
  }

  array(depth) {
    if (depth > 16) this.fail('too deep');
    this.take('[');
    const list = [];
    this.space();
    if (this.text[this.at] === ']') { this.at += 1; return list; }
    for (;;) {
      list.push(this.value(depth));
      this.space();
      if (this.text[this.at] === ']') { this.at += 1; return list; }
      this.take(',');
    }
  }

  object(depth) {
    if (depth > 16) this.fail('too deep');
    this.take('{');
    const fields = new Map();
    this.space();
    if (this.text[this.at] === '}') { this.at += 1; return fields; }
    for (;;) {
      this.space();
      const key = this.string();
      if (fields.has(key)) this.fail('a key twice');
      this.space();
      this.take(':');
      fields.set(key, this.value(depth));
      this.space();
      if (this.text[this.at] === '}') { this.at += 1; return fields; }
      this.take(',');
    }
  }
}

// { value, odd }: objects as Maps, numbers as JsonNumber. Throws BadJson.
export function parseJson(text) {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.space();
  if (parser.at < text.length) parser.fail('something behind the value');
  return { value, odd: parser.odd };
}
