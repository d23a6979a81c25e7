// Direct messages: whom they reach, and that nobody else gets at them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { eventually, metrics } from './support/server.js';
import { event, onEachStore } from './support/stores.js';

onEachStore('direct messages', (chat) => {
  const { login, change, history, line, unasked } = chat;

  test('a direct message goes to a name or an id, and to all connections of both', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const [annToo, bobToo] = [await login('ann', ann.session), await login('bob', bob.session)];
    const byName = await ann.ask({ type: 'direct', id: randomUUID(), to: bob.name, content: 'psst' });
    assert.deepEqual([byName.type, byName.seq], ['ack', 1]);
    const room = `dm.${[ann.user, bob.user].sort().join('.')}`;
    assert.equal(byName.room, room);
    for (const client of [ann, annToo, bob, bobToo]) {
      const message = await client.next(event('message', 1));
      assert.deepEqual([message.room, message.from, message.content], [room, ann.name, 'psst']);
    }
    const byId = await bob.ask({ type: 'direct', id: randomUUID(), to: ann.user, content: 'yes?' });
    assert.deepEqual([byId.room, byId.seq], [room, 2]);
    for (const client of [ann, annToo, bob, bobToo]) await client.next(event('message', 2));
    // On as in any room, and without joining it.
    assert.equal((await bobToo.say(room, 'well?', { reply_to: 2 })).seq, 3);
    await change(ann, 'react', room, 2, { emoji: '👀', on: true });
    assert.equal((await bob.next('reacted')).target, 2);
    ann.send({ type: 'typing', room, on: true });
    assert.equal((await bobToo.next('typing')).from, ann.name);
    // Who joins it gets nothing twice.
    const joined = await bob.join(room, { history: 10 });
    assert.deepEqual(joined.events.map(({ seq }) => seq), [1, 2, 3, 4]);
    assert.deepEqual((await bob.next(event('message', 3))).content, 'well?');
    await ann.say(room, 'five');
    for (const client of [ann, annToo, bob, bobToo]) {
      await client.next(event('message', 5));
      await client.ask({ type: 'ping' });
      assert.ok(!client.frames.some(({ seq }) => seq === 5), 'twice');
    }
    const [mine, his] = [await line(ann, room), await line(bob, room)];
    assert.deepEqual([mine.seq, mine.with, mine.read], [5, { user: bob.user, name: bob.name }, 0]);
    assert.deepEqual([his.seq, his.with, his.unread], [5, { user: ann.user, name: ann.name }, 2]);
    bob.send({ type: 'read', room, seq: 5 });
    await eventually(async () => assert.equal((await line(bobToo, room)).unread, 0));
  });

  test('a direct message to nobody is refused', async () => {
    const ann = await login('ann');
    for (const to of ['nobody-at-all', 'u0123456789abcdef', 'not a name', '']) {
      const answer = await ann.ask({ type: 'direct', id: randomUUID(), to, content: '?' });
      assert.ok(['no_such_user', 'bad_request'].includes(answer.code), `${to}: ${JSON.stringify(answer)}`);
    }
    const answer = await ann.ask({ type: 'direct', to: ann.user, content: 'x'.repeat(4097) });
    assert.equal(answer.code, 'too_large');
    // To oneself: notes.
    const { room } = await ann.ask({ type: 'direct', to: ann.user, content: 'milk' });
    assert.equal((await ann.next('message')).content, 'milk');
    assert.deepEqual((await line(ann, room)).with, { user: ann.user, name: ann.name });
    await ann.ask({ type: 'ping' });
    assert.ok(!ann.frames.some(({ type }) => type === 'message'), 'twice');
  });

  test('a direct room does not tell whether its other user exists', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const roomWith = (user) => `dm.${[ann.user, user].sort().join('.')}`;
    const rooms = [roomWith(bob.user), roomWith(`u${randomBytes(8).toString('hex')}`)];
    const commands = [
      { type: 'history' }, { type: 'members' }, { type: 'edit', target: 1, content: 'x' },
      { type: 'delete', target: 1 }, { type: 'react', target: 1, emoji: '👍', on: true },
      { type: 'send', content: 'anybody?' }, { type: 'send', content: 'still?', reply_to: 9 },
      { type: 'edit', target: 1, content: 'nobody?' }, { type: 'history' }, { type: 'join', history: 10 },
      { type: 'members' }, { type: 'leave' }, { type: 'leave' },
    ];
    for (const command of commands) {
      const answers = [];
      for (const room of rooms) answers.push(await ann.ask({ ...command, id: randomUUID(), room }));
      const shapes = answers.map((answer) => JSON.stringify(answer, (key, value) =>
        (['id', 'room', 'epoch', 'at', 'edited_at', 'client_id', 'version', 'message'].includes(key) ? '' : value)));
      assert.equal(shapes[0], shapes[1], command.type);
    }
  });

  test('a direct room is its two users\' alone', async () => {
    const [ann, bob, eve] = [await login('ann'), await login('bob'), await login('eve')];
    const { room } = await ann.ask({ type: 'direct', to: bob.user, content: 'between us' });
    for (const client of [ann, bob]) await client.next('message');
    await bob.join(room);
    const commands = [
      { type: 'join' }, { type: 'join', history: 100 }, { type: 'join', since: { epoch: 'x', seq: 0 } },
      { type: 'history' }, { type: 'history', after: 0 }, { type: 'members' },
      { type: 'send', content: 'me too' }, { type: 'edit', target: 1, content: 'mine' },
      { type: 'delete', target: 1 }, { type: 'react', target: 1, emoji: '👍', on: true },
    ];
    for (const command of commands) {
      const answer = await eve.ask({ ...command, id: randomUUID(), room });
      assert.deepEqual([answer.type, answer.code], ['error', 'forbidden'], command.type);
      assert.ok(!JSON.stringify(answer).includes('between us'));
    }
    for (const command of [{ type: 'typing', on: true }, { type: 'read', seq: 1 }]) {
      eve.send({ ...command, room });
      assert.equal((await eve.next('error')).code, 'forbidden', command.type);
    }
    await eve.ask({ type: 'sync', rooms: [{ room, epoch: 'x', seq: 0 }] });
    const refused = await eve.next('error');
    assert.deepEqual([refused.code, refused.room], ['forbidden', room]);
    assert.equal((await eve.ask({ type: 'leave', room })).code, 'not_in_room');
    const [, one, two] = room.split('.');
    for (const bad of ['dm.', 'dm.lobby', `${room}x`, `dm.${two}.${one}`, `dm.${one.toUpperCase()}.${two}`]) {
      const answer = await ann.join(bad);
      assert.equal(answer.code, 'bad_room', `${bad}: ${JSON.stringify(answer)}`);
    }
    // What the two say after it she does not hear, and of her they heard nothing.
    await bob.say(room, 'still between us');
    for (const client of [ann, bob]) {
      await client.next('message');
      assert.deepEqual(await unasked(client), []);
      assert.ok(!JSON.stringify(client.frames).includes(eve.user));
    }
    assert.deepEqual(await unasked(eve), []);
    assert.deepEqual((await eve.ask({ type: 'rooms' })).rooms, []);
    assert.deepEqual((await history(ann, room)).map(({ content }) => content), ['between us', 'still between us']);
  });

  test('a slow reader of a direct room gets a gap and pages it', async () => {
    const [ann, bob] = [await login('ann'), await login('bob')];
    const { room, epoch } = await ann.ask({ type: 'direct', to: bob.user, content: '1' });
    bob.socket.pause();
    const text = 'x'.repeat(4000);
    let sent = 1;
    while ((await metrics(chat.server)).stentor_gapped_memberships === 0) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => ann.say(room, `${sent + i + 1} ${text}`)));
      for (let i = 1; i <= 20; i += 1) await ann.next(event('message', sent + i));
      sent += 20;
      assert.ok(sent < 20_000, 'no gap, whatever is sent');
    }
    bob.socket.resume();
    const seen = new Set();
    let gaps = 0;
    while (seen.size < sent) {
      const frame = await bob.next(({ type }) => ['message', 'gap'].includes(type));
      assert.equal(frame.room, room);
      if (frame.type === 'message') {
        assert.ok(!seen.has(frame.seq), `${frame.seq} twice`);
        seen.add(frame.seq);
        continue;
      }
      gaps += 1;
      assert.equal(frame.epoch, epoch);
      assert.ok(!seen.has(frame.from) && !seen.has(frame.to));
      for (let after = frame.from - 1; after < frame.to;) {
        const page = await bob.ask({ type: 'history', room, after, before: frame.to + 1 });
        // A memory room keeps 1 MiB: what is older is said by `first`.
        for (; after + 1 < page.first; after += 1) seen.add(after + 1);
        for (const { seq } of page.events) {
          assert.ok(!seen.has(seq), `${seq} twice`);
          seen.add(seq);
          after = seq;
        }
      }
    }
    assert.deepEqual([Math.min(...seen), Math.max(...seen), gaps > 0], [1, sent, true]);
    await eventually(async () => assert.equal((await metrics(chat.server)).stentor_gapped_memberships, 0));
    await ann.say(room, 'live again');
    assert.equal((await bob.next(event('message', sent + 1))).content, 'live again');
  });
});
