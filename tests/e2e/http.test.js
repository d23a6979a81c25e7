// The HTTP side over real sockets: the page, what is refused and how, the Origin rule, the limit of
// connections.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket, http, upgradeRequest } from './support/raw.js';

const get = (path, fields = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields}\r\n`;

describe('http', () => {
  let server;
  before(async () => { server = await startServer({ flags: ['--echo'] }); });
  after(() => server.stop());

  test('the page comes with its security fields, and again as 304', async () => {
    const page = await fetch(`${server.http}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    assert.match(page.headers.get('content-security-policy'), /default-src 'none'.*trusted-types 'none'/);
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
    assert.match(await page.text(), /<script[^>]+src=/);
    const etag = page.headers.get('etag');
    const again = await http(server, get('/', `If-None-Match: ${etag}\r\n`));
    assert.equal(again.status, 304);
    assert.equal(again.body, '');
  });

  test('every file that the page names is served', async () => {
    const html = await (await fetch(`${server.http}/`)).text();
    const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path);
    assert.ok(files.length >= 2);
    for (const path of files.filter((one) => !one.includes(':'))) {
      const file = await fetch(new URL(path, `${server.http}/`));
      assert.equal(file.status, 200, path);
      assert.ok((await file.arrayBuffer()).byteLength > 0);
    }
  });

  test('what is not there, not allowed or not HTTP gets its status and a sentence', async () => {
    const table = [
      [get('/nothing'), 404],
      [get('/../../etc/passwd'), 404],
      [get('/metrics'), 404],
      ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', 405],
      [get('/ws'), 426],
      [get('/echo'), 426],
      [upgradeRequest('/nothing'), 404],
      [upgradeRequest('/ws').replace('Version: 13', 'Version: 7'), 426],
      [upgradeRequest('/ws').replace(/Sec-WebSocket-Key: .*\r\n/, ''), 400],
      [upgradeRequest('/ws', 'Content-Length: 5\r\n'), 400],
      ['GET / HTTP/1.1\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
      ['\x16\x03\x01\x00\xf1\x01\x00\x00\xed\x03\x03\r\n\r\n', 400],
      [get(`/${'x'.repeat(10_000)}`), 414],
      [get('/', `X: ${'x'.repeat(20_000)}\r\n`), 431],
    ];
    for (const [request, status] of table) {
      const answer = await http(server, request);
      assert.equal(answer.status, status, request.slice(0, 80));
      assert.match(answer.head, /\r\nConnection: close\r\n/);
      assert.match(answer.body, /^[^<>]{10,}\n$/);
    }
    assert.match((await http(server, table[3][0])).head, /\r\nAllow: GET, HEAD\r\n/);
    assert.match((await http(server, get('/ws'))).head, /\r\nUpgrade: websocket\r\n/);
  });

  test('one connection answers one request after the other, pipelined too', async () => {
    const raw = await RawSocket.connect(server);
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    await raw.write(one + one + get('/nothing'));
    assert.equal(await raw.end, 'fin');
    assert.equal(raw.bytes.toString('latin1').match(/HTTP\/1\.1 200 OK/g).length, 2);
    assert.match(raw.bytes.toString('latin1'), /HTTP\/1\.1 404 /);
    raw.destroy();
  });

  test('a request that comes byte by byte is answered like any other', async () => {
    const raw = await RawSocket.connect(server);
    for (const byte of upgradeRequest('/ws')) await raw.write(byte);
    await raw.until((bytes) => bytes.includes('"type":"welcome"'));
    assert.match(raw.bytes.toString('latin1'), /^HTTP\/1\.1 101 /);
    raw.destroy();
  });

  test('the subprotocol is selected if offered and not required', async () => {
    for (const [protocols, selected] of [[[], ''], [['stentor.v1'], 'stentor.v1'], [['x', 'stentor.v1'], 'stentor.v1']]) {
      const client = await Client.open(server, '/ws', { protocols });
      assert.equal(client.socket.protocol, selected);
      await client.next('welcome');
      await client.close();
    }
  });

  test('pages of other hosts may not connect', async () => {
    const port = server.port;
    const allowed = [null, `http://127.0.0.1:${port}`, 'https://localhost', 'http://[::1]:1'];
    for (const origin of allowed) {
      const client = await Client.open(server, '/ws', origin === null ? {} : { origin });
      await client.close();
    }
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1.evil.example:${port}`, 'http://127.0.0.2']) {
      await assert.rejects(Client.open(server, '/ws', { origin }), /403/, origin);
    }
  });

  test('metrics are served to the operator, and nothing else there', async () => {
    const admin = `http://${server.ports.admin}`;
    const answer = await fetch(`${admin}/metrics`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    assert.match(text, /^stentor_build_info\{version="[0-9.]+"\} 1$/m);
    assert.equal((await fetch(`${admin}/`)).status, 404);
    assert.equal((await fetch(`${admin}/ws`)).status, 404);
    // Each name is said once, each sample belongs to the name before it, counters end in _total.
    const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    assert.equal(new Set(names.map(([, name]) => name)).size, names.length);
    for (const [, name, type] of names) {
      assert.match(name, /^(stentor|process)_[a-z_]+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
    }
  });
});

test('with --origin only the origins of the list may connect', async () => {
  const server = await startServer({ flags: ['--origin', 'https://a.example', '--origin', 'http://b.example:81'] });
  for (const origin of ['https://a.example', 'http://b.example:81']) {
    await (await Client.open(server, '/ws', { origin })).close();
  }
  await (await Client.open(server)).close();
  for (const origin of ['http://a.example', 'https://a.example:444', `http://127.0.0.1:${server.port}`]) {
    await assert.rejects(Client.open(server, '/ws', { origin }), /403/, origin);
  }
  await server.stop();
  const open = await startServer({ flags: ['--origin', '*'] });
  await (await Client.open(open, '/ws', { origin: 'http://evil.example' })).close();
  await open.stop();
});

test('without the page its upgrade still works', async () => {
  const server = await startServer({ flags: ['--no-web'] });
  assert.equal((await http(server, get('/'))).status, 426);
  const client = await Client.open(server, '/');
  await client.next('welcome');
  await client.close();
  await server.stop();
});

test('beyond --max-connections peers get 503 with Retry-After, and the operator still gets in', async () => {
  const server = await startServer({ flags: ['--max-connections', '2'] });
  const clients = [await Client.login(server), await Client.login(server)];
  const refused = await http(server, get('/'));
  assert.equal(refused.status, 503);
  assert.match(refused.head, /\r\nRetry-After: \d+\r\n/);
  assert.equal((await fetch(`http://${server.ports.admin}/metrics`)).status, 200);
  await clients[0].close();
  clients[0] = null;
  for (let status = 503; status === 503;) ({ status } = await http(server, get('/')));
  await clients[1].close();
  await server.stop();
});

test('who does not finish a request in time is let go', async () => {
  const server = await startServer({ flags: ['--handshake-timeout', '200ms'] });
  const raw = await RawSocket.connect(server);
  await raw.write('GET / HTTP/1.1\r\nHost:');
  await raw.end;
  raw.destroy();
  const silent = await RawSocket.connect(server);
  await silent.end;
  silent.destroy();
  await server.stop();
});
