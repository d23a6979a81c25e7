// The dialects over real sockets (docs/protocol.md, "Dialects"): what tutorials' clients do, one room for all
// of them, the line dialect's end of input, and the operator's console. Their pages: tests/web/browser.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import WebSocket from 'ws';
import { Client } from './support/client.js';
import { RawSocket, http, upgradeRequest } from './support/raw.js';
import { eventually, run, startServer } from './support/server.js';

// Lines of text: of a TCP connection, or of a program's output.
class Lines {
  constructor(stream) {
    this.stream = stream;
    this.lines = [];
    this.rest = '';
    this.wake = () => {};
    stream.setEncoding('utf8').on('data', (text) => {
      const parts = (this.rest + text).split(/\r?\n/);
      this.rest = parts.pop();
      this.lines.push(...parts);
      this.wake();
    });
    this.ended = new Promise((done) => { stream.on('end', () => { this.over = true; this.wake(); done(); }); });
    stream.on('error', () => {});
  }

  static connect(server) {
    const at = server.ports.line.lastIndexOf(':');
    const socket = net.connect({ host: '127.0.0.1', port: Number(server.ports.line.slice(at + 1)), allowHalfOpen: true });
    return new Promise((done, fail) => {
      socket.on('error', fail);
      socket.on('connect', () => done(new Lines(socket)));
    });
  }

  // The next line, or the first one that matches; nothing at the end.
  async next(pattern = /^/) {
    for (;;) {
      const at = this.lines.findIndex((line) => pattern.test(line));
      if (at >= 0) return this.lines.splice(0, at + 1)[at];
      if (this.over) return undefined;
      await new Promise((wake) => { this.wake = wake; });
    }
  }

  write(text) { this.stream.write(text); }
}

// What comes as text messages of a WebSocket.
async function texts(server, path, options = {}) {
  const socket = new WebSocket(server.ws + path, options);
  const received = [];
  let wake = () => {};
  socket.on('message', (data) => { received.push(data.toString()); wake(); });
  await new Promise((done, fail) => { socket.on('open', done).on('error', fail); });
  const closed = new Promise((done) => { socket.on('close', (code) => done(code)); });
  const next = async (wanted = () => true) => {
    for (;;) {
      const at = received.findIndex(wanted);
      if (at >= 0) return received.splice(0, at + 1)[at];
      await new Promise((done) => { wake = done; });
    }
  };
  return { socket, next, closed, say: (text) => socket.send(text) };
}

async function classic(server, name, path = '/classic') {
  const client = await texts(server, path);
  assert.equal(await client.next(), '{"type":"handshake","content":"done"}');
  client.say(JSON.stringify({ type: 'login', content: name }));
  client.login = JSON.parse(await client.next((text) => JSON.parse(text).content === name));
  return client;
}

const flags = ['--dialect', 'classic', '--dialect', 'plain', '--line-listen', '127.0.0.1:0'];

for (const reactors of [1, 4]) {
  describe(`dialects on ${reactors} reactor(s)`, () => {
    let server;
    before(async () => { server = await startServer({ reactors, flags }); });
    after(() => server.stop());

    test('a TCP client reads a greeting, sends two lines and reads the replies', async () => {
      const client = await Lines.connect(server);
      const greeting = await client.next();
      const name = greeting.match(/you are (\S+) in lobby/)[1];
      client.write('Ho\r\nfirst blood\r\n');
      assert.equal(await client.next(), `${name}: Ho`);
      assert.equal(await client.next(), `${name}: first blood`);
      client.write('/quit\r\n');
      assert.equal(await client.next(), '* bye');
      await client.ended;
      client.stream.end();
    });

    test('what was sent before the end of input is answered, whatever waits for its pace', async () => {
      const client = await Lines.connect(server);
      const count = 45;  // more than a burst
      client.stream.end(Array.from({ length: count }, (_, i) => `number ${i}`).join('\n'));
      await client.ended;
      const said = client.lines.filter((line) => / number \d+$/.test(line));
      assert.deepEqual(said.map((line) => Number(line.split(' ').at(-1))), Array.from({ length: count }, (_, i) => i));
    });

    test('a message sent in one dialect is seen in all', async () => {
      const line = await Lines.connect(server);
      await line.next(/welcome/);
      const plain = await texts(server, '/plain');
      const native = await Client.login(server, `nat${reactors}`);
      await native.join('lobby');
      const room = await classic(server, `cla${reactors}`);
      assert.ok(room.login.user_list.includes(`nat${reactors}`));

      room.say(JSON.stringify({ type: 'user', content: '<b>hi</b>' }));
      assert.equal(await plain.next((text) => text.startsWith('cla')), `cla${reactors}: &lt;b&gt;hi&lt;/b&gt;`);
      assert.equal(await line.next(/^cla/), `cla${reactors}: <b>hi</b>`);
      assert.equal((await native.next('message')).content, '<b>hi</b>');

      await native.say('lobby', 'two\nlines');
      assert.equal(await line.next(/^nat/), `nat${reactors}: two ⏎ lines`);
      assert.equal(await plain.next((text) => text.startsWith('nat')), `nat${reactors}: two ⏎ lines`);
      assert.equal(JSON.parse(await room.next((text) => text.includes('two'))).from, `nat${reactors}`);

      room.socket.close();
      plain.socket.close();
      line.stream.end();
      await native.close();
    });

    test('a private line reaches one user in every dialect', async () => {
      const room = await classic(server, `pri${reactors}`);
      const other = await classic(server, `eve${reactors}`);
      const native = await Client.login(server, `sec${reactors}`);
      room.say(JSON.stringify({ type: 'user', content: `@sec${reactors} psst` }));
      assert.equal((await native.next('message')).content, `@sec${reactors} psst`);
      assert.equal(JSON.parse(await room.next((text) => text.includes('psst'))).private, true);
      room.say(JSON.stringify({ type: 'user', content: '@nobodyhere psst' }));
      assert.equal(JSON.parse(await room.next((text) => text.includes('system'))).type, 'system');
      room.say(JSON.stringify({ type: 'user', content: 'all' }));
      assert.doesNotMatch(await other.next((text) => text.includes('"user",')), /psst/);
      room.socket.close();
      other.socket.close();
      await native.close();
    });

    test('a page from disk has no origin, and may use them here', async () => {
      const status = async (path, origin) =>
        (await http(server, upgradeRequest(path, `Origin: ${origin}\r\n`))).status;
      assert.equal(await status('/ws', 'null'), 403);
      assert.equal(await status('/classic', 'https://elsewhere.example'), 403);
      for (const path of ['/classic', '/plain']) {
        const raw = await RawSocket.connect(server);
        await raw.write(upgradeRequest(path, 'Origin: null\r\n'));
        await raw.until((bytes) => bytes.includes('\r\n\r\n'));
        assert.match(raw.bytes.toString('latin1'), /^HTTP\/1.1 101 /);
        raw.destroy();
      }
    });

    test('a line over the limit is skipped, and silence of bytes between is no harm', async () => {
      const client = await Lines.connect(server);
      await client.next(/welcome/);
      client.write('x'.repeat(70_000));
      assert.match(await client.next(), /^! a line of more than 65536 bytes was skipped/);
      client.write('y'.repeat(70_000));
      client.write('\nshort\n');
      assert.match(await client.next(), /: short$/);
      client.stream.end();
      await client.ended;
    });
  });
}

for (const dialect of ['classic', 'plain']) {
  test(`--root-dialect ${dialect}: an upgrade on / speaks it, and the page stays`, async () => {
    const server = await startServer({ flags: ['--root-dialect', dialect] });
    const client = await texts(server, '', { origin: 'null' });
    if (dialect === 'classic') {
      assert.equal(await client.next(), '{"type":"handshake","content":"done"}');
    } else {
      client.say('msg=hello');
      assert.match(await client.next(), /^guest-[0-9a-f]+: msg=hello$/);
    }
    assert.equal((await fetch(server.http)).status, 200);
    assert.equal((await Client.login(server)).user.length, 17);
    client.socket.close();
    await client.closed;
    await server.stop();
  });
}

test('silence ends a line connection with a last line', async () => {
  const server = await startServer({ flags: ['--line-listen', '127.0.0.1:0', '--line-idle', '300ms'] });
  const client = await Lines.connect(server);
  assert.match(await client.next(), /welcome/);
  assert.match(await client.next(), /^\* nothing was said for too long$/);
  await client.ended;
  client.stream.end();
  await server.stop();
});

test('a drain ends line connections with a line', async () => {
  const server = await startServer({ flags: ['--line-listen', '127.0.0.1:0'] });
  const client = await Lines.connect(server);
  await client.next(/welcome/);
  client.ended.then(() => client.stream.end());
  await server.stop();
  assert.equal(await client.next(/server ends/), '* the server ends');
});

test('a dialect that is not there is a bad configuration', async () => {
  const answer = await run(['--dialect', 'morse']);
  assert.equal(answer.code, 2);
  assert.match(answer.stderr, /--dialect.*morse.*classic, plain/);
});

test('the operator talks, looks around, throws out and ends the server', async () => {
  const server = await startServer({ flags: ['--console', '--line-listen', '127.0.0.1:0'], reactors: 2, stdin: 'pipe' });
  const console_ = server.child.stdin;
  const shown = async (pattern) => eventually(() => assert.match(server.stdout, pattern));
  await shown(/you are operator/);
  const guest = await Client.login(server, 'gus');
  await guest.join('lobby');
  console_.write('welcome all\n');
  assert.deepEqual([(await guest.next('message')).content], ['welcome all']);
  await guest.say('lobby', 'thank you');
  await shown(/^gus: thank you$/m);
  console_.write('/rooms\n');
  await shown(/^ +2 lobby$/m);
  console_.write('/who lobby\n');
  await shown(/^\* in lobby: (operator, gus|gus, operator)$/m);
  console_.write('/kick gus\n');
  assert.equal((await guest.closed).code, 4403);
  await shown(/^\* gus was thrown out$/m);
  assert.equal((await (await Client.open(server)).ask({ type: 'login', name: 'operator' })).code, 'name_taken');
  console_.write('/quit\n');
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  assert.doesNotMatch(server.stderr, /thank you|welcome all/);
});
