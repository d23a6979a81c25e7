// How connections end: the codes for what the peer did, and the patience with peers that do nothing.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket, frame, opcode } from './support/raw.js';

describe('closing', () => {
  let server;
  before(async () => { server = await startServer({ reactors: 2 }); });
  after(() => server.stop());

  test('each broken rule has its close code, and the server ends the connection', async () => {
    const length64 = Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    const table = {
      'an unmasked frame': [frame({ payload: '{}', masked: false }), 1002],
      'a reserved bit': [frame({ payload: '{}', rsv: 4 }), 1002],
      'a reserved opcode': [frame({ code: 3 }), 1002],
      'a continuation of nothing': [frame({ code: opcode.continuation }), 1002],
      'a text inside a fragmented message': [Buffer.concat([frame({ payload: 'a', fin: false }), frame({ payload: 'b' })]), 1002],
      'a fragmented ping': [frame({ code: opcode.ping, fin: false }), 1002],
      'a ping of 126 bytes': [frame({ code: opcode.ping, payload: 'x'.repeat(126) }), 1002],
      'a length of 2^63': [length64, 1002],
      'a close of one byte': [frame({ code: opcode.close, payload: 'x' }), 1002],
      'a close code that may not be sent': [frame({ code: opcode.close, payload: Buffer.from([3, 0xed]) }), 1002],
      'a binary message': [frame({ code: opcode.binary, payload: '{}' }), 1003],
      'broken UTF-8': [frame({ payload: Buffer.from([0xc0, 0xaf]) }), 1007],
      'half a code point at the end': [frame({ payload: Buffer.from([0xe2, 0x82]) }), 1007],
      'a message over the limit': [frame({ payload: 'x'.repeat(65537) }), 1009],
      'fragments over the limit': [Buffer.concat([frame({ payload: 'x'.repeat(65000), fin: false }), frame({ code: opcode.continuation, payload: 'x'.repeat(600) })]), 1009],
      'a close with 1000': [frame({ code: opcode.close, payload: Buffer.from([3, 0xe8]) }), 1000],
    };
    for (const [name, [bytes, code]] of Object.entries(table)) {
      const raw = await RawSocket.upgrade(server);
      await raw.write(bytes);
      assert.equal(await raw.closeCode(), code, name);
      assert.equal(await raw.end, 'fin', name);
      raw.destroy();
    }
  });

  test('broken UTF-8 is noticed in the middle of a frame', async () => {
    const raw = await RawSocket.upgrade(server);
    const whole = frame({ payload: Buffer.concat([Buffer.from([0xff]), Buffer.alloc(1000, 0x20)]) });
    await raw.write(whole.subarray(0, 20));
    assert.equal(await raw.closeCode(), 1007);
    raw.destroy();
  });

  test('pings are answered in order with what they held', async () => {
    const raw = await RawSocket.upgrade(server);
    const payloads = Array.from({ length: 10 }, (_, i) => `ping ${i}`);
    await raw.write(Buffer.concat(payloads.map((payload) => frame({ code: opcode.ping, payload }))));
    for (const payload of payloads) {
      assert.equal((await raw.frameOf(opcode.pong)).payload.toString(), payload);
    }
    raw.destroy();
  });

  test('a peer that says it has finished sending is let go', async () => {
    const raw = await RawSocket.upgrade(server);
    raw.socket.end();
    assert.equal(await raw.end, 'fin');
    raw.destroy();
  });
});

test('a peer that does not log in is closed with 4408', async () => {
  const server = await startServer({ flags: ['--login-timeout', '200ms'] });
  const client = await Client.open(server);
  assert.equal((await client.closed).code, 4408);
  await server.stop();
});

test('a silent peer is pinged; one that answers stays', async () => {
  const server = await startServer({ flags: ['--ping-interval', '200ms'] });
  const client = await Client.login(server);
  let pings = 0;
  await new Promise((done) => {
    client.socket.on('ping', () => {
      pings += 1;
      if (pings === 3) done();
    });
  });
  assert.equal((await client.ask({ type: 'ping' })).type, 'pong');
  await client.close();
  await server.stop();
});

test('over the send rate a peer is not read for a while: nothing is lost, the order stays', async () => {
  const server = await startServer({ flags: ['--send-rate', '10'] });
  const client = await Client.login(server);
  await client.join('fast');
  const count = 40;
  const began = performance.now();
  const acks = await Promise.all(Array.from({ length: count }, (_, i) => client.say('fast', `m${i}`)));
  const tookMs = performance.now() - began;
  assert.deepEqual(acks.map(({ seq }) => seq), Array.from({ length: count }, (_, i) => i + 1));
  // Twenty at once, the others at ten a second; a slow machine only makes it longer.
  assert.ok(tookMs > 1500, `${tookMs} ms`);
  await client.close();
  await server.stop();
});
