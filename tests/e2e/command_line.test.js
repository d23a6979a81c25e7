// The program as an operator meets it: flags, file, messages, exit codes.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, startServer } from './support/server.js';

function withFile(text, body) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-e2e-'));
  const path = join(folder, 'stentor.toml');
  writeFileSync(path, text);
  return body(path, folder).finally(() => rmSync(folder, { recursive: true }));
}

test('--help and --version end well and say it', async () => {
  const help = await run(['--help']);
  assert.equal(help.code, 0);
  assert.equal(help.stderr, '');
  for (const part of ['--listen', '--reactors', 'STENTOR_MAX_MESSAGE_BYTES', 'default 64KiB', 'Limits', 'Exit codes']) {
    assert.ok(help.stdout.includes(part), part);
  }
  const version = await run(['--version']);
  assert.match(version.stdout, /^stentor \d+\.\d+\.\d+\n$/);
  assert.equal(version.code, 0);
});

test('--check-config is 0 for a good and 2 for a bad configuration', async () => {
  assert.equal((await run(['--check-config', '--reactors', '2'])).code, 0);
  assert.equal((await run(['--check-config', '--reactors', 'two'])).code, 2);
  await withFile('send_rate = 5\n', async (path) => {
    assert.equal((await run(['--check-config', '--config', path])).code, 0);
  });
});

test('mistakes in the file name the line and the nearest key', async () => {
  await withFile('# mine\necho = true\nmax_mesage_bytes = "1MiB"\n', async (path) => {
    const bad = await run(['--config', path]);
    assert.equal(bad.code, 2);
    assert.equal(bad.stdout, '');
    assert.equal(bad.stderr, `stentor: ${path}:3: unknown key "max_mesage_bytes"; did you mean "max_message_bytes"?\n`);
  });
  await withFile('login_timeout = 10\n', async (path) => {
    const bad = await run(['--config', path]);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /stentor\.toml:1: login_timeout "10": a time needs a unit/);
  });
  const flag = await run(['--max-mesage-bytes', '1']);
  assert.equal(flag.code, 2);
  assert.match(flag.stderr, /did you mean --max-message-bytes\?/);
});

test('--print-config says each value and its source, flag before environment before file', async () => {
  await withFile('send_rate = 1\noutbox_bytes = "1MiB"\nmax_content = 10\n', async (path) => {
    const printed = await run(['--config', path, '--print-config', '--send-rate', '3'],
      { STENTOR_SEND_RATE: '2', STENTOR_OUTBOX_BYTES: '2MiB' });
    assert.equal(printed.code, 0);
    assert.match(printed.stdout, /^send_rate = 3 +# flag$/m);
    assert.match(printed.stdout, /^outbox_bytes = "2MiB" +# environment$/m);
    assert.match(printed.stdout, /^max_content = 10 +# file$/m);
    assert.match(printed.stdout, /^max_message_bytes = "64KiB" +# default$/m);
    await withFile(printed.stdout, async (again) => {
      assert.equal((await run(['--config', again, '--check-config'])).code, 0);
    });
  });
});

test('a port in use is said with the port and what to try, and ends with 1', async () => {
  const server = await startServer();
  const second = await run(['--listen', server.host]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`${server.host.replaceAll('.', '\\.')} is in use`));
  assert.match(second.stderr, /another port/);
  assert.equal(second.stdout, '');
  await server.stop();
});

test('the ports file is whole, beside nothing else, and what is printed says where to chat', async () => {
  await withFile('', async (path, folder) => {
    const file = join(folder, 'ports.json');
    const server = await startServer({ portsFile: file, flags: ['--listen', '127.0.0.1:0'] });
    const ports = JSON.parse(readFileSync(file, 'utf8'));
    assert.equal(ports.pid, server.child.pid);
    assert.equal(ports.listen.length, 2);
    assert.deepEqual(readdirSync(folder).sort(), ['ports.json', 'stentor.toml']);
    for (const address of ports.listen) {
      assert.ok(server.stdout.includes(`http://${address}/`));
      assert.equal((await fetch(`http://${address}/ws`)).status, 426);
    }
    assert.match(server.stdout, /^stentor \d/);
    await server.stop();
  });
  const nowhere = await run(['--listen', '127.0.0.1:0', '--ports-file', '/nonexistent/ports.json']);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /ports\.json/);
});
