// The long run: node ledger.js [--kills N] [--rate N] [--members N] [--reactors N] [--durability LEVEL] [--seed N]
// Prints what it found and ends with 1 if anything was lost, twice or out of order.
import { parseArgs } from 'node:util';
import { run } from './lib/run.js';

const text = { type: 'string' };
const { values } = parseArgs({
  options: { kills: text, rate: text, members: text, rooms: text, reactors: text, durability: text, seed: text },
});
const options = Object.fromEntries(
  Object.entries({ kills: '100', rate: '1200', ...values }).map(([key, value]) => [key, key === 'durability' ? value : Number(value)]),
);
const result = await run({ ...options, onKill: (kill) => process.stderr.write(`\rkill ${kill}`) });
process.stderr.write('\n');
const ready = [...result.readyMs].sort((a, b) => a - b);
const ms = (value) => `${value.toFixed(0)} ms`;
console.log(`${result.kills} kills, ${result.acked} acknowledged at ${result.rate.toFixed(0)} a second, `
  + `${result.resumed} resumed, ${result.duplicates} acknowledged again, ${result.gaps} gaps; `
  + `start to ready ${ms(ready[Math.floor(ready.length / 2)])}, at most ${ms(ready.at(-1))}`);
result.violations.forEach((violation) => console.log(`✗ ${violation}`));
console.log(result.violations.length === 0 ? 'nothing lost, nothing twice, order kept' : `${result.violations.length} violations`);
process.exitCode = result.violations.length === 0 ? 0 : 1;
