// Behind a proxy that speaks PROXY v2: who must send the header, what is refused, and that the client's own
// address counts.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import tls from 'node:tls';
import { eventually, metrics, startServer } from './support/server.js';
import { connectFrom, connectUnix, makeCertificate, proxyHeader, testFolder } from './support/connect.js';
import { RawSocket, http, opcode, upgradeRequest } from './support/raw.js';

const get = 'GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
const proxy = '127.0.0.1';

async function ask(raw, ...parts) {
  for (const part of parts) await raw.write(part);
  await raw.end;
  raw.destroy();
  return raw.bytes.toString('latin1').slice(0, 12);
}
const throughProxy = async (server, ...parts) => ask(await RawSocket.connect(server), ...parts);

// Upgraded behind a header, in one segment with it; open.
async function upgradeFrom(server, source) {
  const raw = await RawSocket.connect(server);
  await raw.write(Buffer.concat([proxyHeader(source), Buffer.from(upgradeRequest())]));
  await raw.until((bytes) => bytes.includes('"type":"welcome"'));
  return raw;
}

describe('proxy', () => {
  let server;
  before(async () => { server = await startServer({ flags: ['--proxy-protocol', `${proxy}/32`] }); });
  after(() => server.stop());

  test('IPv4, IPv6 and LOCAL headers are taken off', async () => {
    for (const header of [proxyHeader('192.0.2.1'), proxyHeader('2001:db8::1'), proxyHeader('', { local: true })]) {
      assert.equal(await throughProxy(server, header, get), 'HTTP/1.1 426');
      assert.equal(await throughProxy(server, Buffer.concat([header, Buffer.from(get)])), 'HTTP/1.1 426');
    }
  });

  test('a header that comes byte by byte is one like any other, and a WebSocket opens behind it', async () => {
    const raw = await RawSocket.connect(server);
    for (const byte of proxyHeader('192.0.2.1')) await raw.write(Buffer.from([byte]));
    await raw.write(upgradeRequest());
    await raw.until((bytes) => bytes.includes('"type":"welcome"'));
    raw.destroy();
  });

  test('without a header, with half of one or a bad one the connection ends without an answer', async () => {
    const good = proxyHeader('192.0.2.1');
    const version1 = 'PROXY TCP4 192.0.2.1 127.0.0.1 1 80\r\n';
    const badVersion = Buffer.from(good).fill(0x31, 12, 13);
    const badLength = Buffer.from(good).fill(4, 15, 16);
    const before = (await metrics(server)).stentor_proxy_headers_refused_total;
    const wrong = [get, version1, badVersion, badLength];
    for (const bytes of wrong) assert.equal(await throughProxy(server, bytes), '');
    assert.equal((await metrics(server)).stentor_proxy_headers_refused_total - before, wrong.length);
    const half = await RawSocket.connect(server);
    await half.write(good.subarray(0, 20));
    half.socket.end();
    await half.end;
    assert.equal(half.bytes.length, 0);
    half.destroy();
  });

  test('who is not the proxy needs none, and sends none', async () => {
    assert.equal(await ask(await connectFrom('127.0.0.9', server), get), 'HTTP/1.1 426');
    assert.equal(await ask(await connectFrom('127.0.0.9', server), proxyHeader('192.0.2.1')), 'HTTP/1.1 400');
  });

  test('the operator\'s listener needs none either', async () => {
    assert.equal((await fetch(`http://${server.ports.admin}/metrics`)).status, 200);
  });
});

test('a header that does not come ends with the handshake\'s time', async () => {
  const server = await startServer({ flags: ['--proxy-protocol', '127.0.0.0/8', '--handshake-timeout', '200ms'] });
  const slow = await RawSocket.connect(server);
  await slow.write(proxyHeader('192.0.2.1').subarray(0, 20));
  const silent = await RawSocket.connect(server);
  await Promise.all([slow.end, silent.end]);
  [slow, silent].forEach((raw) => raw.destroy());
  await server.stop();
});

test('the header stands in front of TLS', async () => {
  const certificate = makeCertificate();
  const server = await startServer({
    listen: ['tls:127.0.0.1:0'], flags: [...certificate.flags, '--proxy-protocol', proxy],
  });
  const below = await RawSocket.connect(server);
  await below.write(proxyHeader('192.0.2.1'));
  below.socket.removeAllListeners('data');
  const secure = tls.connect({ socket: below.socket, servername: 'localhost', ca: certificate.pem });
  await new Promise((done, fail) => { secure.on('secureConnect', done).on('error', fail); });
  assert.equal(await ask(new RawSocket(secure), get), 'HTTP/1.1 426');
  const bare = await RawSocket.connect(server);
  await bare.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
  await bare.end;
  bare.destroy();
  await server.stop();
});

test('each client behind the proxy counts by its own address, IPv6 by /64; the proxy does not', async () => {
  const server = await startServer({
    reactors: 2, flags: ['--proxy-protocol', proxy, '--max-connections-per-address', '2'],
  });
  const open = [];
  for (const source of ['192.0.2.1', '192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:1::1']) {
    open.push(await upgradeFrom(server, source));
  }
  for (const source of ['192.0.2.1', '2001:db8::2']) {
    assert.equal(await throughProxy(server, proxyHeader(source), get), 'HTTP/1.1 503');
  }
  assert.equal((await metrics(server)).stentor_refused_per_address_total, 2);
  // LOCAL is the proxy's own word, a health check say: never counted.
  for (let i = 0; i < 4; i += 1) {
    assert.equal(await throughProxy(server, proxyHeader('', { local: true }), get), 'HTTP/1.1 426');
  }
  open.shift().destroy();
  await eventually(async () => {
    assert.equal(await throughProxy(server, proxyHeader('192.0.2.1'), get), 'HTTP/1.1 426');
  });
  open.forEach((raw) => raw.destroy());
  await server.stop();
});

test('a proxy on a Unix socket is trusted by the word unix', async () => {
  const path = join(testFolder(), 'chat.socket');
  const server = await startServer({ listen: [`unix:${path}`, '127.0.0.1:0'], flags: ['--proxy-protocol', 'unix'] });
  assert.equal(await ask(await connectUnix(path), proxyHeader('192.0.2.1'), get), 'HTTP/1.1 426');
  assert.equal(await ask(await connectUnix(path), get), '');
  assert.equal((await http(server.at(1), get)).status, 426);
  await server.stop();
});

test('a client behind a proxy is told goodbye like any other', async () => {
  const server = await startServer({ flags: ['--proxy-protocol', proxy] });
  const raw = await upgradeFrom(server, '192.0.2.1');
  const waiting = await RawSocket.connect(server);  // its header has not come
  raw.bytes = raw.bytes.subarray(raw.bytes.indexOf('\r\n\r\n') + 4);
  server.child.kill('SIGTERM');
  assert.equal((await raw.frameOf(opcode.close)).payload.readUInt16BE(0), 1012);
  await waiting.end;
  assert.deepEqual(await server.exited, { code: 0, signal: null }, server.stderr);
  [raw, waiting].forEach((one) => one.destroy());
});
