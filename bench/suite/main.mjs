// The bench suite: chooses the rows, measures them one after the other, and writes the report. Run by
// scripts/bench, which builds the programs first.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compareRuns } from './compare.mjs';
import * as figures from './figures.mjs';
import { verdictOf } from './judge.mjs';
import { allowedCores, divideCores, fileNameOf, hasProgram, provenance } from './machine.mjs';
import { parse, usage, UsageError } from './options.mjs';
import { peers } from './peers.mjs';
import { about, planOf, secondsOf } from './plan.mjs';
import { report } from './report.mjs';
import { hasVariants, isIn, nameOf, profiles, rows } from './rows.mjs';
import { Skip } from './in_turn.mjs';
import { runners } from './runners.mjs';
import { bare, foreign, stentor, whyNot } from './servers.mjs';
import { markOf, painter, progress, table } from './terminal.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

// Where the command was given: its relative paths are meant from there.
const home = process.env.STENTOR_BENCH_CWD || process.cwd();
const placeOf = (path, otherwise) => (path === undefined ? resolve(root, otherwise) : resolve(home, path));

const say = (words) => process.stderr.write(`stentor: ${words}\n`);

// In the order in which they are driven, the first time: what is paired stands beside each other.
function serversOf(options, programs) {
  const { congestion, kinds } = options;
  const found = kinds.flatMap((io) => [
    bare(`${programs}/stentor-limit`, io, { congestion }),
    {
      ...stentor(`${programs}/stentor`, io, { congestion }),
      ...(options.againstProgram ? { versus: `${options.against} ${io}` } : {}),
    },
    ...(options.againstProgram
      ? [
          stentor(options.againstProgram, io, {
            name: `${options.against} ${io}`,
            family: 'against',
            congestion,
          }),
        ]
      : []),
  ]);
  found.push(
    ...options.servers.map((server) => foreign({ ...server, directory: home })),
    ...(options.peers ? peers(root).map(foreign) : []),
  );
  const names = found.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`two servers are called ${twice}`);
  return found;
}

const isWanted = (row, only) =>
  only.length === 0 ||
  only.some((part) => `${row.id} ${row.group} ${row.title}`.toLowerCase().includes(part.toLowerCase()));

function openFiles() {
  const limit = Number(execFileSync('bash', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
  return Number.isFinite(limit) ? limit : 1 << 20;
}

const planned = ({ length }, seconds) => `${length} ${length === 1 ? 'row' : 'rows'}, ${about(seconds)}`;

function listed(plan, chosen, running) {
  const lines = chosen.map((row) => {
    const time = running.includes(row) ? figures.seconds(secondsOf(plan, row)) : '-';
    return `${row.id.padEnd(20)} ${time.padStart(10)}  ${nameOf(row)}; ${row.detail}`;
  });
  return [...lines, planned(running, planOf(plan, running))].join('\n');
}

const described = ({ id, group, title, detail, kind, metric, chart, count, goal, path, work }) => ({
  id,
  group,
  title,
  detail,
  kind,
  metric,
  chart,
  count,
  goal,
  path,
  work,
});

// What a person sees behind the mark when a row is done.
function summaryOf(row) {
  if (row.state !== 'measured') return `${row.state}: ${row.reason}`;
  if (row.kind === 'micro') return `${row.benchmarks.length} benchmarks`;
  if (hasVariants(row))
    return row.results
      .filter(({ share }) => share)
      .map(({ server, share, quotient }) =>
        quotient
          ? `${server} ${figures.ratio(quotient.median)} of one, ${figures.ratio(share.median)} of bare`
          : `${server} ${figures.ratio(share.median)}`,
      )
      .join(', ');
  return row.results
    .filter(({ family }) => family === 'stentor')
    .map((result) => {
      const name = result.server.replace('stentor ', '');
      if (result.state !== 'measured') return `${name} ${result.state}: ${result.reason}`;
      const share = result.share ?? result.shares?.[result.metric];
      if (row.kind === 'sweep') return `${name} holds ${figures.count(result.held)}/s`;
      if (share) return `${name} ${figures.ratio(share.median)}`;
      return result.metric === 'bytes' ? `${name} ${figures.bytes(result.metrics.bytes?.median)}` : name;
    })
    .join(', ');
}

async function measure(context, row, state) {
  const begun = Date.now();
  const entry = { ...described(row), state: 'measured', results: [], warnings: [] };
  if (state.interrupted) return { ...entry, state: 'skipped', reason: 'interrupted', verdict: null };
  try {
    Object.assign(entry, await runners[row.kind](context, row));
    const results = entry.results.filter(({ state: one }) => one !== 'skipped');
    if (!entry.benchmarks && results.length > 0 && results.every(({ state: one }) => one === 'failed')) {
      entry.state = 'failed';
      entry.reason = results[0].reason;
    }
  } catch (error) {
    entry.state = error instanceof Skip ? 'skipped' : 'failed';
    entry.reason = error.message;
  }
  if (state.interrupted) Object.assign(entry, { state: 'skipped', reason: 'interrupted' });
  entry.seconds = (Date.now() - begun) / 1000;
  entry.verdict = verdictOf(entry);
  for (const result of entry.results) {
    delete result.rss;
    result.values = Object.fromEntries(
      Object.entries(result.values ?? {}).filter(([, values]) => values.some(Number.isFinite)),
    );
  }
  return entry;
}

function write(run, options, raw) {
  const folder = placeOf(options.out, 'build/bench');
  mkdirSync(folder, { recursive: true });
  const base = join(folder, fileNameOf(run.provenance));
  writeFileSync(`${base}.json`, `${JSON.stringify(run, null, 1)}\n`);
  writeFileSync(`${base}.raw.json`, `${JSON.stringify(raw)}\n`);
  writeFileSync(`${base}.html`, report(run));
  return base;
}

async function main(words) {
  const options = parse(words);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const chosen = rows.filter((row) => isWanted(row, options.only));
  const programs = placeOf(options.programs, 'build/release');
  const cores = allowedCores();
  const plan = {
    settings: profiles[options.profile],
    profile: options.profile,
    kinds: options.kinds,
    cores,
    descriptors: openFiles(),
    servers: serversOf(options, programs),
  };
  // Asking for a row by name is asking for it in any profile.
  const profile = options.profile === 'smoke' ? 'quick' : options.profile;
  const running = chosen.filter((row) => options.only.length > 0 || isIn(row, profile));
  if (options.list) {
    console.log(listed(plan, chosen, running));
    return 0;
  }
  if (chosen.length === 0)
    throw new UsageError(`--only ${options.only.join(' ')}: no such row; --list names them`);
  const old = options.compare ? JSON.parse(readFileSync(placeOf(options.compare), 'utf8')) : null;
  if (!hasProgram(programs, 'stentor-bench'))
    throw new UsageError(`${programs} has no stentor-bench; build it by scripts/build`);

  const state = { interrupted: false };
  const raw = {};
  const run = {
    schema: 1,
    profile: options.profile,
    kinds: options.kinds,
    provenance: provenance(
      root,
      programs,
      options.congestion,
      `scripts/bench ${words.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`.trim(),
    ),
    placement: divideCores(cores, 1),
    settings: profiles[options.profile],
    rows: [],
    not_chosen: [],
    absent: [],
  };
  const context = {
    ...plan,
    programs,
    bench: `${programs}/stentor-bench`,
    congestion: options.congestion,
    interrupted: () => state.interrupted,
    keep: (row, answer) => {
      (raw[row.id] ??= []).push(answer);
    },
  };
  // Others that do not even start are named once, and not in every row.
  const others = context.servers.filter(({ family }) => family === 'peer' || family === 'custom');
  for (const server of others) {
    const reason = await whyNot(server, divideCores(cores, 1).server);
    if (reason === null) continue;
    run.absent.push({ name: server.name, reason });
    say(`left out: ${reason}`);
    context.servers = context.servers.filter((one) => one !== server);
  }
  run.servers = context.servers.map((server) => ({
    name: server.name,
    family: server.family,
    io: server.io,
    command: server
      .command({ path: 'chat', work: 'fanout' }, 'FILE', 'PORT')
      .map((word) => (word.startsWith(`${root}/`) ? relative(root, word) : word))
      .join(' '),
  }));
  if (run.provenance.sanitizers)
    say(
      `these programs are built with sanitizers (${run.provenance.sanitizers}): their figures mean nothing`,
    );
  if (run.provenance.load_at_start > 0.5)
    say(
      `other programs keep ${run.provenance.load_at_start.toFixed(1)} cores busy; trust shares, not absolute figures`,
    );
  process.on('SIGINT', () => {
    state.interrupted = true;
  });
  process.on('SIGTERM', () => {
    state.interrupted = true;
  });

  run.planned_seconds = planOf(context, running);
  say(planned(running, run.planned_seconds));
  run.not_chosen = rows
    .filter((row) => !running.includes(row))
    .map(({ id, group, title }) => ({ id, group, title }));
  const shown = progress(process.stderr, running.length);
  context.progress = shown.note;
  for (const row of running) {
    shown.begin(row);
    const entry = await measure(context, row, state);
    run.rows.push(entry);
    shown.end(markOf(entry.verdict), summaryOf(entry));
  }
  run.seconds = (Date.now() - Date.parse(run.provenance.started)) / 1000;
  if (old) run.comparison = compareRuns(run, old, options.compare);
  const base = write(run, options, raw);

  const paint = painter(process.stdout);
  const shares = table(run, process.stdout);
  const gates = run.rows.filter(({ verdict }) => verdict !== null);
  const held = gates.filter(({ verdict }) => verdict).length;
  const [html, json] = ['html', 'json'].map(
    (ending) => relative(home, `${base}.${ending}`) || `${base}.${ending}`,
  );
  console.log(
    `\n${shares ? `${shares}\n\n` : ''}${paint('bold', `${held} of ${gates.length} rows hold`)}, ${figures.seconds(run.seconds)}. ${html}\n${paint('dim', `figures: ${json}   open: ${pathToFileURL(`${base}.html`)}`)}`,
  );
  if (state.interrupted) return 130;
  const broken = run.rows.some(({ state: one }) => one === 'failed');
  return broken || (options.strict && held < gates.length) ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`${error.message}\n${usage.split('\n')[0]}`);
  process.exitCode = 2;
}
