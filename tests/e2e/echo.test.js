// /echo, the plainest use of the WebSocket floor: what goes in comes out, whole and in order.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket, frame, opcode } from './support/raw.js';
import WebSocket from 'ws';

function echoSocket(server) {
  const socket = new WebSocket(`${server.ws}/echo`, { perMessageDeflate: false, maxPayload: 32 << 20 });
  const received = [];
  let wake = () => {};
  socket.on('message', (data, binary) => {
    received.push({ data, binary });
    wake();
  });
  const next = async () => {
    while (received.length === 0) await new Promise((done) => { wake = done; });
    return received.shift();
  };
  return new Promise((done, fail) => {
    socket.on('open', () => done({ socket, next, received }));
    socket.on('error', fail);
  });
}

for (const reactors of [1, 4]) {
  describe(`echo on ${reactors} reactor(s)`, () => {
    let server;
    before(async () => { server = await startServer({ reactors, flags: ['--echo'] }); });
    after(() => server.stop());

    test('messages of all sizes come back with their opcode', async () => {
      const { socket, next } = await echoSocket(server);
      for (const size of [0, 1, 125, 126, 127, 65535, 65536, 65537, 131_071, 131_072, 131_073, 1 << 20, 16 << 20]) {
        for (const data of [randomBytes(size), 'x'.repeat(size)]) {
          socket.send(data);
          const back = await next();
          assert.equal(back.binary, typeof data !== 'string');
          assert.ok(back.data.equals(Buffer.from(data)), `${size}`);
        }
      }
      socket.close();
    });

    test('fragments come back as one message, with a ping between them', async () => {
      const raw = await RawSocket.upgrade(server, '/echo');
      await raw.write(Buffer.concat([
        frame({ payload: 'one ', fin: false }),
        frame({ code: opcode.ping, payload: 'between' }),
        frame({ code: opcode.continuation, payload: '', fin: false }),
        frame({ code: opcode.continuation, payload: 'message' }),
      ]));
      assert.deepEqual(await raw.frame(), { code: opcode.pong, payload: Buffer.from('between') });
      assert.deepEqual(await raw.frame(), { code: opcode.text, payload: Buffer.from('one message') });
      raw.destroy();
    });

    test('frames that come byte by byte come back whole', async () => {
      const raw = await RawSocket.upgrade(server, '/echo');
      const text = 'Grüße, 世界 👍';
      for (const byte of frame({ payload: text })) await raw.write(Buffer.of(byte));
      assert.equal((await raw.frame()).payload.toString(), text);
      raw.destroy();
    });

    test('many messages of a peer that does not read meanwhile come back in order, and bounded memory holds', async () => {
      const { socket, next } = await echoSocket(server);
      socket.pause();
      const count = 200;
      const bodies = Array.from({ length: count }, (_, i) => Buffer.alloc(100_000, i));
      for (const body of bodies) socket.send(body);
      socket.resume();
      for (const body of bodies) assert.ok((await next()).data.equals(body));
      socket.close();
    });

    test('a native client of the same server is not disturbed', async () => {
      const { socket, next } = await echoSocket(server);
      const client = await Client.login(server);
      socket.send('{"type":"ping","id":"1"}');
      assert.equal((await next()).data.toString(), '{"type":"ping","id":"1"}');
      assert.equal((await client.ask({ type: 'ping' })).type, 'pong');
      await client.close();
      socket.close();
    });

    test('larger than 16 MiB closes with 1009', async () => {
      const { socket } = await echoSocket(server);
      const closed = new Promise((done) => { socket.on('close', done); });
      socket.send(Buffer.alloc((16 << 20) + 1));
      assert.equal(await closed, 1009);
    });
  });
}
