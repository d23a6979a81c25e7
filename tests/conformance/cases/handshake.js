// The opening handshake and the HTTP in front of it (RFC 6455 4, RFC 9110, RFC 9112): each malformed
// request with its status, and the shapes that smuggle a second request.
import { Deviation, upgradeRequest } from '../lib/peer.js';
import { binary, close, continuation, is, ping, text } from '../lib/wire.js';

const status = 'which refusal it is, our pages decide (docs/protocol.md, "HTTP")';
const refusal = { Connection: /(^|, *)close(,|$)/i, 'Content-Length': /^[1-9]/ };
const sample = 'dGhlIHNhbXBsZSBub25jZQ==';

// An upgrade that is accepted, however it is written.
const accepted = (name, how, more) => ({ name, section: '6455 4.2.1', status: 101, request: (target) => upgradeRequest(target, how), ...more });
// One that is not: 4xx, a body that says why, and the end.
const refused = (code, name, section, how, fields = {}) => ({
  name: `${code}: ${name}`, section, status: code, ours: status, fields: { ...refusal, ...fields },
  request: typeof how === 'function' ? how : (target) => upgradeRequest(target, how),
});
const withLine = (line) => ({ lines: [line] });
const raw = (make) => (target) => make(target.authority, target.path);
// The good request with one thing replaced.
const edited = (from, to) => (target) => {
  const request = upgradeRequest(target);
  if (!request.includes(from)) throw new Error(`nothing to replace: ${from}`);
  return Buffer.from(request.replace(from, to), 'latin1');
};
const supported = { 'Sec-WebSocket-Version': '13', Upgrade: /websocket/i, Connection: /upgrade/i };

const good = [
  accepted('a plain request', {}),
  accepted('field names in capitals', { fields: { Upgrade: null, Connection: null }, lines: ['UPGRADE: websocket', 'CONNECTION: Upgrade'] }),
  accepted('field names in small letters', { fields: { Upgrade: null, Connection: null, 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Version': null }, lines: ['upgrade: websocket', 'connection: upgrade', `sec-websocket-key: ${sample}`, 'sec-websocket-version: 13'] }),
  ...['WebSocket', 'WEBSOCKET', 'wEbSoCkEt', 'h2c, websocket', 'websocket, h2c', ', websocket ,'].map((value) => accepted(`Upgrade: ${value}`, { fields: { Upgrade: value } })),
  ...['upgrade', 'UPGRADE', 'keep-alive, Upgrade', 'Upgrade, keep-alive', 'keep-alive,Upgrade', 'keep-alive ,\tupgrade\t, x', ', ,Upgrade,', 'TE, close, upgrade'].map((value) => accepted(`Connection: ${value}`, { fields: { Connection: value } })),
  accepted('Connection on two lines', { fields: { Connection: 'keep-alive' }, lines: ['Connection: Upgrade'] }),
  accepted('Upgrade on two lines', { fields: { Upgrade: 'h2c' }, lines: ['Upgrade: websocket'] }),
  accepted('no blank behind the colon', { fields: { Upgrade: null }, lines: ['Upgrade:websocket'] }),
  accepted('blanks and tabs around values', { fields: { Upgrade: ' \t websocket \t ', 'Sec-WebSocket-Version': '\t13\t', 'Sec-WebSocket-Key': `  ${sample}  ` } }),
  accepted('a query', {}, { request: (target) => upgradeRequest(target, { path: `${target.path}?token=1&x=%20` }) }),
  accepted('an empty query', {}, { request: (target) => upgradeRequest(target, { path: `${target.path}?` }) }),
  accepted('the absolute form', {}, { section: '9112 3.2.2', request: (target) => upgradeRequest(target, { path: `http://${target.authority}${target.path}` }) }),
  accepted('the absolute form, its scheme in capitals', {}, { section: '9110 4.2.3', request: (target) => upgradeRequest(target, { path: `HTTP://${target.authority}${target.path}` }) }),
  accepted('the absolute form wins over Host', {}, { section: '9112 3.2.2', request: (target) => upgradeRequest(target, { path: `http://${target.authority}${target.path}`, fields: { Host: 'other.example' } }) }),
  accepted('Host without a port', { fields: { Host: 'localhost' } }),
  accepted('Host of another name', { fields: { Host: 'chat.example.org:8443' } }),
  accepted('Host is an IPv6 address', { fields: { Host: '[::1]:8080' } }),
  accepted('fields nobody knows', { lines: ['X-One: 1', 'X-Empty:', 'x!#$%&\'*+-.^_`|~9: marks', 'User-Agent: a (b; "c") d/1'] }),
  accepted('a value with octets above ASCII', {}, { section: '9110 5.5', request: edited('\r\n\r\n', '\r\nX: caf\xe9 \xff\r\n\r\n') }),
  accepted('a field twice that may be', { lines: ['Accept-Language: en', 'Accept-Language: de'] }),
  accepted('90 fields more', { lines: [...Array(90).keys()].map((i) => `X-${i}: ${i}`) }),
  accepted('a field of 7 KiB', { lines: [`X: ${'x'.repeat(7168)}`] }, { ours: 'docs/limits.md: a line may have 8 KiB' }),
  accepted('Content-Length: 0', { lines: ['Content-Length: 0'] }, { section: '9110 8.6' }),
  accepted('Expect: 100-continue', { lines: ['Expect: 100-continue'] }, { section: '9110 10.1.1', ours: 'there is no body to wait for; the 101 answers all' }),
  accepted('Cookie and Authorization', { lines: ['Cookie: a=b; c=d', 'Authorization: Bearer x.y.z'] }),
  accepted('an empty line in front', {}, { section: '9112 2.2', request: (target) => `\r\n${upgradeRequest(target)}` }),
  accepted('Origin of the same host', {}, { request: (target) => upgradeRequest(target, { fields: { Origin: `http://${target.authority}` } }) }),
  accepted('another key', { fields: { 'Sec-WebSocket-Key': 'AQIDBAUGBwgJCgsMDQ4PEA==' } }, { key: 'AQIDBAUGBwgJCgsMDQ4PEA==' }),
  accepted('a key with + and /', { fields: { 'Sec-WebSocket-Key': '+/+/+/+/+/+/+/+/+/+/+w==' } }, { key: '+/+/+/+/+/+/+/+/+/+/+w==' }),
  accepted('a subprotocol that /echo does not know', { lines: ['Sec-WebSocket-Protocol: chat, superchat'] }, { ours: '/echo has no subprotocols', fields: { 'Sec-WebSocket-Protocol': null } }),
  accepted('empty elements in the list of subprotocols', { lines: ['Sec-WebSocket-Protocol: , a ,, b,'] }, { section: '9110 5.6.1.2', ours: '/echo has no subprotocols', fields: { 'Sec-WebSocket-Protocol': null } }),
  accepted('nothing offered, nothing answered', {}, { fields: { 'Sec-WebSocket-Protocol': null, 'Sec-WebSocket-Extensions': null } }),
];

const fieldsWrong = [
  refused(426, 'no Upgrade', '9110 15.5.22', { fields: { Upgrade: null } }, supported),
  refused(426, 'no Upgrade and no Connection', '9110 15.5.22', { fields: { Upgrade: null, Connection: null } }, supported),
  ...['h2c', 'websocket2', 'web socket', 'websocket/13', '"websocket"', ''].map((value) => refused(426, `Upgrade: ${value}`, '6455 4.2.1', { fields: { Upgrade: value } }, supported)),
  refused(400, 'no Connection', '6455 4.2.1', { fields: { Connection: null } }),
  ...['keep-alive', 'close', 'upgrade2', 'Up grade', 'keep-alive; Upgrade', ''].map((value) => refused(400, `Connection: ${value}`, '6455 4.2.1', { fields: { Connection: value } })),
  refused(400, 'no version', '6455 4.2.1', { fields: { 'Sec-WebSocket-Version': null } }),
  ...['0', '7', '8', '12', '14', '255', '1', '130', '013', '-13', '13.0', 'thirteen', '13 14', '0x0d', '8, 7'].map((value) => refused(426, `version ${value}`, '6455 4.2.2', { fields: { 'Sec-WebSocket-Version': value } }, supported)),
  refused(400, 'version on two lines', '6455 11.3.5', { lines: ['Sec-WebSocket-Version: 13'] }),
  refused(400, 'two versions on two lines', '6455 11.3.5', { lines: ['Sec-WebSocket-Version: 8'] }),
  refused(400, 'no key', '6455 4.2.1', { fields: { 'Sec-WebSocket-Key': null } }),
  ...Object.entries({
    empty: '', 'of 15 octets': 'AQIDBAUGBwgJCgsMDQ4P', 'of 17 octets': 'AQIDBAUGBwgJCgsMDQ4PEBE=', 'of 1 octet': 'AA==', 'of 32 octets': Buffer.alloc(32).toString('base64'),
    'without padding': sample.slice(0, -2), 'with one = too few': sample.slice(0, -1), 'with one = too many': `${sample}=`, 'with a blank inside': 'dGhlIHNhbXBs ZSBub25jZQ==',
    'with a character that base64 has not': 'dGhlIHNhbXBsZSBub25j!Q==', 'of base64url': '-_-_-_-_-_-_-_-_-_-_-w==', 'with bits behind its end': 'dGhlIHNhbXBsZSBub25jZR==',
    'in quotes': `"${sample}"`, 'twice in one line': `${sample}, ${sample}`, 'padding in front': `==${sample.slice(0, -2)}`,
  }).map(([name, value]) => refused(400, `a key ${name}`, '6455 4.2.1', { fields: { 'Sec-WebSocket-Key': value } })),
  refused(400, 'two keys', '6455 11.3.1', withLine(`Sec-WebSocket-Key: ${sample}`)),
  ...Object.entries({ empty: '', 'only commas': ', ,', 'a blank inside': 'chat two', 'a slash': 'chat/1', 'a quoted name': '"chat"', 'a name twice': 'chat, chat', 'a semicolon': 'chat;1' })
    .map(([name, value]) => refused(400, `subprotocols: ${name}`, '6455 4.1', withLine(`Sec-WebSocket-Protocol: ${value}`))),
  refused(400, 'a subprotocol twice on two lines', '6455 4.1', { lines: ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: chat'] }),
];

const paths = [
  ...['/nothing', '/ech', '/echo2', '/echo/', '/ECHO', '//echo', '/./echo', '/../echo', '/x/../echo', '/%65cho', '/echo%00', '/echo;a=b', '/favicon.ico', '/..%2fecho', '/\\echo', '/metrics', '/healthz'].map((path) => refused(404, `path ${path}`, '9110 15.5.5', { path })),
  ...['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'get', 'Get', 'FOO'].map((method) => refused(405, `method ${method}`, '6455 4.2.1', { method }, { Allow: /GET/ })).map((one) => ({ ...one, bodiless: one.name.endsWith('HEAD') })),
  refused(403, 'Origin of another host', '6455 10.2', { fields: { Origin: 'http://evil.example' } }),
  refused(403, 'Origin null', '6454 6.1', { fields: { Origin: 'null' } }),
  refused(403, 'Origin that ends like our host', '6455 10.2', { fields: { Origin: 'http://127.0.0.1.evil.example' } }),
  refused(403, 'Origin that begins with our host and an @', '6455 10.2', { fields: { Origin: 'http://127.0.0.1@evil.example' } }),
  refused(403, 'an empty Origin', '6454 7', { fields: { Origin: '' } }),
  refused(400, 'two Origins', '6454 7.3', { fields: { Origin: 'http://127.0.0.1' }, lines: ['Origin: http://127.0.0.1'] }),
];

const line = (make) => raw((host, path) => `${make(path)}\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${sample}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
const http = [
  refused(400, 'HTTP/1.0', '6455 4.2.1', { version: 'HTTP/1.0' }),
  ...['HTTP/2.0', 'HTTP/0.9', 'HTTP/3.0'].map((version) => refused(505, version, '9110 15.6.6', { version })),
  ...['http/1.1', 'HTTP/1.1.1', 'HTTP/1.', 'HTTP/11', 'HTTP 1.1', 'HTTPS/1.1', 'XTTP/1.1', 'HTTP/1.x', '', 'HTTP/01.1'].map((version) => refused(400, `version "${version}"`, '9112 2.3', { version })),
  refused(400, 'two blanks before the path', '9112 3', line((path) => `GET  ${path} HTTP/1.1`)),
  refused(400, 'two blanks behind the path', '9112 3', line((path) => `GET ${path}  HTTP/1.1`)),
  refused(400, 'a blank behind the version', '9112 3', line((path) => `GET ${path} HTTP/1.1 `)),
  refused(400, 'a blank in front', '9112 3', line((path) => ` GET ${path} HTTP/1.1`)),
  refused(400, 'tabs in the request line', '9112 3', line((path) => `GET\t${path}\tHTTP/1.1`)),
  refused(400, 'a blank in the path', '9112 3.2', line((path) => `GET ${path} x HTTP/1.1`)),
  refused(400, 'no path', '9112 3', line(() => 'GET HTTP/1.1')),
  refused(400, 'only a method', '9112 3', line(() => 'GET')),
  refused(400, 'a path without a slash', '9112 3.2', line((path) => `GET ${path.slice(1)} HTTP/1.1`)),
  refused(400, 'the authority form', '9112 3.2.3', raw((host) => `GET ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)),
  refused(400, 'a * for a path', '9112 3.2.4', line(() => 'GET * HTTP/1.1')),
  refused(400, 'an absolute form of another scheme', '9112 3.2.2', line((path) => `GET ftp://127.0.0.1${path} HTTP/1.1`)),
  refused(400, 'an absolute form without a host', '9110 4.2.1', line((path) => `GET http://${path} HTTP/1.1`)),
  refused(400, 'a user in the absolute form', '9110 4.2.4', line((path) => `GET http://user@127.0.0.1${path} HTTP/1.1`)),
  refused(400, 'a method with a bad character', '9110 5.6.2', line((path) => `G(T ${path} HTTP/1.1`)),
  refused(400, 'a NUL in the path', '9112 3.2', edited('/echo', '/ec\0ho')),
  refused(400, 'an octet above ASCII in the path', '9112 3.2', edited('/echo', '/ech\xf6')),
  refused(400, 'a CR in the request line', '9112 2.2', edited(' HTTP/1.1', '\r HTTP/1.1')),
  refused(400, 'TLS in place of HTTP', '9112 3', () => Buffer.from('16030100f1010000ed0303', 'hex')),
  refused(505, 'HTTP/2 with prior knowledge', '9110 15.6.6', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused(400, 'no Host', '9112 3.2', { fields: { Host: null } }),
  refused(400, 'two Hosts', '9112 3.2', withLine('Host: other.example')),
  refused(400, 'one Host twice', '9112 3.2', { fields: { Host: 'localhost' }, lines: ['Host: localhost'] }),
  refused(400, 'two Hosts, the second in other letters', '9112 3.2', withLine('hOsT: other.example')),
  ...['', 'a b', 'a/b', 'a@b', 'a:b', 'a:99999', 'a:-1', '[::1', '::1', '[zz]', 'a,b c', 'a?b', 'a#b', '"a"'].map((host) => refused(400, `Host: ${host}`, '9110 7.2', { fields: { Host: host } })),
];

const smuggling = [
  refused(400, 'Content-Length on an upgrade', '9112 6', withLine('Content-Length: 5')),
  refused(400, 'Content-Length and the body behind it', '9112 6', raw((host, path) => `${upgradeRequest({ authority: host, path }, withLine('Content-Length: 5'))}12345`)),
  refused(400, 'Transfer-Encoding on an upgrade', '9112 6.1', withLine('Transfer-Encoding: chunked')),
  refused(400, 'chunks that hold a request', '9112 6.1', raw((host, path) => `${upgradeRequest({ authority: host, path }, withLine('Transfer-Encoding: chunked'))}0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n`)),
  refused(400, 'Content-Length and Transfer-Encoding', '9112 6.1', { lines: ['Content-Length: 5', 'Transfer-Encoding: chunked'] }),
  refused(400, 'Transfer-Encoding and Content-Length', '9112 6.1', { lines: ['Transfer-Encoding: chunked', 'Content-Length: 5'] }),
  ...['identity', 'xchunked', 'gzip, chunked', 'chunked, identity', ' chunked', '', '"chunked"', 'chunked\u000b'].map((value) => refused(400, `Transfer-Encoding: ${JSON.stringify(value)}`, '9112 6.1', withLine(`Transfer-Encoding: ${value}`))),
  ...['5, 5', '5, 6', '-1', '+5', '5x', '0x5', '1e1', '', '5 5', '99999999999999999999', '18446744073709551616', '٣'].map((value) => refused(400, `Content-Length: ${value}`, '9112 6.3', withLine(`Content-Length: ${value}`))),
  refused(400, 'two Content-Lengths', '9112 6.3', { lines: ['Content-Length: 0', 'Content-Length: 5'] }),
  refused(400, 'a GET of the page with both lengths', '9112 6.1', raw((host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX`)),
  refused(501, 'chunks on a request that is no upgrade', '9112 6.1', raw((host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)),
  refused(400, 'a blank before a colon', '9112 5.1', { lines: ['X-Y : z'] }),
  refused(400, 'a tab before a colon', '9112 5.1', { lines: ['X-Y\t: z'] }),
  refused(400, 'Transfer-Encoding with a blank before its colon', '9112 5.1', withLine('Transfer-Encoding : chunked')),
  refused(400, 'Content-Length with a blank before its colon', '9112 5.1', withLine('Content-Length : 5')),
  refused(400, 'a folded line', '9112 5.2', { lines: ['X: a', ' b'] }),
  refused(400, 'a line folded by a tab', '9112 5.2', { lines: ['X: a', '\tb'] }),
  refused(400, 'a folded Upgrade', '9112 5.2', { fields: { Upgrade: '\r\n websocket' } }),
  refused(400, 'a blank before the first field', '9112 2.2', edited('\r\nHost', '\r\n Host')),
  refused(400, 'a field without a colon', '9112 5', { lines: ['nonsense'] }),
  refused(400, 'a field without a name', '9112 5', { lines: [': x'] }),
  refused(400, 'a blank in a name', '9110 5.1', { lines: ['X Y: z'] }),
  ...['(', ')', '"', '@', '[', '{', ',', ';', '\\', '/', '<', '?', '='].map((mark) => refused(400, `${mark} in a name`, '9110 5.1', { lines: [`X${mark}Y: z`] })),
  refused(400, 'an octet above ASCII in a name', '9110 5.1', edited('\r\n\r\n', '\r\nX\xe9: y\r\n\r\n')),
  refused(400, 'a NUL in a value', '9110 5.5', { lines: ['X: a\0b'] }),
  refused(400, 'a NUL in a name', '9110 5.1', { lines: ['X\0Y: a'] }),
  ...[1, 7, 8, 11, 12, 27, 31, 127].map((octet) => refused(400, `octet ${octet} in a value`, '9110 5.5', { lines: [`X: a${String.fromCharCode(octet)}b`] })),
  refused(400, 'a CR in a value', '9112 2.2', { lines: ['X: a\rb'] }),
  refused(400, 'a CR and a field behind it', '9112 2.2', { lines: ['X: a\rTransfer-Encoding: chunked'] }),
  refused(400, 'a bare LF behind a field', '9112 2.2', edited('websocket\r\n', 'websocket\n')),
  refused(400, 'a bare LF behind the request line', '9112 2.2', edited('HTTP/1.1\r\n', 'HTTP/1.1\n')),
  refused(400, 'bare LFs all over', '9112 2.2', (target) => upgradeRequest(target).replaceAll('\r\n', '\n')),
  refused(400, 'a bare LF for the empty line', '9112 2.2', edited('\r\n\r\n', '\r\n\n')),
  refused(400, 'CR CR LF behind a field', '9112 2.2', edited('websocket\r\n', 'websocket\r\r\n')),
  refused(400, 'LF CR in place of CR LF', '9112 2.2', edited('websocket\r\n', 'websocket\n\r')),
];

const limits = [
  refused(414, 'a path of 9 KiB', '9110 15.5.15', { path: `/echo?${'x'.repeat(9 << 10)}` }),
  refused(414, 'a request line without end', '9110 15.5.15', () => `GET /${'x'.repeat(12 << 10)}`),
  refused(414, 'a request line of slashes', '9110 15.5.15', { path: '/'.repeat(9000) }),
  refused(431, 'a field of 9 KiB', '6585 5', withLine(`X: ${'x'.repeat(9 << 10)}`)),
  refused(431, 'a field without end', '6585 5', (target) => upgradeRequest(target, withLine(`X: ${'x'.repeat(12 << 10)}`)).slice(0, -4)),
  refused(431, 'fields of 20 KiB together', '6585 5', { lines: [...Array(20).keys()].map((i) => `X-${i}: ${'x'.repeat(1024)}`) }),
  refused(431, '101 fields', '6585 5', { lines: [...Array(96).keys()].map((i) => `X-${i}: ${i}`) }),
  refused(431, '5000 fields of three octets', '6585 5', { lines: Array(5000).fill('a:b') }),
];

const pipelined = (frames) => (target) => Buffer.concat([Buffer.from(upgradeRequest(target)), ...frames]);
const behind = [
  accepted('a text right behind the request', {}, { request: pipelined([text('early')]), want: [is.text('early')] }),
  accepted('frames right behind the request', {}, { request: pipelined([text('a'), ping('b'), binary('c', { fin: false }), continuation('d')]), want: [is.text('a'), is.pong('b'), is.binary('cd')] }),
  accepted('64 KiB right behind the request', {}, { request: pipelined([text('x'.repeat(65536))]), want: [is.text('x'.repeat(65536))] }),
  accepted('half a frame right behind the request', {}, { request: pipelined([text('whole')]), want: [is.text('whole')] }),
  {
    name: 'behind a refusal nothing is read as frames or as a request', section: '9112 9.6', ours: status,
    run: async (bench) => {
      const peer = await bench.connect();
      peer.send([upgradeRequest(bench.target, { fields: { 'Sec-WebSocket-Key': 'no' } }), upgradeRequest(bench.target), text('x')]).catch(() => {});
      const answer = await peer.answer();
      if (answer.status !== 400) throw new Deviation(`${answer.status} in place of 400`);
      await bench.expect(peer, [is.end]);
    },
  },
  {
    name: 'an upgrade behind a GET of the page on one connection', section: '9112 9.3', ours: 'a page is at /',
    run: async (bench) => {
      const peer = await bench.connect();
      await peer.send([`GET / HTTP/1.1\r\nHost: ${bench.target.authority}\r\n\r\n`, upgradeRequest(bench.target), text('x')]);
      const page = await peer.answer();
      if (page.status !== 200) throw new Deviation(`${page.status} in place of 200`);
      peer.accept(await peer.answer(), false);
      await bench.expect(peer, [is.text('x')]);
      await bench.finish(peer);
    },
  },
  {
    name: 'a body on a GET of the page is not a request', section: '9112 6', ours: 'the connection ends behind the answer to what has a body',
    run: async (bench) => {
      const peer = await bench.connect();
      const inner = upgradeRequest(bench.target);
      peer.send([`GET / HTTP/1.1\r\nHost: ${bench.target.authority}\r\nContent-Length: ${inner.length}\r\n\r\n`, inner]).catch(() => {});
      await peer.answer();
      await bench.expect(peer, [is.end]);
    },
  },
  {
    name: 'a request cut in two at every octet', section: '9112 2.2', weight: 8,
    run: async (bench) => {
      const request = upgradeRequest(bench.target);
      const cuts = [...Array(request.length - 1).keys()].map((i) => i + 1);
      for (let i = 0; i < cuts.length; i += 16) {
        await Promise.all(cuts.slice(i, i + 16).map(async (cut) => {
          const peer = await bench.connect('whole');
          await peer.send([request.slice(0, cut)]);
          await new Promise((later) => { setTimeout(later, 2); });
          await peer.send([request.slice(cut), text(`${cut}`)]);
          peer.accept(await peer.answer(), false);
          await bench.expect(peer, [is.text(`${cut}`)]);
          await bench.finish(peer);
        }));
      }
    },
  },
  {
    name: 'frames cut in two at every octet', section: '6455 5.2', weight: 8,
    run: async (bench) => {
      const bytes = Buffer.concat([text('Grüße'), ping('p'), binary('x'.repeat(126)), text('κό', { fin: false }), ping('q'), continuation('σμε'), close(4000, 'end')]);
      const want = [is.text('Grüße'), is.pong('p'), is.binary('x'.repeat(126)), is.pong('q'), is.text('κόσμε'), is.close(4000), is.end];
      const cuts = [...Array(bytes.length - 1).keys()].map((i) => i + 1);
      for (let i = 0; i < cuts.length; i += 16) {
        await Promise.all(cuts.slice(i, i + 16).map(async (cut) => {
          const peer = await bench.open({}, 'whole');
          await peer.send([bytes.subarray(0, cut)]);
          await new Promise((later) => { setTimeout(later, 2); });
          peer.send([bytes.subarray(cut)]).catch(() => {});
          await bench.expect(peer, want);
        }));
      }
    },
  },
];

export default [...good, ...fieldsWrong, ...paths, ...http, ...smuggling, ...limits, ...behind];
