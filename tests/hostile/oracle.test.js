// The oracle's own readers against those of Node, on what both must understand alike.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { inflateRawSync, constants } from 'node:zlib';
import { compress } from './generate/deflate.js';
import { generate, oracleOptions } from './generate/generate.js';
import { Random, seedOf } from './generate/random.js';
import { inflate, messageTail } from './oracle/inflate.js';
import { BadJson, JsonNumber, parseJson } from './oracle/json.js';
import { judge } from './oracle/oracle.js';
import { judgeUtf8 } from './oracle/utf8.js';

const seeds = (count) => Array.from({ length: count }, (_, i) => seedOf('0000000000000001', i));

test('what was compressed inflates to what it was, and damage is seen where zlib sees it', () => {
  for (const seed of seeds(2000)) {
    const r = new Random(seed);
    const payload = r.chance(0.5) ? Buffer.from('ab c'.repeat(r.int(300))) : r.bytes(r.int(300));
    const whole = Buffer.concat([compress(r, payload), messageTail]);
    const sound = inflate(whole, 1e6);
    assert.deepEqual([sound.broken, sound.cut, sound.out], [null, false, payload]);
    if (payload.length === 0) continue;
    const damaged = Buffer.from(whole);
    damaged[r.int(damaged.length - 4)] ^= 1 << r.int(8);
    const ours = inflate(damaged, 1e6);
    // zlib stops behind a last block; what follows is ours alone to read.
    if (ours.streams) continue;
    let theirs = null;
    try {
      theirs = inflateRawSync(damaged, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch { /* broken */ }
    assert.equal(ours.broken !== null, theirs === null, `${seed} ${ours.broken}`);
    if (theirs) assert.deepEqual(ours.out, theirs);
  }
});

test('UTF-8 is what a strict decoder takes', () => {
  const pieces = ['\x00', 'a', '\x7f', '\x80', '\xbf', '\xc0', '\xc1', '\xc2', '\xdf', '\xe0', '\xe1', '\xed', '\x9f', '\xa0', '\xef', '\xf0', '\x8f', '\x90', '\xf4', '\xf5', '\xff'];
  for (const seed of seeds(20000)) {
    const r = new Random(seed);
    const bytes = Buffer.from(Array.from({ length: r.int(7) }, () => r.pick(pieces)).join(''), 'latin1');
    let good = true;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      good = false;
    }
    const { bad, whole } = judgeUtf8(bytes);
    assert.equal(bad < 0 && whole, good, bytes.toString('hex'));
  }
});

test('JSON is what a strict parser takes, less keys that stand twice, half characters and depth', () => {
  const plain = (value) => (value instanceof Map ? Object.fromEntries([...value].map(([key, one]) => [key, plain(one)])) : Array.isArray(value) ? value.map(plain) : value instanceof JsonNumber ? Number(value.text) : value);
  const text = '{"a":[1,-2.5e3,true,false,null,"\\u00e9\\n"],"b":{"c":{}},"":" "}';
  assert.deepEqual(plain(parseJson(text).value), JSON.parse(text));
  for (const seed of seeds(5000)) {
    const r = new Random(seed);
    const at = r.int(text.length);
    const damaged = text.slice(0, at) + r.pick(['"', '\\', '{', '}', '[', ']', ',', ':', '0', '.', 'e', ' ', '\n', '']) + text.slice(at + r.int(2));
    let theirs;
    try {
      theirs = JSON.parse(damaged);
    } catch { /* no JSON */ }
    try {
      assert.deepEqual(plain(parseJson(damaged).value), theirs);
    } catch (error) {
      if (!(error instanceof BadJson)) throw error;
      assert.ok(theirs === undefined || /twice/.test(error.message), `${damaged}: ${error.message}`);
    }
  }
  const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
  parseJson(nested(16));
  for (const bad of [nested(17), '{"a":1,"\\u0061":2}', '"\\ud800"', '01', '"\t"']) assert.throws(() => parseJson(bad), BadJson);
});

test('a seed says all about its connection', () => {
  for (const seed of seeds(200)) assert.deepEqual(generate(seed), generate(seed));
});

test('the connections reach every kind of outcome', () => {
  const seen = new Set();
  for (const seed of seeds(4000)) {
    const { answers, end, items } = judge(generate(seed).bytes, oracleOptions(seed, true));
    answers.forEach(({ statuses }) => { if (statuses.size === 1) seen.add([...statuses][0]); });
    if (end.codes?.size === 1) seen.add([...end.codes][0]);
    seen.add(end.kind);
    items.forEach(({ json }) => json?.codes?.forEach((code) => seen.add(code)));
  }
  for (const outcome of [101, 200, 400, 403, 404, 405, 414, 426, 431, 505, 1002, 1003, 1007, 1009, 'open', 'reply', 'fin', 'bad_json', 'bad_request', 'unknown_type', 'login_first', 'bad_name', 'bad_room', 'name_taken', 'not_in_room', 'too_large', 'id_reused']) {
    assert.ok(seen.has(outcome), `nothing ends in ${outcome}`);
  }
});
