// docs/asyncapi.yaml is a valid AsyncAPI document, knows every frame and command of docs/protocol.md, and tells
// good frames from bad ones. That the server keeps to it is checked by every test that reads with Client.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import { description, faultOf } from './support/schema.js';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const native = page.slice(0, page.indexOf('## Dialects'));
// The lines of its sessions, whole ones alone.
const lines = [...native.matchAll(/^([CS]) (\{.*\})$/gm)].filter(([, , json]) => !json.includes('…}') && !json.includes(':…'));

test('the description is AsyncAPI', () => {
  const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json');
  const validate = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false }).compile(schema);
  assert.ok(validate(description), JSON.stringify(validate.errors?.slice(0, 3), null, 1));
});

test('every type that the page names is described', () => {
  const { schemas, messages } = description.components;
  const commands = schemas.command.oneOf.map(({ properties }) => properties.type.const);
  const table = [...native.matchAll(/^\| `([a-z]+) \{/gm)].map(([, name]) => name);
  assert.ok(table.length >= 15, `only ${table}`);
  assert.deepEqual(new Set(commands), new Set(table));
  for (const [, who, json] of lines) {
    const { type } = JSON.parse(json);
    assert.ok(who === 'C' ? commands.includes(type) : Object.hasOwn(messages, type), `${type} is missing`);
  }
});

test('the frames on the page keep to it, broken ones do not', () => {
  assert.ok(lines.length >= 12, `only ${lines.length} lines`);
  for (const [, who, json] of lines) assert.equal(faultOf(JSON.parse(json), who === 'C' ? 'command' : undefined), undefined);
  const message = { type: 'message', room: 'lobby', seq: 1, at: 1, user: 'u8a41c09be2d75f13', from: 'ann', content: 'hi' };
  assert.equal(faultOf(message), undefined);
  for (const change of [{ seq: 0 }, { seq: '1' }, { user: 'ann' }, { content: undefined }, { deleted: true }, { extra: 1 }]) {
    assert.ok(faultOf(JSON.parse(JSON.stringify({ ...message, ...change }))), JSON.stringify(change));
  }
});
