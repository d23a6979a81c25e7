// What a figure must be read with: the machine, the commit, the compiler. And which cores serve and which
// load, so that neither is measured in the other's way.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

function read(path) {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
function ask(command, ...parameters) {
  try {
    return execFileSync(command, parameters, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

// "0-2,5" is [0, 1, 2, 5].
export function coresOf(list) {
  return list
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
export const listOf = (cores) => cores.join(',');

export function allowedCores() {
  const allowed = read('/proc/self/status').match(/^Cpus_allowed_list:\s+(\S+)/m);
  return allowed ? coresOf(allowed[1]) : cpus().map((_, i) => i);
}
const siblingsOf = (core) =>
  coresOf(read(`/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`) || String(core));

// The last cores serve: interrupts come to the first ones. A hyper-thread beside a serving core would share
// its execution units, so it idles, unless nothing else is left to load with. null: too few cores.
export function divideCores(cores, serving, siblings = siblingsOf) {
  if (cores.length === 1 && serving === 1) return { server: cores, load: cores, shared: true };
  if (cores.length <= serving) return null;
  const physical = cores.filter(
    (core) => siblings(core).filter((other) => cores.includes(other))[0] === core,
  );
  const server = (physical.length > serving ? physical : cores).slice(-serving);
  const load = cores.filter((core) => !server.includes(core));
  const undisturbed = load.filter((core) => !siblings(core).some((other) => server.includes(other)));
  return { server, load: undisturbed.length > 0 ? undisturbed : load, shared: false };
}

export const slugOf = (text) =>
  text
    .replace(/\((R|TM|r|tm)\)/g, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();

function builtWith(programs) {
  const cache = read(`${programs}/CMakeCache.txt`);
  const value = (name) => cache.match(new RegExp(`^${name}:[A-Z]+=(.*)$`, 'm'))?.[1] ?? '';
  const compiler = value('CMAKE_CXX_COMPILER');
  const type = value('CMAKE_BUILD_TYPE');
  const flags = [value('CMAKE_CXX_FLAGS'), value(`CMAKE_CXX_FLAGS_${type.toUpperCase()}`)]
    .filter(Boolean)
    .join(' ');
  const sanitizers = value('STENTOR_SANITIZE');
  return {
    compiler: compiler ? ask(compiler, '--version').split('\n')[0] : '',
    build_type: type,
    compiler_flags: flags,
    sanitizers,
  };
}

function commitOf(root) {
  const commit = ask('git', '-C', root, 'rev-parse', '--short', 'HEAD');
  const dirty = ask('git', '-C', root, 'status', '--porcelain', '--untracked-files=no') !== '';
  return commit === '' ? 'unknown' : commit + (dirty ? '-dirty' : '');
}

// `programs`: the folder of the build whose cache names the compiler.
export function provenance(root, programs, congestion, commandLine) {
  const system = read('/etc/os-release').match(/^PRETTY_NAME="?([^"\n]*)/m)?.[1] ?? '';
  return {
    started: new Date().toISOString(),
    commit: commitOf(root),
    command_line: commandLine,
    cpu: read('/proc/cpuinfo').match(/^model name\s*:\s*(.*)$/m)?.[1] ?? cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    hypervisor: /^flags\s*:.*\bhypervisor\b/m.test(read('/proc/cpuinfo')),
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    memory_bytes: totalmem(),
    kernel: release(),
    system,
    congestion: congestion || read('/proc/sys/net/ipv4/tcp_congestion_control'),
    loopback_mtu: Number(read('/sys/class/net/lo/mtu')),
    load_at_start: loadavg()[0],
    node: process.version,
    ...builtWith(programs),
  };
}

export function fileNameOf(facts) {
  const date = facts.started.slice(0, 19).replaceAll(':', '');
  return `${date}_${facts.commit}_${slugOf(facts.cpu)}_${facts.cores}-cores`;
}

export const hasProgram = (programs, name) => existsSync(`${programs}/${name}`);
