// What clients may do beside sending: changes of messages, what is said in passing, lists, sync, tabs.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually } from './support/server.js';
import { event, fresh, onEachStore } from './support/stores.js';

onEachStore('verbs', (chat) => {
  const { login, pair, change, history, line, unasked } = chat;

  test('an edit, a reaction and a deletion are events, and history shows what became of the message', async () => {
    const { ann, bob, room } = await pair();
    const { seq } = await ann.say(room, 'draft');
    const edit = await change(ann, 'edit', room, seq, { content: 'final' });
    assert.deepEqual([edit.type, edit.room, edit.seq], ['ack', room, seq + 1]);
    const edited = await bob.next('edited');
    const { user, name } = ann;
    assert.deepEqual([edited.seq, edited.user, edited.from], [seq + 1, user, name]);
    assert.deepEqual([edited.target, edited.content], [seq, 'final']);
    await change(bob, 'react', room, seq, { emoji: '👍', on: true });
    const reacted = await ann.next('reacted');
    assert.deepEqual([reacted.seq, reacted.user, reacted.target], [seq + 2, bob.user, seq]);
    assert.deepEqual([reacted.emoji, reacted.on], ['👍', true]);
    const [shown] = await history(bob, room);
    assert.deepEqual([shown.content, shown.reactions], ['final', { '👍': [bob.name] }]);
    assert.ok(shown.edited_at >= shown.at);
    await change(bob, 'react', room, seq, { emoji: '👍', on: false });
    assert.equal((await ann.next('reacted')).on, false);
    assert.equal((await history(bob, room))[0].reactions, undefined);

    const deletion = { type: 'delete', id: randomUUID(), room, target: seq };
    assert.equal((await ann.ask(deletion)).seq, seq + 4);
    assert.deepEqual([(await bob.next('deleted')).target, (await bob.next('message')).seq], [seq, seq]);
    const events = await history(bob, room);
    assert.deepEqual(events.map(({ type }) => type), ['message', 'edited', 'reacted', 'reacted', 'deleted']);
    assert.deepEqual([events[0].deleted, events[0].content, events[1].content], [true, undefined, undefined]);
    // Tried again, it is answered as the first time.
    const again = await ann.ask(deletion);
    assert.deepEqual([again.type, again.seq, again.duplicate], ['ack', seq + 4, true]);
  });

  test('who answers says what to', async () => {
    const { ann, bob, room } = await pair();
    const { seq } = await ann.say(room, 'a question');
    await bob.say(room, 'an answer', { reply_to: seq });
    assert.equal((await ann.next(event('message', seq + 1))).reply_to, seq);
    assert.equal((await history(ann, room))[1].reply_to, seq);
    assert.equal((await bob.say(room, 'of what?', { reply_to: 99 })).code, 'no_such_message');
  });

  test('what may not be changed is refused, each with its code, and leaves no hole', async () => {
    const { ann, bob, room } = await pair();
    const stranger = await login('stranger');
    const { seq } = await ann.say(room, 'mine');
    const gone = (await ann.say(room, 'gone')).seq;
    const head = (await change(ann, 'delete', room, gone)).seq;
    const codeOf = async (client, type, target, more) => (await change(client, type, room, target, more)).code;
    const content = 'x';
    const emoji = '👍';
    assert.equal(await codeOf(bob, 'edit', seq, { content }), 'forbidden');
    assert.equal(await codeOf(bob, 'delete', seq), 'forbidden');
    for (const [type, more] of [['edit', { content }], ['delete'], ['react', { emoji, on: true }]]) {
      assert.equal(await codeOf(ann, type, 99, more), 'no_such_message', type);
      assert.equal(await codeOf(ann, type, gone, more), 'no_such_message', type);
      assert.equal(await codeOf(ann, type, head, more), 'no_such_message', `${type} of what is no message`);
      assert.equal(await codeOf(stranger, type, seq, more), 'not_in_room', type);
    }
    assert.equal(await codeOf(ann, 'edit', seq, { content: 'x'.repeat(4097) }), 'too_large');
    assert.equal(await codeOf(ann, 'edit', seq, { content: '' }), 'bad_request');
    assert.equal(await codeOf(ann, 'edit', seq), 'bad_request');
    for (const bad of ['', 'two words', 'x'.repeat(33)]) {
      assert.equal(await codeOf(ann, 'react', seq, { emoji: bad, on: true }), 'bad_request', bad);
    }
    const id = randomUUID();
    await ann.ask({ type: 'edit', id, room, target: seq, content: 'one' });
    assert.equal((await ann.ask({ type: 'edit', id, room, target: seq, content: 'two' })).code, 'id_reused');
    assert.equal((await ann.say(room, 'next')).seq, head + 2);
  });

  test('a message bears twenty different emoji', async () => {
    const { ann, bob, room } = await pair();
    const { seq } = await ann.say(room, 'popular');
    for (let i = 0; i < 20; i += 1) await change(ann, 'react', room, seq, { emoji: `e${i}`, on: true });
    assert.equal((await change(bob, 'react', room, seq, { emoji: 'more', on: true })).code, 'forbidden');
    assert.equal((await change(bob, 'react', room, seq, { emoji: 'e7', on: true })).type, 'ack');
    const { reactions } = (await history(bob, room))[0];
    assert.equal(Object.keys(reactions).length, 20);
    assert.deepEqual(reactions.e7, [ann.name, bob.name]);
  });

  test('a message bears 500 reactions', async () => {
    const { ann, bob, room } = await pair();
    const { seq } = await ann.say(room, 'very popular');
    for (let i = 0; i < 25; i += 1) {
      const fan = await login('fan');
      await fan.join(room);
      await Promise.all(Array.from({ length: 20 }, (_, j) => change(fan, 'react', room, seq, { emoji: `e${j}`, on: true })));
      await fan.close();
    }
    const refused = await change(bob, 'react', room, seq, { emoji: 'e7', on: true });
    assert.equal(refused.code, 'forbidden');
    assert.equal(refused.message, 'target: the message has as many reactions as it may have');
    const { events } = await bob.ask({ type: 'history', room, after: 0, limit: 1 });
    assert.equal(Object.values(events[0].reactions).flat().length, 500);
  });

  test('typing reaches the others, and is kept nowhere', async () => {
    const { ann, bob, room } = await pair();
    const tab = await login('ann', ann.session);
    await tab.join(room);
    ann.send({ type: 'typing', room, on: true });
    const { type, user, from, on } = await bob.next('typing');
    assert.deepEqual([type, user, from, on], ['typing', ann.user, ann.name, true]);
    await ann.say(room, 'typed');
    for (const own of [ann, tab]) {
      await own.next('message');
      assert.deepEqual(await unasked(own), []);
    }
    assert.deepEqual((await history(bob, room)).map((one) => one.type), ['message']);
  });

  test('read positions come together, never go back, and count what is unread', async () => {
    const { ann, bob, room } = await pair();
    for (const text of ['a', 'b', 'c', 'd']) await ann.say(room, text);
    await bob.say(room, 'own');
    for (const seq of [1, 2, 3, 2]) bob.send({ type: 'read', room, seq });
    bob.send({ type: 'read', room, seq: 1 });
    // One frame may have come before the others were said; none goes back, and the last says 3.
    let last = 0;
    let frames = 0;
    while (last < 3) {
      const { positions } = await ann.next('read');
      const [position] = positions.filter(({ user }) => user === bob.user);
      assert.ok(position.seq > last);
      last = position.seq;
      frames += 1;
    }
    assert.ok(frames <= 3);
    const mine = await eventually(async () => {
      const found = await line(bob, room);
      assert.equal(found?.read, 3);
      return found;
    });
    assert.deepEqual([mine.seq, mine.unread, mine.count, mine.with], [5, 1, 2, undefined]);
    // Beyond the newest there is nothing to have read.
    ann.send({ type: 'read', room, seq: 1000 });
    await eventually(async () => assert.deepEqual([(await line(ann, room))?.read, (await line(ann, room)).unread], [5, 0]));
    assert.ok(!ann.frames.some(({ type, positions }) => type === 'read' && positions.some(({ user }) => user === bob.user)));
  });

  test('sync answers for each room in one round trip, also for those that cannot go on', async () => {
    const { ann, bob, room } = await pair();
    const [other, left] = [fresh('room'), fresh('room')];
    const { epoch } = await ann.join(other);
    await bob.join(left);
    await ann.say(room, 'one');
    const { epoch: first } = await ann.say(room, 'two');
    const { room: direct, epoch: ours } = await bob.ask({ type: 'direct', to: ann.user, content: 'psst' });
    const tab = await login('ann', ann.session);
    await tab.ask({
      type: 'sync',
      rooms: [
        { room, epoch: first, seq: 1 }, { room: other, epoch: 'of-another-life', seq: 7 }, { room: 'a b', epoch, seq: 0 },
        { room: left, epoch: 'of-another-life', seq: 1 }, { room: direct, epoch: ours, seq: 0 },
        { room: `dm.${[bob.user, 'u0000000000000001'].sort().join('.')}`, epoch, seq: 0 },
      ],
    });
    // What it has by the time of `synced`.
    const answers = new Map(tab.frames.filter(({ type }) => ['joined', 'error'].includes(type)).map((one) => [one.room, one]));
    assert.equal(answers.size, 6);
    const texts = (name) => answers.get(name).events.map(({ content }) => content);
    assert.deepEqual([answers.get(room).recovered, texts(room)], [true, ['two']]);
    assert.deepEqual([answers.get(other).recovered, answers.get(other).epoch], [false, epoch]);
    assert.equal(answers.get(left).recovered, false);
    assert.deepEqual([answers.get(direct).recovered, texts(direct)], [true, ['psst']]);
    assert.equal(answers.get('a b').code, 'bad_room');
    assert.equal([...answers.values()].filter(({ code }) => code === 'forbidden').length, 1);
    await bob.say(left, 'live');
    assert.equal((await tab.next((one) => one.type === 'message' && one.room === left)).content, 'live');
    const empty = await tab.ask({ type: 'sync', rooms: [] });
    assert.equal(empty.type, 'synced');
  });

  test('two tabs are one user', async () => {
    const { ann, bob, room } = await pair();
    const tab = await login('ann', ann.session);
    assert.equal(tab.user, ann.user);
    const joined = await tab.join(room);
    assert.deepEqual([joined.count, joined.members.length], [2, 2]);
    await bob.ask({ type: 'direct', to: ann.name, content: 'which one?' });
    for (const client of [ann, tab]) assert.equal((await client.next('message')).content, 'which one?');
    await bob.say(room, 'one');
    tab.send({ type: 'read', room, seq: 1 });
    await eventually(async () => assert.deepEqual([(await line(ann, room))?.read, (await line(ann, room)).unread], [1, 0]));
    // Nobody comes with the second tab, and nobody goes with the first.
    await ann.close();
    await bob.say(room, 'two');
    await tab.next((one) => one.type === 'message' && one.seq === 2);
    const { members, count } = await bob.ask({ type: 'members', room });
    assert.deepEqual([count, members.map(({ user }) => user).sort()], [2, [tab.user, bob.user].sort()]);
    const news = bob.frames.filter(({ type }) => type === 'presence');
    assert.ok(!news.some(({ joined: came, left }) => left.length > 0 || came.some(({ user }) => user === tab.user)));
    await tab.close();
    assert.deepEqual((await bob.next(({ type, left }) => type === 'presence' && left.length > 0)).left, [tab.user]);
  });

  test('who is thrown out goes with 4403, with all its tabs', async () => {
    const { ann, bob, room } = await pair();
    const tab = await login('ann', ann.session);
    chat.server.child.stdin.write(`/kick ${ann.name}\n`);
    assert.deepEqual([(await ann.closed).code, (await tab.closed).code], [4403, 4403]);
    assert.equal((await bob.say(room, 'still here')).type, 'ack');
  });
});
