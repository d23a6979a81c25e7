// How the server goes: everybody is told, in his own words, and the exit code says how it went.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket, frame } from './support/raw.js';
import WebSocket from 'ws';

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal}: native clients get goodbye and 1012, others 1001, and the server ends with 0`, async () => {
    const server = await startServer({ reactors: 4, flags: ['--echo'] });
    const native = await Promise.all(Array.from({ length: 20 }, () => Client.login(server)));
    await Promise.all(native.map((client) => client.join('room')));
    const stranger = await Client.open(server);  // not logged in
    const echo = new WebSocket(`${server.ws}/echo`);
    await new Promise((done) => { echo.on('open', done); });
    const echoClosed = new Promise((done) => { echo.on('close', done); });
    const idle = await RawSocket.connect(server);
    const halfway = await RawSocket.upgrade(server);
    await halfway.write(frame({ payload: 'x'.repeat(1000) }).subarray(0, 500));

    server.child.kill(signal);
    for (const client of [...native, stranger]) {
      const { reconnect_after_ms: after } = await client.next('goodbye');
      assert.ok(Number.isInteger(after) && after >= 0);
      assert.equal((await client.closed).code, 1012);
    }
    assert.equal(await echoClosed, 1001);
    assert.equal(await halfway.closeCode(), 1012);
    await idle.end;
    [idle, halfway].forEach((raw) => raw.destroy());
    assert.deepEqual(await server.exited, { code: 0, signal: null }, server.stderr);
  });
}

test('what was acknowledged before the signal was told before the goodbye', async () => {
  const server = await startServer({ reactors: 4 });
  const [a, b] = [await Client.login(server), await Client.login(server)];
  await a.join('room');
  await b.join('room');
  const acks = await Promise.all(Array.from({ length: 20 }, (_, i) => a.say('room', `m${i}`)));
  server.child.kill('SIGTERM');
  await b.closed;
  const types = b.frames.map(({ type }) => type);
  assert.equal(types.filter((type) => type === 'message').length, acks.length);
  assert.equal(types.at(-1), 'goodbye');
  assert.equal((await server.exited).code, 0);
});

test('a peer that does not answer holds nobody up for long', async () => {
  const server = await startServer({ reactors: 2 });
  const deaf = await RawSocket.upgrade(server);
  deaf.socket.pause();
  server.child.kill('SIGTERM');
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  deaf.destroy();
});

test('a second signal ends the server at once, with 1', async () => {
  const server = await startServer();
  const deaf = await RawSocket.upgrade(server);
  deaf.socket.pause();
  const began = new Promise((done) => {
    // Accepting ends first: when nobody is let in any more, the drain has begun.
    const tryAgain = () => {
      RawSocket.connect(server).then((raw) => {
        raw.destroy();
        setTimeout(tryAgain, 5);
      }, done);
    };
    server.child.kill('SIGTERM');
    tryAgain();
  });
  await began;
  server.child.kill('SIGTERM');
  assert.deepEqual(await server.exited, { code: 1, signal: null });
  assert.match(server.stderr, /ended at once/);
  deaf.destroy();
});

test('without anybody connected it ends at once', async () => {
  const server = await startServer({ reactors: 4 });
  await server.stop();
});
