// stentor-bench, the program beside the server, and a server of another make for it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { dirname, join } from 'node:path';
import { WebSocketServer } from 'ws';
import { program } from './server.js';

const tool = join(dirname(program), 'stentor-bench');
export const skip = existsSync(tool) ? false : 'not built beside the server';
export const brief = ['--slice', '50ms', '--repetitions', '2', '--warmup', '10ms', '--threads', '1'];

export function bench(...flags) {
  return new Promise((done, fail) => {
    const child = spawn(tool, flags.map(String));
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

// The dialect `raw` with one room. `copies(n)`: how often the n-th delivery is made. With a certificate of
// makeCertificate() it speaks TLS, with `options` of tls.createServer.
export async function rawServer(copies, certificate, options = {}) {
  const carrier = certificate
    ? https.createServer({ cert: certificate.pem, key: readFileSync(certificate.key), ...options })
    : http.createServer();
  const server = new WebSocketServer({ server: carrier, perMessageDeflate: false });
  let count = 0;
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const text = data.toString();
      if (text.startsWith('join ')) return socket.send('joined');
      for (const member of server.clients) {
        for (let n = copies(count++); n > 0; n -= 1) member.send(text);
      }
      return undefined;
    });
  });
  await new Promise((ready) => { carrier.listen(0, '127.0.0.1', ready); });
  const url = `ws${certificate ? 's' : ''}://127.0.0.1:${carrier.address().port}/`;
  return { url, clients: server.clients, stop: () => { server.close(); carrier.close(); } };
}
