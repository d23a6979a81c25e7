// The native protocol against one reactor, where all homes are near, and four, where most are not.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { startServer } from './support/server.js';
import { Client } from './support/client.js';

let rooms = 0;
const newRoom = () => `room-${rooms += 1}`;
let names = 0;
const newName = () => `user-${names += 1}`;

for (const reactors of [1, 4]) {
  describe(`chat on ${reactors} reactor(s)`, () => {
    let server;
    const open = [];
    const login = async (name = newName(), more = {}) => {
      const client = await Client.login(server, name, more);
      open.push(client);
      return client;
    };
    before(async () => { server = await startServer({ reactors }); });
    after(async () => {
      await Promise.all(open.map((client) => client.drop()));
      await server.stop();
    });

    test('the server speaks first and says its limits', async () => {
      const client = await Client.open(server);
      const welcome = await client.next('welcome');
      assert.equal(welcome.protocol, 1);
      assert.match(welcome.server, /^stentor\//);
      assert.ok(welcome.connection.length > 0);
      assert.equal(welcome.ping_ms, 25000);
      assert.deepEqual(welcome.limits, { message_bytes: 65536, content: 4096, rooms: 100, send_rate: 20 });
      await client.close();
    });

    test('before the login only a login is taken', async () => {
      const client = await Client.open(server);
      const commands = [{ type: 'join', room: 'a' }, { type: 'send', room: 'a', content: 'x' }, { type: 'members', room: 'a' }];
      for (const command of commands) {
        const answer = await client.ask(command);
        assert.equal(answer.type, 'error');
        assert.equal(answer.code, 'login_first');
      }
      assert.equal((await client.ask({ type: 'login', name: newName() })).type, 'logged_in');
      await client.close();
    });

    test('a guest gets a free name', async () => {
      const [a, b] = [await login(null), await login(null)];
      assert.match(a.name, /^guest-/);
      assert.notEqual(a.name, b.name);
      assert.notEqual(a.user, b.user);
    });

    test('a name in use is taken for others, whatever its case or look', async () => {
      const name = newName();
      await login(name);
      for (const other of [name, name.toUpperCase(), name.replace('u', 'ｕ')]) {
        const client = await Client.open(server);
        const answer = await client.ask({ type: 'login', name: other });
        assert.equal(answer.code, 'name_taken', other);
        // The connection goes on.
        assert.equal((await client.ask({ type: 'login' })).type, 'logged_in');
        await client.close();
      }
    });

    test('bad names are refused', async () => {
      const client = await Client.open(server);
      for (const name of ['', 'a b', 'x'.repeat(33), 'a\u200bb', '<b>']) {
        assert.equal((await client.ask({ type: 'login', name })).code, 'bad_name', name);
      }
      await client.close();
    });

    test('a session is the same user again, on one more connection, and can rename', async () => {
      const first = await login();
      const second = await login(null, { session: first.session });
      assert.equal(second.user, first.user);
      assert.equal(second.name, first.name);
      const name = newName();
      const renamed = await login(name, { session: first.session });
      assert.equal(renamed.user, first.user);
      assert.equal(renamed.name, name);
      const client = await Client.open(server);
      const bad = await client.ask({ type: 'login', session: `${first.session}x` });
      assert.equal(bad.type, 'error');
      await client.close();
    });

    test('a name stays its user\'s while he is away, and he gets it back', async () => {
      const first = await login();
      await first.close();
      const other = await Client.open(server);
      assert.equal((await other.ask({ type: 'login', name: first.name })).code, 'name_taken');
      await other.close();
      const again = await login(first.name, { session: first.session });
      assert.equal(again.user, first.user);
    });

    test('send is acknowledged with its place, and every member sees it, the sender too', async () => {
      const room = newRoom();
      const [a, b] = [await login(), await login()];
      const joined = await a.join(room);
      await b.join(room);
      const ack = await a.say(room, 'hello', { id: 'id-1' });
      assert.deepEqual(
        { ...ack, at: 0 },
        { type: 'ack', id: 'id-1', room, epoch: joined.epoch, seq: 1, at: 0, durability: 'memory' },
      );
      assert.ok(Math.abs(ack.at - Date.now()) < 60_000);
      for (const client of [a, b]) {
        assert.deepEqual(await client.next('message'), {
          type: 'message', room, seq: 1, at: ack.at, user: a.user, from: a.name, content: 'hello', client_id: 'id-1',
        });
      }
    });

    test('text comes back as it was written', async () => {
      const room = newRoom();
      const client = await login();
      await client.join(room);
      const texts = ['"quotes" \\ back', '<script>alert(1)</script>', 'line\nbreak\ttab', '\u0000\u001f', '👍🏽 é ﷽ \u2028', 'x'.repeat(4096), '👍'.repeat(4096)];
      for (const text of texts) {
        const ack = await client.say(room, text);
        assert.equal(ack.type, 'ack', JSON.stringify(ack));
        assert.equal((await client.next('message')).content, text);
      }
      assert.equal((await client.say(room, 'x'.repeat(4097))).code, 'too_large');
      assert.equal((await client.say(room, '')).code, 'bad_request');
    });

    test('the same id is effective once: a duplicate is answered by the first ack, other text refused', async () => {
      const room = newRoom();
      const [a, b] = [await login(), await login()];
      await a.join(room);
      await b.join(room);
      const first = await a.say(room, 'once', { id: 'same' });
      const again = await a.say(room, 'once', { id: 'same' });
      assert.deepEqual(again, { ...first, duplicate: true });
      const other = await a.say(room, 'other', { id: 'same' });
      assert.deepEqual([other.type, other.code], ['error', 'id_reused']);
      // Another connection of the same user has the same ids; another user has his own.
      const tab = await login(null, { session: a.session });
      await tab.join(room);
      assert.deepEqual(await tab.say(room, 'once', { id: 'same' }), { ...first, duplicate: true });
      assert.equal((await b.say(room, 'mine', { id: 'same' })).seq, 2);
      assert.equal((await a.say(room, 'next')).seq, 3);
    });

    test('a send without id has no ack, only an error', async () => {
      const room = newRoom();
      const client = await login();
      await client.join(room);
      client.send({ type: 'send', room, content: 'quiet' });
      assert.equal((await client.next('message')).content, 'quiet');
      client.send({ type: 'send', room: 'elsewhere', content: 'lost' });
      const error = await client.next('error');
      assert.equal(error.code, 'not_in_room');
      assert.equal('id' in error, false);
      assert.ok(!client.frames.some((frame) => frame.type === 'ack'));
    });

    test('a join brings the recent history, oldest first, and says whether older exists', async () => {
      const room = newRoom();
      const [a, b] = [await login(), await login()];
      await a.join(room);
      for (let i = 1; i <= 5; i += 1) await a.say(room, `m${i}`);
      const joined = await b.join(room, { history: 3 });
      assert.deepEqual(joined.events.map((event) => [event.type, event.seq, event.content]), [
        ['message', 3, 'm3'], ['message', 4, 'm4'], ['message', 5, 'm5'],
      ]);
      assert.deepEqual([joined.seq, joined.first, joined.more, joined.recovered], [5, 1, true, true]);
      assert.equal(joined.count, 2);
      assert.deepEqual(joined.members.map(({ name }) => name).sort(), [a.name, b.name].sort());
      const whole = await (await login()).join(room, { history: 100 });
      assert.deepEqual([whole.events.length, whole.more], [5, false]);
    });

    test('since resumes behind a position, and a foreign epoch is said', async () => {
      const room = newRoom();
      const a = await login();
      const { epoch } = await a.join(room);
      for (let i = 1; i <= 4; i += 1) await a.say(room, `m${i}`);
      const b = await login();
      const resumed = await b.join(room, { since: { epoch, seq: 2 } });
      assert.deepEqual(resumed.events.map(({ seq }) => seq), [3, 4]);
      assert.deepEqual([resumed.recovered, resumed.more], [true, false]);
      await b.ask({ type: 'leave', room });
      const nothing = await b.join(room, { since: { epoch, seq: 4 } });
      assert.deepEqual([nothing.events, nothing.recovered], [[], true]);
      await b.ask({ type: 'leave', room });
      assert.equal((await b.join(room, { since: { epoch: 'other', seq: 2 } })).recovered, false);
    });

    test('a long absence is resumed page by page, without a hole', async () => {
      const room = newRoom();
      const a = await login();
      const { epoch } = await a.join(room);
      const total = 230;
      const quick = [];
      for (let i = 0; i < 8; i += 1) quick.push(await login());
      await Promise.all(quick.map((client) => client.join(room)));
      await Promise.all(Array.from({ length: total }, (_, i) => quick[i % 8].say(room, `m${i}`)));
      const b = await login();
      const joined = await b.join(room, { since: { epoch, seq: 1 } });
      const seen = joined.events.map(({ seq }) => seq);
      let { more } = joined;
      while (more) {
        const page = await b.ask({ type: 'history', room, after: seen.at(-1) });
        assert.equal(page.type, 'history');
        seen.push(...page.events.map(({ seq }) => seq));
        ({ more } = page);
      }
      assert.deepEqual(seen, Array.from({ length: total - 1 }, (_, i) => i + 2));
    });

    test('history pages both ways, bounds exclusive', async () => {
      const room = newRoom();
      const a = await login();
      await a.join(room);
      for (let i = 1; i <= 9; i += 1) await a.say(room, `m${i}`);
      const seqs = async (bounds) => {
        const page = await a.ask({ type: 'history', room, ...bounds });
        return [page.events.map(({ seq }) => seq), page.more];
      };
      assert.deepEqual(await seqs({ before: 5, limit: 2 }), [[3, 4], true]);
      assert.deepEqual(await seqs({ before: 3 }), [[1, 2], false]);
      assert.deepEqual(await seqs({ after: 7 }), [[8, 9], false]);
      assert.deepEqual(await seqs({ after: 2, limit: 3 }), [[3, 4, 5], true]);
      assert.deepEqual(await seqs({ after: 2, before: 5 }), [[3, 4], false]);
      assert.deepEqual(await seqs({ after: 9 }), [[], false]);
    });

    test('presence is per user: a second tab is no second join, and the last leave is the leave', async () => {
      const room = newRoom();
      const watcher = await login();
      const joined = await watcher.join(room);
      // His own joining is told to him, too.
      const { version } = await watcher.next('presence');
      assert.equal(version, joined.version + 1);
      const a = await login();
      await a.join(room);
      const came = await watcher.next((frame) => frame.type === 'presence' && frame.joined.length > 0 && frame.joined[0].user === a.user);
      assert.deepEqual([came.count, came.version, came.left], [2, version + 1, []]);
      const tab = await login(null, { session: a.session });
      await tab.join(room);
      await tab.ask({ type: 'leave', room });
      const b = await login();
      await b.join(room);
      // What comes next is the joining of b: the tab made no noise.
      const next = await watcher.next((frame) => frame.type === 'presence' && frame.version > came.version);
      assert.deepEqual([next.joined.map(({ user }) => user), next.left, next.version], [[b.user], [], came.version + 1]);
      await a.close();
      const gone = await watcher.next((frame) => frame.type === 'presence' && frame.left.length > 0);
      assert.deepEqual([gone.left, gone.count], [[a.user], 2]);
    });

    test('who drops without a close leaves after a while, and who comes back in time never left', async () => {
      const room = newRoom();
      const watcher = await login();
      await watcher.join(room);
      const [stays, goes] = [await login(), await login()];
      await stays.join(room);
      await goes.join(room);
      await watcher.next((frame) => frame.type === 'presence' && frame.count === 3);
      await stays.drop();
      await goes.drop();
      const again = await login(stays.name, { session: stays.session });
      await again.join(room);
      const gone = await watcher.next((frame) => frame.type === 'presence' && frame.left.length > 0, 30_000);
      assert.deepEqual([gone.left, gone.count], [[goes.user], 2]);
    });

    test('members are paged in a stable order', async () => {
      const room = newRoom();
      const clients = await Promise.all(Array.from({ length: 7 }, () => login()));
      await Promise.all(clients.map((client) => client.join(room)));
      const seen = [];
      let after;
      for (let more = true; more;) {
        const page = await clients[0].ask({ type: 'members', room, limit: 3, ...(after ? { after } : {}) });
        assert.equal(page.count, 7);
        assert.ok(page.members.length <= 3);
        seen.push(...page.members.map(({ user }) => user));
        after = seen.at(-1);
        ({ more } = page);
      }
      assert.deepEqual(seen.slice().sort(), clients.map(({ user }) => user).sort());
    });

    test('after a leave nothing of the room comes, and nothing can be sent there', async () => {
      const room = newRoom();
      const [a, b] = [await login(), await login()];
      await a.join(room);
      await b.join(room);
      const left = await b.ask({ type: 'leave', room });
      assert.deepEqual([left.type, left.room], ['left', room]);
      await a.say(room, 'without b');
      assert.equal((await b.say(room, 'x')).code, 'not_in_room');
      assert.equal((await b.ask({ type: 'ping' })).type, 'pong');
      assert.ok(!b.frames.some((frame) => frame.type === 'message'));
      assert.equal((await b.ask({ type: 'leave', room })).code, 'not_in_room');
    });

    test('a mistake is answered by its error, and the connection goes on', async () => {
      const client = await login();
      const table = [
        ['not json', 'bad_json'],
        ['{"type":"ping"} trailing', 'bad_json'],
        ['[]', 'bad_json'],
        ['{"type":"ping","type":"ping"}', 'bad_json'],
        [`${'['.repeat(200)}${']'.repeat(200)}`, 'bad_json'],
        ['{"type":"dance"}', 'unknown_type'],
        ['{"id":"x"}', 'bad_request'],
        ['{"type":"join"}', 'bad_request'],
        ['{"type":"join","room":7}', 'bad_request'],
        ['{"type":"join","room":"a b"}', 'bad_room'],
        ['{"type":"join","room":"dm.a"}', 'bad_room'],
        [`{"type":"join","room":"${'x'.repeat(65)}"}`, 'bad_room'],
        [`{"type":"ping","id":"${'x'.repeat(65)}"}`, 'bad_request'],
        ['{"type":"send","room":"nowhere","content":"x"}', 'not_in_room'],
      ];
      for (const [text, code] of table) {
        client.send(text);
        const error = await client.next('error');
        assert.equal(error.code, code, text);
        assert.ok(error.message.length > 0);
        assert.notEqual(error.fatal, true);
      }
      const pong = await client.ask({ type: 'ping', unknown: ['is', 'ignored'] });
      assert.equal(pong.type, 'pong');
      assert.ok(Math.abs(pong.at - Date.now()) < 60_000);
    });

    test('commands may be pipelined without waiting, and are handled in order', async () => {
      const room = newRoom();
      const client = await Client.open(server);
      open.push(client);
      client.send({ type: 'login', id: '1', name: newName() });
      client.send({ type: 'join', id: '2', room });
      for (let i = 3; i < 20; i += 1) client.send({ type: 'send', id: String(i), room, content: `m${i}` });
      client.send({ type: 'leave', id: '20', room });
      await client.next((frame) => frame.id === '20');
      const ofId = (id) => client.frames.filter((frame) => frame.id === id);
      assert.equal(ofId('1')[0].type, 'logged_in');
      assert.equal(ofId('2')[0].type, 'joined');
      for (let i = 3; i < 20; i += 1) {
        const [ack] = ofId(String(i));
        assert.deepEqual([ack.type, ack.seq], ['ack', i - 2]);
      }
    });

    test('a hundred rooms are allowed, one more is not', async () => {
      const client = await login();
      const many = Array.from({ length: 100 }, newRoom);
      const answers = await Promise.all(many.map((room) => client.join(room)));
      assert.ok(answers.every(({ type }) => type === 'joined'));
      assert.equal((await client.join(newRoom())).code, 'too_many_rooms');
      await client.ask({ type: 'leave', room: many[0] });
      assert.equal((await client.join(newRoom())).type, 'joined');
    });
  });
}
