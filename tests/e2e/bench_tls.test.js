// stentor-bench over wss: every workload, whom it trusts, and what it says when TLS fails or ends.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { bench, brief, rawServer, skip } from './support/bench.js';
import { makeCertificate, testFolder } from './support/connect.js';
import { startServer } from './support/server.js';

const certificate = makeCertificate();
const trusting = ['--ca', certificate.cert];

// A TLS server that is no more than that: `told(socket)` after each handshake.
async function tlsServer(told, options = {}) {
  const server = tls.createServer({ cert: certificate.pem, key: readFileSync(certificate.key), ...options }, told);
  server.on('tlsClientError', () => {});
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  return { url: `wss://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}

describe('stentor-bench over TLS', { skip }, () => {
  let server;
  before(async () => {
    server = await startServer({
      listen: ['tls:127.0.0.1:0', '127.0.0.1:0'],
      flags: [...certificate.flags, '--echo', '--send-rate', '0', '--join-rate', '0'],
    });
  });
  after(() => server.stop());

  test('every workload ends well, and says which TLS it was', async () => {
    for (const [workload, ...flags] of [
      ['echo', '--connections', 4, '--size', 70_000], ['fanout', '--connections', 10], ['connect', '--connections', 4],
      ['storm', '--connections', 20], ['chat', '--connections', 20, '--senders', 3],
      ['idle', '--connections', 160, '--duration', '100ms', '--pid', server.child.pid]]) {
      const url = `${server.ws}/${workload === 'echo' ? 'echo' : 'ws'}`;
      const { code, stdout, stderr } = await bench(workload, '--url', url, ...flags, ...trusting, '--json', '-', ...brief);
      assert.equal(code, 0, `${workload}: ${stderr}`);
      const [target] = JSON.parse(stdout).targets;
      assert.equal(target.tls.version, 'TLSv1.3');
      assert.match(target.tls.cipher, /^TLS_/);
      assert.equal(target.tls.verified, true);
      assert.ok(target.tls.handshakes >= target.connections);
      assert.equal(target.tls.resumed, 0);
    }
  });

  test('a server that is not trusted ends with 1 and says why, but for --insecure', async () => {
    const flags = ['fanout', '--url', `${server.ws}/ws`, '--connections', 3, ...brief];
    const refused = await bench(...flags);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /TLS: certificate verify failed: self-signed certificate; --ca FILE/);
    const careless = await bench(...flags, '--insecure', '--json', '-');
    assert.equal(careless.code, 0, careless.stderr);
    assert.equal(JSON.parse(careless.stdout).targets[0].tls.verified, false);
  });

  test('a certificate of another name ends with 1 and says so', async () => {
    const url = `wss://127.1:${server.port}/echo`;  // the same address, which the certificate does not bear in this form
    const { code, stderr } = await bench('echo', '--url', url, '--connections', 2, ...trusting, ...brief);
    assert.equal(code, 1);
    assert.match(stderr, /certificate verify failed: hostname mismatch, it is not for 127\.1\n/i);
  });

  test('a server without TLS, and a file without a certificate, are said to be that', async () => {
    const plain = await bench('echo', '--url', `wss://${server.at(1).host}/echo`, '--connections', 2, ...trusting, ...brief);
    assert.equal(plain.code, 1);
    assert.match(plain.stderr, /TLS: what the server speaks is no TLS/);
    const key = await bench('echo', '--url', `${server.ws}/echo`, '--ca', certificate.key, ...brief);
    assert.equal(key.code, 1);
    assert.match(key.stderr, /--ca: .*first\.key\.pem: no certificate/);
  });

  test('who comes back resumes when told to', async () => {
    for (const workload of ['connect', 'storm']) {
      const { code, stdout, stderr } = await bench(workload, '--url', `${server.ws}/ws`, '--connections', 5, ...trusting,
        '--tls-resume', '--json', '-', ...brief);
      assert.equal(code, 0, stderr);
      const { handshakes, resumed } = JSON.parse(stdout).targets[0].tls;
      assert.ok(resumed > 0 && resumed < handshakes, `${resumed} of ${handshakes}`);
    }
  });

  test('servers with TLS and without, of any make, stand in one file', async () => {
    const raw = await rawServer(() => 1, certificate, { maxVersion: 'TLSv1.2' });
    const targets = join(testFolder(), 'targets.json');
    writeFileSync(targets, JSON.stringify({ targets: [
      { name: 'secure', url: `${server.ws}/ws` }, { name: 'plain', url: `${server.at(1).ws}/ws` },
      { name: 'raw', url: raw.url, dialect: 'raw' }] }));
    const { code, stdout, stderr } = await bench('fanout', '--targets', targets, '--connections', 4, ...trusting,
      '--json', '-', ...brief);
    raw.stop();
    assert.equal(code, 0, stderr);
    const versions = JSON.parse(stdout).targets.map((target) => target.tls?.version);
    assert.deepEqual(versions, ['TLSv1.3', undefined, 'TLSv1.2']);
  });

  test('a server that ends, by close_notify or without, is an end in words', async () => {
    for (const end of [(socket) => socket.end(), (socket) => socket.destroy()]) {
      const ending = await tlsServer(end);
      const accepted = await bench('connect', '--url', ending.url, '--dialect', 'accept', '--connections', 2, ...trusting,
        ...brief);
      assert.equal(accepted.code, 0, accepted.stderr);
      const early = await bench('echo', '--url', ending.url, '--connections', 2, ...trusting, ...brief);
      ending.stop();
      assert.equal(early.code, 1);
      assert.match(early.stderr, /the server ended the connection|recv: Connection reset|send: Broken pipe/);
    }
    const raw = await rawServer((n) => {
      if (n === 60) raw.clients.forEach((client) => client.terminate());
      return 1;
    }, certificate);
    const { code, stderr } = await bench('fanout', '--url', raw.url, '--dialect', 'raw', '--connections', 3, ...trusting,
      '--rate', 500, '--patience', '1s', ...brief);
    raw.stop();
    assert.equal(code, 1);
    assert.match(stderr, /connections were lost/);
  });

  test('an alert is named', async () => {
    for (const [options, words] of [
      [{ requestCert: true, rejectUnauthorized: true, ca: certificate.pem, maxVersion: 'TLSv1.2' }, /handshake failure/],
      [{ ALPNProtocols: ['h2'] }, /no application protocol/]]) {
      const refusing = await tlsServer(() => {}, options);
      const { code, stderr } = await bench('echo', '--url', refusing.url, '--connections', 1, ...trusting, ...brief);
      refusing.stop();
      assert.equal(code, 1);
      assert.match(stderr, /TLS: the server sent the alert/);
      assert.match(stderr, words);
    }
  });
});
