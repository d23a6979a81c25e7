// wss and https: what a client may offer, what it gets, and that a chat over TLS is a chat like any other.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import https from 'node:https';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, metrics, run, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { connectTls, makeCertificate, testFolder } from './support/connect.js';
import { RawSocket, http, upgradeRequest } from './support/raw.js';

const certificate = makeCertificate();
const trusting = { ca: certificate.pem };
const page = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

// The status of one GET over https.
function getStatus(url) {
  return new Promise((done, fail) => {
    https.get(url, { ...trusting, agent: false }, (response) => {
      response.resume();
      response.on('end', () => done(response.statusCode));
    }).on('error', fail);
  });
}

// Ends a TLS connection that has heard `part`.
async function hearAndEnd(raw, part) {
  await raw.until((bytes) => bytes.includes(part));
  raw.destroy();
}

async function loginOverTls(server, name) {
  const client = await Client.open(server, '/ws', trusting);
  await client.ask({ type: 'login', name });
  return client;
}

describe('tls', () => {
  let server;
  before(async () => {
    server = await startServer({
      reactors: 2, listen: ['tls:127.0.0.1:0', '127.0.0.1:0'], flags: [...certificate.flags, '--echo'],
    });
  });
  after(() => server.stop());

  test('the ports file says which address speaks TLS, and what is printed says https', () => {
    assert.equal(server.ports.listen.length, 2);
    assert.deepEqual(server.ports.tls, [server.ports.listen[0]]);
    assert.match(server.stdout, new RegExp(`https://${server.ports.listen[0]}/`));
    assert.match(server.stdout, new RegExp(`http://${server.ports.listen[1]}/`));
  });

  test('people over TLS and without talk with each other', async () => {
    const [secure, plain] = [await loginOverTls(server), await Client.login(server.at(1))];
    await secure.join('room');
    await plain.join('room');
    await secure.say('room', 'from wss');
    await plain.say('room', 'from ws');
    for (const one of [secure, plain]) {
      assert.equal((await one.next('message')).content, 'from wss');
      assert.equal((await one.next('message')).content, 'from ws');
    }
    assert.equal((await secure.close()).code, 1000);
    await plain.close();
  });

  test('the page and large messages come whole', async () => {
    assert.equal(await getStatus(`${server.http}/`), 200);
    const client = await Client.open(server, '/echo', trusting);
    const large = Buffer.alloc(3_000_000, 'abcdefghij');
    client.take = () => {};
    const back = new Promise((done) => { client.socket.once('message', done); });
    client.socket.send(large);
    // Compared as a whole: a difference of millions of bytes is no message.
    client.socket.off('message', client.take);
    assert.ok((await back).equals(large));
    await client.close();
  });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`${version} is spoken, and a session resumed`, async () => {
      const versions = { minVersion: version, maxVersion: version, ...trusting };
      const first = await connectTls(server, versions);
      assert.equal(first.socket.getProtocol(), version);
      const ticket = new Promise((done) => { first.socket.on('session', done); });
      await first.write(page);
      const session = version === 'TLSv1.3' ? await ticket : first.socket.getSession();
      await hearAndEnd(first, 'HTTP/1.1 200');
      const again = await connectTls(server, { ...versions, session });
      assert.equal(again.socket.isSessionReused(), true);
      await again.write(page);
      await hearAndEnd(again, 'HTTP/1.1 200');
    });
  }

  test('TLS 1.1 is refused', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await assert.rejects(connectTls(server, old));
  });

  test('ALPN selects http/1.1, and refuses who wants h2 alone', async () => {
    const both = await connectTls(server, { ALPNProtocols: ['h2', 'http/1.1'] });
    assert.equal(both.socket.alpnProtocol, 'http/1.1');
    both.destroy();
    await assert.rejects(connectTls(server, { ALPNProtocols: ['h2'] }), /no.application.protocol|ALPN/i);
  });

  test('plain HTTP on the TLS port is told so', async () => {
    const answer = await http(server, page);
    assert.equal(answer.status, 400);
    assert.match(answer.body, /https|TLS/);
  });

  test('what is neither TLS nor HTTP is let go', async () => {
    for (const noise of ['SSH-2.0-x\r\n', Buffer.alloc(2000, 0x16), Buffer.alloc(100)]) {
      const raw = await RawSocket.connect(server);
      await raw.write(noise);
      await raw.end;
      raw.destroy();
    }
    assert.equal(await getStatus(`${server.http}/`), 200);
  });

  test('frames of a closing connection arrive before the end of TLS', async () => {
    const raw = await connectTls(server);
    await raw.write(upgradeRequest('/nothing'));
    assert.equal(await raw.end, 'fin');
    assert.match(raw.bytes.toString('latin1'), /^HTTP\/1\.1 404 /);
    raw.destroy();
  });

  test('handshakes and resumptions are counted', async () => {
    const counted = await metrics(server);
    assert.ok(counted.stentor_tls_handshakes_total > 0);
    assert.ok(counted.stentor_tls_resumptions_total > 0);
    assert.ok(counted.stentor_tls_certificate_not_after_seconds > Date.now() / 1000);
  });
});

test('half-open handshakes, TLS and plain, delay nobody', async () => {
  const server = await startServer({
    reactors: 2, listen: ['tls:127.0.0.1:0', '127.0.0.1:0'], flags: [...certificate.flags, '--handshake-timeout', '10m'],
  });
  // The first bytes of a ClientHello, and of a request.
  const halves = [
    [server, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    [server.at(1), Buffer.from('GET /ws HTTP/1.1\r\nHost: ')],
  ];
  const idle = [];
  for (const [where, half] of halves) {
    for (let i = 0; i < 500; i += 1) {
      const raw = await RawSocket.connect(where);
      if (i % 2 === 0) await raw.write(half);
      idle.push(raw);
    }
  }
  const [secure, plain] = [await loginOverTls(server), await Client.login(server.at(1))];
  await secure.join('room');
  await plain.join('room');
  await secure.say('room', 'still here');
  assert.equal((await plain.next('message')).content, 'still here');
  // None of them had to go for that.
  assert.equal(idle.filter((raw) => raw.ended).length, 0);
  assert.equal((await metrics(server)).stentor_connections, idle.length + 3);
  await secure.close();
  await plain.close();
  idle.forEach((raw) => raw.destroy());
  await server.stop();
});

test('an unfinished handshake ends with its time', async () => {
  const server = await startServer({
    listen: ['tls:127.0.0.1:0'], flags: [...certificate.flags, '--handshake-timeout', '200ms'],
  });
  const silent = await RawSocket.connect(server);
  const slow = await RawSocket.connect(server);
  await slow.write(Buffer.from([0x16, 0x03, 0x01, 0x02]));
  const shaken = await connectTls(server);  // and then says nothing
  await Promise.all([silent.end, slow.end, shaken.end]);
  [silent, slow, shaken].forEach((raw) => raw.destroy());
  await server.stop();
});

test('a drain says goodbye over TLS, and ends', async () => {
  const server = await startServer({ reactors: 2, listen: ['tls:127.0.0.1:0'], flags: certificate.flags });
  const client = await loginOverTls(server);
  const idle = await connectTls(server);
  const halfway = await RawSocket.connect(server);
  await halfway.write(Buffer.from([0x16, 0x03]));
  server.child.kill('SIGTERM');
  await client.next('goodbye');
  assert.equal((await client.closed).code, 1012);
  await Promise.all([idle.end, halfway.end]);
  assert.deepEqual(await server.exited, { code: 0, signal: null }, server.stderr);
  [idle, halfway].forEach((raw) => raw.destroy());
});

test('over --max-connections a TLS connection is closed without a word', async () => {
  const server = await startServer({ listen: ['tls:127.0.0.1:0'], flags: [...certificate.flags, '--max-connections', '1'] });
  const first = await connectTls(server);
  const second = await RawSocket.connect(server);
  await second.end;
  assert.equal(second.bytes.length, 0);
  first.destroy();
  second.destroy();
  await eventually(async () => (await connectTls(server)).destroy());
  await server.stop();
});

describe('certificate and key are checked before anything listens', () => {
  const folder = testFolder();
  const other = makeCertificate(folder, 'other');
  const empty = join(folder, 'empty.pem');
  writeFileSync(empty, '');
  const listen = ['--listen', 'tls:127.0.0.1:0'];
  const table = [
    ['no flags', listen, /--tls-cert and --tls-key are missing/],
    ['no key', [...listen, '--tls-cert', certificate.cert], /--tls-key is missing/],
    ['no certificate', [...listen, '--tls-key', certificate.key], /--tls-cert is missing/],
    ['a file that is not there', [...listen, '--tls-cert', '/nonexistent/c.pem', '--tls-key', certificate.key], /\/nonexistent\/c\.pem/],
    ['a file without a certificate', [...listen, '--tls-cert', empty, '--tls-key', certificate.key], /empty\.pem/],
    ['a key in place of the certificate', [...listen, '--tls-cert', certificate.key, '--tls-key', certificate.key], /first\.key\.pem/],
    ['the key of another certificate', [...listen, '--tls-cert', certificate.cert, '--tls-key', other.key], /other\.key\.pem/],
  ];
  for (const [what, flags, message] of table) {
    test(what, async () => {
      for (const more of [[], ['--check-config']]) {
        const bad = await run([...flags, ...more]);
        assert.equal(bad.code, 2);
        assert.match(bad.stderr, message);
        assert.equal(bad.stdout, '');
      }
    });
  }

  test('a good pair is good', async () => {
    assert.equal((await run([...listen, ...certificate.flags, '--check-config'])).code, 0);
  });
});
