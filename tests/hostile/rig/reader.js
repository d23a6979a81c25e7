// Reads what the server sends, strictly: whatever a server may never send is a deviation (RFC 6455 5, RFC
// 7692 6, RFC 9112).
import { inflate, messageTail } from '../oracle/inflate.js';
import { judgeUtf8 } from '../oracle/utf8.js';

export class Deviation extends Error {}

const must = (right, why) => { if (!right) throw new Deviation(why); };

export class Reader {
  constructor() {
    Object.assign(this, { bytes: Buffer.alloc(0), deflate: null, message: null });
  }

  push(data) {
    this.bytes = this.bytes.length ? Buffer.concat([this.bytes, data]) : data;
  }

  take(count) {
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return taken;
  }

  // The next HTTP answer, or null while it is not whole: { status, fields }. `head(status)`: has it no body?
  answer(head) {
    const end = this.bytes.indexOf('\r\n\r\n');
    if (end < 0) {
      must(this.bytes.length < 16384, 'an answer without an end');
      return null;
    }
    const [line, ...lines] = this.bytes.toString('latin1', 0, end).split('\r\n');
    const status = Number(line.match(/^HTTP\/1\.1 (\d{3}) [ -~]*$/)?.[1]);
    must(status, `not a status line: ${line}`);
    const fields = {};
    for (const one of lines) {
      const [, name, value] = one.match(/^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/) ?? [];
      must(name, `not a field line: ${one}`);
      const key = name.toLowerCase();
      must(!(key in fields) || key === 'connection', `${name} twice`);
      fields[key] = key in fields ? `${fields[key]}, ${value}` : value;
    }
    must(status === 101 || fields['content-length'] !== undefined, `${status} without a length`);
    const length = status === 101 || status === 304 || head?.(status) ? 0 : Number(fields['content-length']);
    if (this.bytes.length < end + 4 + length) return null;
    this.take(end + 4 + length);
    return { status, fields };
  }

  // The next frame or whole message, or null while it is not there: { pong } { close, reason } { message }.
  next() {
    for (;;) {
      const { bytes } = this;
      if (bytes.length < 2) return null;
      const form = bytes[1] & 127;
      const at = form === 126 ? 4 : form === 127 ? 10 : 2;
      if (bytes.length < at) return null;
      const length = form === 126 ? bytes.readUInt16BE(2) : form === 127 ? Number(bytes.readBigUInt64BE(2)) : form;
      const code = bytes[0] & 15;
      this.judge(bytes, code, form, length);
      if (bytes.length < at + length) return null;
      const [first] = bytes;
      this.take(at);
      const payload = this.take(length);
      if (code === 10) return { pong: payload };
      if (code === 9) return { ping: payload };
      if (code === 8) return this.close(payload);
      const message = this.data(first, code, payload);
      if (message) return { message };
    }
  }

  judge(bytes, code, form, length) {
    const control = (code & 8) !== 0;
    must([0, 1, 2, 8, 9, 10].includes(code), `the server sent opcode ${code}`);
    must((bytes[0] & 0x30) === 0 && (!(bytes[0] & 0x40) || (this.deflate && !control && code !== 0)), 'the server set a reserved bit');
    must((bytes[1] & 0x80) === 0, 'the server masked a frame');
    must(!control || (bytes[0] & 0x80 && length < 126), 'the server sent a bad control frame');
    must((form !== 126 || length > 125) && (form !== 127 || length > 65535), 'the server sent a length not in its shortest form');
    must(control || (code === 0) === (this.message !== null), 'the server broke the order of fragments');
  }

  close(payload) {
    must(payload.length !== 1, 'the server sent a close frame of one octet');
    const { bad, whole } = judgeUtf8(payload.subarray(2));
    must(bad < 0 && whole, 'the reason of a close frame is not UTF-8');
    return { close: payload.length ? payload.readUInt16BE(0) : null, reason: payload.toString('utf8', 2) };
  }

  data(first, code, payload) {
    if (code !== 0) this.message = { opcode: code, packed: (first & 0x40) !== 0, parts: [] };
    this.message.parts.push(payload);
    if (!(first & 0x80)) return null;
    const { opcode, packed, parts } = this.message;
    this.message = null;
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    if (!packed) return { opcode, payload: whole };
    const { out, broken, cut, over } = inflate(Buffer.concat([whole, messageTail]), 32 * 1024 * 1024, 2 ** this.deflate.serverBits);
    must(!broken && !cut && !over, `what the server compressed does not inflate: ${broken ?? 'it is cut'}`);
    return { opcode, payload: out };
  }
}
