// Commands on /ws, right and wrong, as texts.

const quoted = JSON.stringify;

// A command as a list of [key, text of its value], so that a key can stand twice and a value be no JSON.
function command(type, fields) {
  return [['type', quoted(type)], ...Object.entries(fields).filter(([, value]) => value !== undefined).map(([key, value]) => [key, quoted(value)])];
}

const write = (fields) => `{${fields.map(([key, value]) => `${quoted(key)}:${value}`).join(',')}}`;

const contents = ['hello', 'é ü ß', '👍🏽', '\u0000', '"\\/', '\n\t', '<script>', 'a'.repeat(500), '\ud83d\ude00'.repeat(40), ' ', '\u202e', '@name', 'x'.repeat(4096), '😀'.repeat(4096)];
const otherValues = ['null', 'true', '0', '-1', '1.5', '""', '[]', '{}', '"x"', '9007199254740993', '1e3', '-0.5', '[[]]', '9007199254740991', '50.0', '"50"'];
const badNames = ['', ' ', 'a b', 'a'.repeat(33), 'a'.repeat(65), '...', '-', 'a/b', 'a@b', 'a\u0000', 'dm.x', 'a\n', '<b>', '"', '🙂', 'a\u200bb', '\u0301a', 'ａｄｍ'];
const badTypes = ['', 'shout', 'LOGIN', 'login ', 'joi', 'ping\u0000', 'x'.repeat(300), '__proto__', 'constructor', 'welcome', 'logged_in', 'message'];
const syntaxDamage = [
  (text) => text.slice(0, -1), (text) => `${text}}`, (text) => `${text},`, (text) => `${text}${text}`, (text) => text.replace(/"/, "'"), (text) => text.replace(':', '='), (text) => text.replace('{', '{,'),
  (text) => text.replace(/}$/, ',}'), (text) => `[${text}]`, () => '', () => ' ', () => 'null', () => '1', () => '"x"', () => '[]', () => '{', () => '{"', (text) => `//\n${text}`, (text) => text.replace('{', '{"a":01,'),
  (text) => text.replace('{', '{"a":+1,'), (text) => text.replace('{', '{"a":.5,'), (text) => text.replace('{', '{"a":1.,'), (text) => text.replace('{', '{"a":NaN,'), (text) => text.replace('{', '{"a":"\\x41",'), (text) => text.replace('{', '{"a":"\\ud800",'),
  (text) => text.replace('{', '{"a":"\\udc00\\ud800",'), (text) => text.replace('{', '{"a":"\u0001",'), (text) => text.replace('{', '{"a":"\\u12g4",'), (text) => text.replace('{', '{a:1,'), (text) => text.replace('{', '{"a":tru,'), (text) => text.replace('{', '{"a" 1,'), (text) => text.slice(1), (text) => text.replace('{', '{"a":1e5,"b":-1.5E-3,"c":[true,false,null],'), (text) => ` \r\n\t${text} \n`, (text) => text.replace('{', '{"a":"\\ud83d\\ude00",'), (text) => `${text}\u0000`,
];

const nested = (depth, open, close) => open.repeat(depth) + close.repeat(depth);

export const commandMutations = {
  syntax: (r, one) => { one.damage = r.pick(syntaxDamage); },
  byte: (r, one) => { one.damage = (text) => { const at = r.int(text.length + 1); return text.slice(0, at) + r.pick(['"', '\\', '{', '}', '[', ']', ',', ':', 'x', '0', ' ', '\n', '']) + text.slice(at + r.int(2)); }; },
  depth: (r, one) => { const depth = r.pick([5, 15, 16, 17, 50, 2000]); one.fields.push(['deep', r.chance(0.5) ? nested(depth, '[', ']') : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`]); },
  twice: (r, one) => { if (one.fields.length === 0) return; const [key, value] = r.pick(one.fields); one.fields.push([key, r.chance(0.5) ? value : r.pick(otherValues)]); },
  twiceWithin: (r, one) => one.fields.push(['more', r.pick(['{"a":1,"a":1}', '[{"a":{"b":1,"b":2}}]', '{"a":1,"\\u0061":2}', '{"a":1,"b":1}'])]),
  type: (r, one) => { one.fields[0] = ['type', r.chance(0.7) ? quoted(r.pick(badTypes)) : r.pick(otherValues)]; },
  noType: (r, one) => { one.fields.shift(); },
  value: (r, one) => { if (one.fields.length) { const at = r.int(one.fields.length); one.fields[at] = [one.fields[at][0], r.pick(otherValues)]; } },
  leftOut: (r, one) => { if (one.fields.length) one.fields.splice(r.int(one.fields.length), 1); },
  id: (r, one) => { one.fields = one.fields.filter(([key]) => key !== 'id'); one.fields.push(['id', r.pick(['""', '5', 'null', '[]', quoted('i'.repeat(64)), quoted('i'.repeat(65)), quoted('é'.repeat(32)), quoted('é'.repeat(33)), quoted('\u0000')])]); },
  name: (r, one) => { const at = one.fields.findIndex(([key]) => key === 'room' || key === 'name'); const key = at < 0 ? 'name' : one.fields[at][0]; one.fields.splice(at < 0 ? one.fields.length : at, at < 0 ? 0 : 1, [key, quoted(r.pick(badNames))]); },
  content: (r, one) => { one.fields = one.fields.filter(([key]) => key !== 'content'); one.fields.push(['content', r.pick([quoted(''), quoted('x'.repeat(4097)), quoted('😀'.repeat(4097)), quoted('x'.repeat(60000)), '5', 'null', '{}'])]); },
  since: (r, one) => one.fields.push(['since', r.pick(['{}', '{"epoch":"x","seq":1}', '{"epoch":"x","seq":-1}', '{"epoch":1,"seq":1}', '{"epoch":"x"}', '5', 'null', '{"epoch":"x","seq":1.5}', '[]'])]),
  unknownField: (r, one) => one.fields.push([r.pick(['x', '__proto__', 'Type', 'rooms', '']), r.pick(otherValues)]),
  early: (r, one, all) => { const at = all.indexOf(one); all.splice(at, 1); all.unshift(one); },
};
const names = Object.keys(commandMutations);

const ids = (r) => (r.chance(0.9) ? `i${r.word().toString(36)}` : undefined);

const makers = [
  [3, (r, room) => command('send', { id: ids(r), room, content: r.pick(contents) })],
  [1, (r, room) => command('history', { id: ids(r), room, limit: r.pick([undefined, 1, 5, 1000]), after: r.pick([undefined, 0, 3]), before: r.pick([undefined, undefined, 5]) })],
  [1, (r, room) => command('members', { id: ids(r), room, limit: r.pick([undefined, 1, 5]) })],
  [2, (r) => command('ping', { id: ids(r) })],
  [1, (r, room) => command('leave', { id: ids(r), room })],
  [1, (r, room) => command('join', { id: ids(r), room, history: r.pick([undefined, 0, 5]) })],
];

// The texts of a conversation: login, join, some commands, with `mutations` done to them.
export function makeCommands(r, { name, rooms, taken, mutations }) {
  const list = [];
  const user = r.weighted([[6, name], [2, undefined], [1, taken]]);
  list.push({ fields: command('login', { id: ids(r), name: user }) });
  if (user === taken) list.push({ fields: command('login', { id: ids(r), name }) });
  const count = r.int(5);
  if (count) list.push({ fields: command('join', { id: ids(r), room: rooms[0], history: r.pick([undefined, 0, 3, 100]) }) });
  for (let i = 0; i < count; i += 1) list.push({ fields: r.weighted(makers)(r, r.weighted([[8, rooms[0]], [1, rooms[1]]])) });
  if (count > 1 && r.chance(0.1)) {
    // The same send once more, or another one under its id.
    const send = list.find(({ fields }) => fields[0][1] === '"send"');
    if (send) list.push({ fields: send.fields.map(([key, value]) => [key, key === 'content' && r.chance(0.5) ? '"other"' : value]) });
  }
  const done = [];
  for (let i = 0; i < mutations; i += 1) {
    const mutation = r.pick(names);
    commandMutations[mutation](r, r.pick(list), list);
    done.push(mutation);
  }
  return { texts: list.map(({ fields, damage }) => (damage ? damage(write(fields)) : write(fields))), done };
}
