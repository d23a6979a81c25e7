// The micro benchmarks: runs Google Benchmark's program and condenses its JSON.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gate } from './judge.mjs';
import { runProgram } from './load.mjs';
import { divideCores, listOf } from './machine.mjs';
import { spread } from './stats.mjs';

const nanosecondsOf = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

// What Google Benchmark writes about each run; every other number is a counter of ours.
const known = new Set([
  'family_index',
  'per_family_instance_index',
  'repetitions',
  'repetition_index',
  'threads',
  'iterations',
  'real_time',
  'cpu_time',
  'bytes_per_second',
  'items_per_second',
]);

// Google Benchmark writes a counter that is no number as NaN, which JSON does not have.
export const parseLoose = (text) => JSON.parse(text.replace(/(:\s*)-?(NaN|Infinity|nan|inf)\b/g, '$1null'));

// One entry for each benchmark: {name, time_ns, bytes_per_second?, counters: {name: spread}} or {name, error}, spreads
// over its repetitions. Aggregates of the library itself are left out; these are ours.
export function condense(answer) {
  const byName = new Map();
  for (const one of answer.benchmarks ?? []) {
    if (one.run_type === 'aggregate') continue;
    const name = one.run_name ?? one.name;
    if (!byName.has(name)) byName.set(name, []);
    byName.get(name).push(one);
  }
  return [...byName].map(([name, runs]) => {
    const error = runs.find((run) => run.error_occurred)?.error_message;
    if (error !== undefined) return { name, error };
    const of = (value) => spread(runs.map(value));
    const counters = Object.keys(runs[0]).filter(
      (field) => typeof runs[0][field] === 'number' && !known.has(field),
    );
    return {
      name,
      time_ns: of((run) => run.real_time * (nanosecondsOf[run.time_unit] ?? 1)),
      bytes_per_second: of((run) => run.bytes_per_second),
      counters: Object.fromEntries(counters.map((field) => [field, of((run) => run[field])])),
    };
  });
}

// The gates: what an item costs on each side of a lane between two threads.
export function judgeMicro(benchmarks, gates) {
  return Object.entries(gates).map(([name, bounds]) => {
    const one = benchmarks.find((benchmark) => benchmark.name.startsWith(name));
    const result = { server: name, family: 'stentor', io: '', metrics: {}, gates: [] };
    if (one?.counters === undefined)
      return { ...result, state: 'failed', reason: one?.error ?? 'there is no such benchmark' };
    return {
      ...result,
      state: 'measured',
      gates: Object.entries(bounds).map(([counter, bound]) =>
        gate(counter, one.counters[counter]?.median ?? NaN, bound, false),
      ),
    };
  });
}

export async function micro(context, row) {
  const cores = divideCores(context.cores, 1);
  const folder = mkdtempSync(join(tmpdir(), 'stentor-micro-'));
  const file = join(folder, 'micro.json');
  const { micro_s, micro_repetitions } = context.settings;
  try {
    // Lanes need a core for each side: the micro benchmarks get all of them, the first thread the quiet one.
    const { code, error } = await runProgram(
      'taskset',
      [
        '-c',
        listOf([...cores.server, ...cores.load]),
        `${context.programs}/stentor-micro`,
        `--benchmark_out=${file}`,
        '--benchmark_out_format=json',
        `--benchmark_min_time=${micro_s}`,
        `--benchmark_repetitions=${micro_repetitions}`,
      ],
      20 * 60_000,
    );
    if (code !== 0)
      throw new Error(error.trim().split('\n').at(-1) || `stentor-micro ended with code ${code}`);
    const answer = parseLoose(readFileSync(file, 'utf8'));
    const benchmarks = condense(answer);
    const wrong = benchmarks.filter((one) => one.error !== undefined);
    return {
      benchmarks,
      results: judgeMicro(benchmarks, row.gates),
      warnings: wrong.map(({ name, error: words }) => `${name}: ${words}`),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
