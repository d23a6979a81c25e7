// Handshakes, right and wrong: a decent request and what can be done to it.
import { renderRequest, upgradeRequest } from './wire.js';

const set = (request, name, value) => {
  const line = request.lines.find((one) => one[0].toLowerCase() === name.toLowerCase());
  if (line) line[1] = value;
  else request.lines.push([name, value]);
};
const remove = (request, name) => { request.lines = request.lines.filter((one) => one[0].toLowerCase() !== name.toLowerCase()); };
const insert = (r, request, line) => request.lines.splice(r.int(request.lines.length + 1), 0, line);
const editLine = (r, request, edit) => {
  const [method, target, version] = request.line.split(' ');
  request.line = edit({ method, target, version });
};

const filler = (size, r) => 'abcdefghijklmnopqrstuvwxyz'[r.int(26)].repeat(size);

// Each changes one thing; many of the results are still right.
export const requestMutations = {
  method: (r, q) => editLine(r, q, ({ target, version }) => `${r.pick(['POST', 'HEAD', 'PUT', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'get', 'GETS', 'G', 'FOO', 'G(T', 'GET\xe9', 'GET:', ''])} ${target} ${version}`),
  target: (r, q) => editLine(r, q, ({ method, target, version }) => `${method} ${r.pick([
    '/', '/ws', '/echo', '/wsx', '/WS', '/ws/', '//ws', '/w', '/nothing', '/../ws', '/./ws', '/ws?x=1', '/ws?', '/echo?a=b&c=%20', '/%77s', '/ws%00', '/metrics', '/classic',
    'ws', '*', 'localhost:80', 'http://localhost/ws', 'HTTP://localhost/echo', 'http://', 'http:///ws', 'http://a b/', 'ftp://localhost/ws', '/ws#x', '/#', '/\xff', '/a\tb', `${target}\x7f`,
    `/ws?${filler(r.pick([100, 4000, 8000]), r)}`, `/${filler(r.pick([8180, 8300, 9000, 15000, 20000]), r)}`,
  ])} ${version}`),
  version: (r, q) => editLine(r, q, ({ method, target }) => `${method} ${target} ${r.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/3.0', 'HTTP/0.9', 'HTTP/1.2', 'HTTP/1.9', 'HTTP/11', 'HTTP/1', 'HTTP/1.', 'http/1.1', 'HTTP/1.1x', 'HTTP /1.1', 'HTTPS/1.1', 'ICY/1.1', ''])}`),
  lineShape: (r, q) => { q.line = r.pick([`${q.line} `, ` ${q.line}`, q.line.replace(' ', '  '), q.line.replace(' ', '\t'), q.line.replace(/ [^ ]*$/, ''), q.line.replace(/ .*/, ''), `${q.line} HTTP/1.1`, `\r\n${q.line}`, `${q.line}\r`, `\n${q.line}`, '', '\x16\x03\x01\x00\xa5\x01', 'SSH-2.0-x', `\x00${q.line}`]); },
  host: (r, q) => {
    const value = r.pick(['', 'localhost', '127.0.0.1:80', '[::1]:8080', 'LOCALHOST', 'a b', 'a/b', 'a@b', 'localhost:99999', 'localhost:', 'localhost:x', '[::1', '[zz]', 'a,b', 'example.org', '\xe9.org', ':80', '127.0.0.1\x00']);
    r.weighted([[3, () => set(q, 'Host', value)], [2, () => remove(q, 'Host')], [2, () => insert(r, q, ['Host', value])], [1, () => insert(r, q, ['host', 'localhost'])]])();
  },
  upgrade: (r, q) => r.weighted([[2, () => remove(q, 'Upgrade')], [5, () => set(q, 'Upgrade', r.pick(['WebSocket', 'WEBSOCKET', 'h2c', 'h2c, websocket', 'websocket, h2c', ',websocket,', '', 'websocke', 'websockets', 'web socket', 'TLS/1.0']))], [1, () => insert(r, q, ['Upgrade', r.pick(['h2c', 'websocket'])])]])(),
  connection: (r, q) => r.weighted([[2, () => remove(q, 'Connection')], [5, () => set(q, 'Connection', r.pick(['upgrade', 'UPGRADE', 'keep-alive, Upgrade', 'close', 'keep-alive', '', 'Upgraded', 'close, upgrade', ' ,Upgrade , ,', 'Upgrade;x']))], [1, () => insert(r, q, ['Connection', r.pick(['close', 'Upgrade', 'keep-alive'])])]])(),
  key: (r, q) => r.weighted([[2, () => remove(q, 'Sec-WebSocket-Key')], [5, () => set(q, 'Sec-WebSocket-Key', r.pick(['', 'x', 'AAAAAAAAAAAAAAAAAAAAA==', 'AAAAAAAAAAAAAAAAAAAAAB==', 'AAAAAAAAAAAAAAAAAAAAAAA=', 'AAAAAAAAAAAAAAAAAAAAAA=', 'AAAAAAAAAAAAAAAAAAAAAA==AA', 'AAAAAAAAAA-AAAAAAAAAAA==', 'AAAAAAAAAA_AAAAAAAAAAA==', 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=', '=AAAAAAAAAAAAAAAAAAAAAA=', 'AAAA AAAAAAAAAAAAAAAAAA==', `${filler(3000, r)}==`]))], [1, () => insert(r, q, ['Sec-WebSocket-Key', 'AAAAAAAAAAAAAAAAAAAAAA=='])]])(),
  wsVersion: (r, q) => r.weighted([[2, () => remove(q, 'Sec-WebSocket-Version')], [5, () => set(q, 'Sec-WebSocket-Version', r.pick(['12', '14', '0', '8', '255', '256', '13, 8', '8, 13', '013', '13.0', '+13', '', '-13', 'abc', '13;', '99999999999999999999']))], [1, () => insert(r, q, ['Sec-WebSocket-Version', r.pick(['13', '8'])])]])(),
  origin: (r, q) => {
    insert(r, q, ['Origin', r.pick(['http://localhost', 'https://localhost:444', 'http://127.0.0.1', 'http://[::1]:1', 'HTTP://LOCALHOST', 'http://evil.example', 'null', '', 'localhost', 'http://', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'http://evil.example/localhost', 'http://localhost@evil.example', 'http://evil.example#localhost', 'http://localhost/', 'file://', '://localhost', 'http://127.0.0.2', 'http://localhost http://evil.example'])]);
    if (r.chance(0.1)) insert(r, q, ['Origin', 'http://localhost']);
  },
  protocol: (r, q) => {
    insert(r, q, ['Sec-WebSocket-Protocol', r.pick(['stentor.v1', 'x, stentor.v1', 'stentor.v1, x', 'x', 'x,,y', 'x y', '', ',', 'STENTOR.V1', 'stentor.v1,stentor.v1', 'a"b', 'stentor.v2', 'x\x00y', '(x)', filler(5000, r)])]);
    if (r.chance(0.2)) insert(r, q, ['sec-websocket-protocol', r.pick(['stentor.v1', 'y', 'y z'])]);
  },
  smuggle: (r, q) => r.pick([
    () => insert(r, q, ['Content-Length', r.pick(['0', '5', '00', '+5', '-1', '0x5', '5 5', '5, 5', '5,6', '', 'abc', '99999999999999999999999', '18446744073709551616', '1e1'])]),
    () => { insert(r, q, ['Content-Length', '0']); insert(r, q, ['Content-Length', r.pick(['0', '6'])]); },
    () => insert(r, q, ['Transfer-Encoding', r.pick(['chunked', 'identity', 'gzip, chunked', 'xchunked', '', 'chunked, chunked', 'CHUNKED'])]),
    () => { insert(r, q, ['Content-Length', '4']); insert(r, q, ['Transfer-Encoding', 'chunked']); },
    () => insert(r, q, ['Transfer-Encoding', 'chunked', r.pick([' : ', ':\x0b', ':', '\t: '])]),
    () => insert(r, q, ['X', 'a', ': ', '\r\n Content-Length: 5\r\n']),
  ])(),
  fieldShape: (r, q) => insert(r, q, r.pick([
    ['X-Y', 'z', ' : '], ['X-Y', 'z', ':'], ['X-Y', 'z', ':\t \t'], ['', 'z'], ['X Y', 'z'], ['X(Y', 'z'], ['X-\xe9', 'z'], ['X-Y', '\xe9\xff'], ['X-Y', 'a\x00b'], ['X-Y', 'a\x01b'], ['X-Y', 'a\x7fb'], ['X-Y', 'a\rb'], ['X-Y', 'a\nb'],
    ['X-Y', 'z', ': ', '\n'], ['X-Y', 'z', ': ', '\r'], ['X-Y', 'z', ': ', '\n\r'], ['X-Y', 'z', ': ', '\r\r\n'], 'no colon\r\n', ' folded\r\n', '\tfolded\r\n', ':\r\n', ['X-Y', ''], ['X-Y', 'a\tb'], ['Cookie', filler(r.pick([100, 4000, 7900]), r)], ['Expect', '100-continue'],
  ])),
  lineEnds: (r, q) => { if (r.chance(0.5)) q.eol = r.pick(['\n', '\r', '\n\r', '\r\n\r\n']); else q.end = r.pick(['\n', '\r', '\n\n', '', '\r\n\r\n']); },
  size: (r, q) => {
    const [count, size] = r.pick([[93, 20], [95, 20], [96, 20], [97, 10], [150, 10], [3, 5000], [4, 7000], [2, 7000], [1, 8100], [1, 9000], [1, 30000]]);
    for (let i = 0; i < count; i += 1) q.lines.push([`X-${i}`, filler(size, r)]);
  },
  headBytes: (r, q) => {
    // The whole head has exactly so many octets.
    const size = r.pick([16380, 16384, 16385, 16400]) - renderRequest(q).length;
    for (let left = size; left > 0;) {
      const part = left > 9000 ? 7000 : left > 7900 ? 4000 : left;
      if (part < 10) break;
      q.lines.push(['X-F', filler(part - 7, r)]);
      left -= part;
    }
  },
};

const names = Object.keys(requestMutations);

export function makeRequest(r, { path, authority, offer, mutations }) {
  const request = upgradeRequest(path, r.bytes(16).toString('base64'), authority);
  if (offer !== undefined) for (const value of offer) insert(r, request, ['Sec-WebSocket-Extensions', value]);
  if (r.chance(0.1)) insert(r, request, ['Origin', 'http://localhost:1']);
  if (r.chance(0.1)) insert(r, request, ['Sec-WebSocket-Protocol', 'stentor.v1']);
  const done = [];
  for (let i = 0; i < mutations; i += 1) {
    const name = r.pick(names);
    requestMutations[name](r, request);
    done.push(name);
  }
  return { bytes: renderRequest(request), done };
}

export function pageRequest(r, authority) {
  return renderRequest({ line: `${r.weighted([[5, 'GET'], [1, 'HEAD'], [1, 'POST']])} ${r.weighted([[5, '/'], [1, '/?q'], [1, '/none']])} HTTP/1.1`, lines: [['Host', authority], ...(r.chance(0.2) ? [['Connection', r.pick(['close', 'keep-alive'])]] : [])] });
}
