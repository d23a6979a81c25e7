// The command line of scripts/hostile.
import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { replay, run } from './rig/run.js';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
const say = (text) => process.stdout.write(`${text}\n`);
const options = { count: 1_000_000, seed: randomBytes(8).toString('hex'), workers: Math.max(1, Math.min(3, cpus().length - 1)) };
const words = process.argv.slice(2);
while (words.length) {
  const word = words.shift();
  if (word === '--seed') options.seed = words.shift();
  else if (word === '--bin') options.program = words.shift();
  else if (word === '--replay') options.replay = words.shift();
  else if (word === '--workers') options.workers = Number(words.shift());
  else if (word === '--slots') options.slots = Number(words.shift());
  else if (/^[0-9]+$/.test(word)) options.count = Number(word);
  else { say(`no such argument: ${word}`); process.exit(2); }
}
if (!/^[0-9a-f]{16}$/.test(options.replay ?? options.seed)) { say('a seed has 16 hexadecimal digits'); process.exit(2); }

if (options.replay) process.exit(await replay({ ...options, seed: options.replay, say }) ? 0 : 1);

let reported = 0;
const tell = ({ failures }) => {
  for (; reported < failures.length; reported += 1) say(`WRONG ${failures[reported].seed}: ${failures[reported].why} (scripts/hostile --replay ${failures[reported].seed})`);
};
const totals = await run({
  ...options,
  progress: (now, healthy) => {
    tell(now);
    const seconds = (Date.now() - now.began) / 1000;
    say(`${now.done} of ${options.count}, ${Math.round(now.done / seconds)} a second, ${now.failures.length} wrong; healthy: ${healthy.received} messages, ${healthy.echoes} echoes`);
  },
});
tell(totals);
Object.entries(totals.ends).sort(([, a], [, b]) => b - a).forEach(([end, count]) => say(`${String(count).padStart(9)}  ${end}`));
const { healthy } = totals;
say(`seed ${options.seed}: ${totals.done} connections in ${totals.seconds.toFixed(1)} s (${Math.round(totals.done / totals.seconds)} a second), ${totals.failures.length} wrong, ${totals.again} played again because this program was late; healthy clients heard ${healthy.received} messages and ${healthy.echoes} echoes, slowest ack ${healthy.slowestMs} ms`);
process.exit(totals.failures.length ? 1 : 0);
