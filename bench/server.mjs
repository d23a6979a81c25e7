// The server under measurement, in a process of its own, so that what it is charged for is its own; and
// the frames that it sends. Shared by the programs beside this file.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ticksPerSecond = 100; // of /proc: USER_HZ

// Resolves when it serves. `before`: a command in front of the program, as prlimit.
export async function startServer(program, flags, before = []) {
  const folder = mkdtempSync(join(tmpdir(), 'stentor-bench-'));
  const portsFile = join(folder, 'ports.json');
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('STENTOR_'));
  const [command, ...rest] = [...before, program, '--listen', '127.0.0.1:0', '--ports-file', portsFile,
    '--store', 'memory', ...flags];
  const child = spawn(command, rest, { env: Object.fromEntries(environment), stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, fail) => {
    child.stdout.once('data', ready); // printed when the file is there
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(`the server ended at once, code ${code}`)));
  });
  const port = Number(JSON.parse(readFileSync(portsFile, 'utf8')).listen[0].split(':').at(-1));
  rmSync(folder, { recursive: true });
  return { child, pid: child.pid, port };
}

export const proc = (server, file) => readFileSync(`/proc/${server.pid}/${file}`, 'utf8');
// A line of /proc/PID/status that counts kB.
export const statusBytes = (server, name) => 1024 * Number(proc(server, 'status').match(new RegExp(`${name}:\\s+(\\d+)`))[1]);

export function cpuSeconds(server) {
  const fields = proc(server, 'stat').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

// Calls onFrame(opcode, payload) for each whole frame behind the answer to the upgrade, and onUpgraded()
// before the first.
export function readFrames(socket, onFrame, onUpgraded = () => {}) {
  let bytes = Buffer.alloc(0);
  let upgraded = false;
  socket.on('data', (chunk) => {
    bytes = bytes.length > 0 ? Buffer.concat([bytes, chunk]) : chunk;
    if (!upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      upgraded = true;
      bytes = bytes.subarray(end + 4);
      onUpgraded();
    }
    bytes = takeFrames(bytes, onFrame);
  });
}

// Returns what is left behind the last whole frame.
function takeFrames(bytes, onFrame) {
  for (;;) {
    const short = bytes[1]; // undefined, and so no head, while there is less
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return bytes;
    const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + size) return bytes;
    onFrame(bytes[0] & 15, bytes.subarray(head, head + size));
    bytes = bytes.subarray(head + size);
  }
}
