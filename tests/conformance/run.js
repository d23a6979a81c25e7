#!/usr/bin/env node
// usage: run.js [--ours] [--mode whole|bytes|both] [--only TEXT] [--list] [--slow] URL
// Runs the cases against the echo endpoint at URL (ws: or wss:). --ours adds those that stentor's own
// pages decide where the RFCs leave a choice, and wants echoes before pongs and closes behind them;
// --only takes the cases whose name contains TEXT.
import { performance } from 'node:perf_hooks';
import { loadCases, targetOf } from './lib/cases.js';
import { Peer } from './lib/peer.js';
import { runCases } from './lib/runner.js';

const flags = process.argv.slice(2);
const given = (name) => flags.includes(name) && flags.splice(flags.indexOf(name), 1).length > 0;
const valueOf = (name, otherwise) => (flags.includes(name) ? flags.splice(flags.indexOf(name), 2)[1] : otherwise);
const ours = given('--ours');
const list = given('--list');
const slow = given('--slow');
const mode = valueOf('--mode', 'both');
const only = valueOf('--only', '');
const url = flags[0];
if (flags.length !== (list ? 0 : 1) || !['whole', 'bytes', 'both'].includes(mode)) {
  process.stderr.write('usage: run.js [--ours] [--mode whole|bytes|both] [--only TEXT] [--list] [--slow] URL\n');
  process.exit(2);
}

const cases = (await loadCases()).filter((one) => one.name.includes(only) && (ours || !one.ours));
if (list) {
  for (const one of cases) console.log(`${one.name}  [${one.section}]${one.ours ? `  ours: ${one.ours}` : ''}`);
  console.log(`${cases.length} cases`);
  process.exit(0);
}
try {
  (await Peer.open(targetOf(url))).destroy();
} catch (error) {
  process.stderr.write(`${url}: ${error.message}\n`);
  process.exit(2);
}
let failed = 0;
for (const one of mode === 'both' ? ['whole', 'bytes'] : [mode]) {
  const begin = performance.now();
  let right = 0;
  await runCases(cases, { ...targetOf(url), loose: !ours }, one, (it, failure, ms) => {
    right += failure === null;
    if (failure !== null) console.log(`${one}: ${it.name} [${it.section}]: ${failure}`);
    if (slow && ms > 3000) console.log(`${one}: ${it.name} took ${ms} ms`);
  });
  failed += cases.length - right;
  console.log(`${one}: ${right} of ${cases.length} right in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
}
process.exit(failed ? 1 : 0);
