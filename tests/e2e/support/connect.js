// Ways to a server beside plain TCP from 127.0.0.1: TLS, a Unix socket, another source address, a proxy.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import tls from 'node:tls';
import { RawSocket } from './raw.js';

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

// A folder that goes when the tests of the file are over.
export function testFolder() {
  folders.push(mkdtempSync(join(tmpdir(), 'stentor-e2e-')));
  return folders.at(-1);
}

// A certificate for localhost, signed by itself, in two files of the folder: { cert, key, pem, flags }.
export function makeCertificate(folder = testFolder(), name = 'first') {
  const cert = join(folder, `${name}.cert.pem`);
  const key = join(folder, `${name}.key.pem`);
  const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const named = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...asked, ...named, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return { cert, key, pem: readFileSync(cert), flags: ['--tls-cert', cert, '--tls-key', key] };
}

// Two certificates, and `live`, the files that a server reads: use(one) puts one there.
export function certificatesToExchange() {
  const folder = testFolder();
  const [one, two, live] = ['one', 'two', 'live'].map((name) => makeCertificate(folder, name));
  const use = ({ cert, key }) => {
    copyFileSync(cert, live.cert);
    copyFileSync(key, live.key);
  };
  return { one, two, live, use };
}

// What tells a plain socket's start from a TLS one's: 'connect' or 'secureConnect'.
function ready(socket, event) {
  return new Promise((done, fail) => {
    socket.on('error', fail);
    socket.on(event, () => done(new RawSocket(socket)));
  });
}

export const connectUnix = (path) => ready(net.connect({ path }), 'connect');
export const connectFrom = (localAddress, { port }) =>
  ready(net.connect({ port, host: '127.0.0.1', localAddress, noDelay: true }), 'connect');

// `options` are those of tls.connect; without `ca` any certificate is good. raw.socket is the TLSSocket.
export function connectTls({ port }, options = {}) {
  const trust = options.ca ? {} : { rejectUnauthorized: false };
  return ready(tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...trust, ...options }), 'secureConnect');
}

// A PROXY header, version 2: from whom, or LOCAL.
export function proxyHeader(source, { local = false, sourcePort = 1234 } = {}) {
  const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
  if (local) return Buffer.concat([signature, Buffer.from([0x20, 0x00, 0, 0])]);
  const v6 = source.includes(':');
  const bytes = v6 ? v6Bytes(source) : Buffer.from(source.split('.').map(Number));
  const ports = Buffer.from([sourcePort >> 8, sourcePort & 255, 0, 80]);
  const addresses = Buffer.concat([bytes, Buffer.alloc(bytes.length), ports]);
  return Buffer.concat([signature, Buffer.from([0x21, v6 ? 0x21 : 0x11, 0, addresses.length]), addresses]);
}

function v6Bytes(text) {
  const [left, right = ''] = text.split('::').map((half) => half.split(':').filter(Boolean));
  const hex = (groups) => groups.map((group) => group.padStart(4, '0')).join('');
  const head = hex(left);
  const tail = hex(right === '' ? [] : right);
  return Buffer.from(head + '0'.repeat(32 - head.length - tail.length) + tail, 'hex');
}
