// usage: node bench/peers/prepare.mjs [NAME…]
// Installs by apt what the servers in peers.json need, and builds them; scripts/bench --peers runs it.
// One that cannot be had is named and left out, the others go on: exit code 0 when any is ready.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = process.argv.slice(2);

// null when it succeeded, otherwise its last words.
function failure(command, environment = {}) {
  const run = spawnSync('/bin/sh', ['-c', command], {
    cwd: root, encoding: 'utf8', env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  return run.status === 0 ? null : `${command}: ${(run.stderr || run.stdout).trim().split('\n').at(-1)}`;
}

// A command may come from elsewhere than Debian, as Node does on many machines.
const commandOf = { nodejs: 'node', npm: 'npm', 'php-cli': 'php', 'golang-go': 'go' };

function isThere(name) {
  if (commandOf[name] && failure(`command -v ${commandOf[name]}`) === null) return true;
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

function install(packages) {
  const missing = packages.filter((name) => !isThere(name));
  if (missing.length === 0) return null;
  console.log(`installing ${missing.join(' ')}`);
  const apt = `${process.getuid() === 0 ? '' : 'sudo '}apt-get`;
  const quietly = { DEBIAN_FRONTEND: 'noninteractive' };
  const command = `${apt} install -y --no-install-recommends ${missing.join(' ')}`;
  return failure(command, quietly) && failure(`${apt} update && ${command}`, quietly);
}

function prepare(peer) {
  let why = install(peer.apt ?? []);
  for (const command of peer.build ?? []) why ??= failure(command);
  console.log(why === null ? `${peer.name} is ready` : `${peer.name} is left out: ${why}`);
  return why === null;
}

const { peers } = JSON.parse(readFileSync(new URL('peers.json', import.meta.url), 'utf8'));
const ready = peers.filter((peer) => names.length === 0 || names.includes(peer.name)).filter(prepare);
process.exitCode = ready.length > 0 ? 0 : 1;
