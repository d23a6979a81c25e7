// The report: a pure function from a run, as main.mjs writes it, to one page of HTML that needs nothing else.
// Rows that failed, were skipped or were not chosen are named; a figure that is not there is not invented.
import { barChart, shareChart } from './bar_charts.mjs';
import * as figures from './figures.mjs';
import { loadCurves, percentileCurves, scalingChart } from './line_charts.mjs';
import {
  comparisonSection,
  integritySection,
  methodSection,
  microTables,
  notRunSection,
  provenanceSection,
  summaryTable,
} from './report_tables.mjs';
import { nameOf, workOf } from './rows.mjs';
import { style } from './report_style.mjs';
import { colourOf, drawing, escape, mark } from './svg.mjs';
import { strangersShare } from './judge.mjs';
import { unitOfMetric } from './terminal.mjs';
import { faults, isIntact } from './stats.mjs';

const card = (title, detail, inner, wide = false) =>
  `<section class="card"><h3>${escape(title)}</h3>${detail ? `<p class="detail">${escape(detail)}</p>` : ''}<div${wide ? ' class="wide"' : ''}>${inner}</div></section>`;

const axes = {
  per_cpu_second: 'each second of the server’s CPU',
  per_busy_second: 'each second of the server’s CPU',
  rate: 'a second',
  bytes: 'resident bytes for each connection, before and after traffic',
  growth: 'growth of the resident set',
  p50: 'median latency',
  p99: '99th percentile of latency',
  back: 'from the drop until the last one has joined again',
  cpu_per_return: 'of the server, for each connection that came back',
};

// The shape of a bar for one result: the bare loop's median times the bound is where the gate stands.
function barOf(result, row) {
  const bound = result.gates?.find(({ text }) => text.startsWith('share of') || text === result.metric);
  const value = result.state === 'measured' ? (result.metrics[result.metric] ?? null) : null;
  const reference = row.results.find(({ server }) => server === result.share?.of)?.metrics?.[result.metric];
  const gateAt =
    bound &&
    (bound.text === result.metric ? bound.bound : reference ? bound.bound * reference.median : undefined);
  const share = result.share ?? result.shares?.[result.metric];
  const passed = result.gates?.length > 0 && result.gates.every(({ pass }) => pass);
  return {
    label: result.server,
    family: result.isReference ? 'bare' : result.family, // hollow, as what is 1
    io: result.io,
    value,
    gateAt,
    reason: result.reason ?? 'not measured',
    note: share
      ? `${figures.ratioTo(share.median, bound?.bound)}${result.gates?.length ? (passed ? ' ✓' : ' ✗') : ''}`
      : result.gates?.length
        ? passed
          ? '✓'
          : '✗'
        : '',
    noteClass: result.gates?.length ? (passed ? 'good' : 'bad') : 'note',
  };
}

// The same server before any traffic, above its bar.
function before(result, bar) {
  const value = result.metrics?.bytes_before;
  if (!value) return [];
  bar.label = 'after traffic';
  return [{ ...bar, label: result.server, value, note: '', gateAt: undefined, family: 'bare' }];
}

function barCard(row) {
  const metric = row.results.find(({ metric: one }) => one)?.metric ?? 'per_cpu_second';
  const results = row.results.map((result) => ({ ...result, metric: result.metric ?? metric }));
  const perWork = ['per_cpu_second', 'per_busy_second', 'rate'].includes(metric)
    ? `${workOf(row)} `
    : '';
  const bars = results.map((result) => barOf(result, { ...row, results }));
  const items = row.kind === 'memory' ? bars.flatMap((bar, i) => [...before(results[i], bar), bar]) : bars;
  const chart = barChart({
    items,
    unit: unitOfMetric(metric),
    axis: `${perWork}${axes[metric] ?? metric}`,
    label: row.title,
  });
  return card(row.title, [row.detail, row.note].filter(Boolean).join('; '), chart);
}

function sweepCard(row) {
  const servers = row.results
    .filter(({ state }) => state === 'measured')
    .map(({ server, family, io }) => ({ name: server, family, io }));
  if (servers.length === 0) return failedCard(row);
  return card(
    row.title,
    `${row.detail}. Hollow marks: less was delivered than offered, so a queue grows`,
    loadCurves({ points: row.points, servers, goal: row.goal, label: row.title }),
    true,
  );
}

function halfloadCards(row) {
  const series = row.results
    .filter(({ distribution }) => distribution?.length > 1)
    .map(({ server, family, io, distribution }) => ({ server: { name: server, family, io }, distribution }));
  const offered = row.offered
    ? `offered to each: ${figures.withSpread(row.offered, 'count')} deliveries a second`
    : '';
  const detail = [row.detail, offered, row.note].filter(Boolean).join('; ');
  const curves =
    series.length > 0
      ? card(row.title, detail, percentileCurves({ series, label: row.title }), true)
      : '';
  return curves + metricCards(row, { p50: 'median', p99: '99th percentile' });
}

// A card for each of several metrics of one row.
function metricCards(row, titles) {
  const cards = Object.entries(titles).map(([metric, title]) =>
    barCard({
      ...row,
      title: `${row.title}: ${title}`,
      detail: '',
      note: undefined,
      results: row.results.map((result) => ({
        ...result,
        metric,
        share: result.shares?.[metric],
        gates: (result.gates ?? []).filter(({ text }) => text.startsWith(metric)),
      })),
    }),
  );
  return `<div class="grid">${cards.join('')}</div>`;
}

const stormCards = (row) =>
  `<p class="detail">${escape([row.detail, row.note].filter(Boolean).join('; '))}</p>${metricCards(row, {
    back: 'time',
    cpu_per_return: 'CPU',
  })}`;

function scalingCard(row) {
  const ios = [...new Set(row.results.map(({ io }) => io))];
  const series = ios
    .map((io) => ({
      name: io,
      io,
      points: row.results
        .filter((result) => result.io === io && result.metrics?.rate)
        .map(({ number, metrics }) => ({ number, value: metrics.rate })),
    }))
    .filter(({ points }) => points.length > 0);
  return series.length === 0
    ? failedCard(row)
    : card(row.title, row.detail, scalingChart({ series, label: row.title }));
}

const failedCard = (row) =>
  card(
    row.title,
    row.detail,
    `<p class="failed">${row.state === 'skipped' ? 'Skipped' : 'Failed'}: ${escape(row.reason ?? 'nothing was measured')}</p>`,
  );

function cardOf(row) {
  if (row.state !== 'measured') return failedCard(row);
  if (row.kind === 'sweep') return sweepCard(row);
  if (row.kind === 'halfload') return halfloadCards(row);
  if (row.kind === 'storm') return stormCards(row);
  if (row.kind === 'micro') return microTables(row);
  if (row.chart === 'line') return scalingCard(row);
  return barCard(row);
}

function warningsOf(warnings) {
  const lines = warnings.map((words) => `<p class="warning">${escape(words)}</p>`).join('');
  return warnings.length > 3
    ? `<details><summary>${warnings.length} warnings of the load tool</summary>${lines}</details>`
    : lines;
}

const isWide = ({ kind, state }) => state === 'measured' && ['sweep', 'halfload', 'storm', 'micro'].includes(kind);

// The groups in their order; neighbours that have one narrow card each share a heading, and so a line.
function shelves(rows) {
  const found = [];
  for (const name of new Set(rows.map(({ group }) => group))) {
    const mine = rows.filter(({ group }) => group === name);
    const isSmall = mine.length === 1 && !isWide(mine[0]);
    const last = found.at(-1);
    if (isSmall && last?.isSmall) {
      last.names.push(name);
      last.rows.push(...mine);
    } else {
      found.push({ names: [name], rows: mine, isSmall });
    }
  }
  return found;
}

function sections(run) {
  return shelves(run.rows)
    .map(({ names, rows }) => {
      const narrow = rows.filter((row) => !isWide(row));
      const grid = narrow.length > 0 ? `<div class="grid">${narrow.map(cardOf).join('')}</div>` : '';
      const warnings = [...new Set(rows.flatMap(({ warnings: words }) => words ?? []))];
      const wide = rows.filter(isWide).map(cardOf).join('');
      return `<h2>${escape(names.join(', '))}</h2>${grid}${wide}${warningsOf(warnings)}`;
    })
    .join('');
}

function overview(run) {
  const rows = run.rows
    .filter((row) => row.kind === 'paired' && row.state === 'measured')
    .map((row) => ({
      label: nameOf(row),
      marks: run.kinds.map((io) => {
        const result = row.results.find(({ server }) => server === `stentor ${io}`);
        const bound = result?.gates.find(({ text }) => text.startsWith('share of'));
        return { io, share: result?.share ?? null, bound: bound?.bound, pass: bound ? bound.pass : null };
      }),
    }));
  if (rows.length === 0) return '';
  return (
    card(
      'Share of the bare loop',
      'The same bytes without a protocol are 1. Epoll by the server’s CPU time, io_uring by the busy time of its core. Whiskers: least and most of all repetitions',
      shareChart(rows, {
        one: 'the bare loop',
        axis: 'share of the bare loop on the same back end',
        label: 'share of the bare loop',
      }),
      true,
    ) + legend(run)
  );
}

// This tree by an older commit that was driven in turn with it.
function againstSection(run) {
  const name = (run.servers ?? []).find(({ family }) => family === 'against')?.name.replace(/ \S+$/, '');
  const rows = run.rows
    .filter(({ results }) => results?.some(({ versus }) => versus))
    .map((row) => ({
      label: nameOf(row),
      marks: run.kinds.map((io) => ({
        io,
        share: row.results.find(({ server }) => server === `stentor ${io}`)?.versus ?? null,
        pass: null,
      })),
    }));
  if (name === undefined || rows.length === 0) return '';
  return `<h2>${escape(`Against ${name}`)}</h2>${card(
    `This tree by ${name}, pairs of one run`,
    'Above 1: this tree does more in each CPU-second. Where the whiskers lie on both sides of 1, nothing is shown either way',
    shareChart(rows, {
      one: name,
      axis: `work in each CPU-second, by that of ${name}`,
      label: `this tree by ${name}`,
    }),
    true,
  )}`;
}

const swatch = (server, name) =>
  `<span>${drawing(22, 12, name, mark(11, 6, server.io, `dot ${colourOf(server)}`, 4.5))}${escape(name)}</span>`;
function legend(run) {
  const families = new Set((run.servers ?? []).map(({ family }) => family));
  const items = run.kinds.flatMap((io) => [
    swatch({ family: 'stentor', io }, `stentor, ${io}`),
    swatch({ family: 'bare', io }, `bare loop, ${io}`),
  ]);
  if (families.has('against')) items.push(swatch({ family: 'against', io: 'epoll' }, 'an older commit'));
  if (families.has('peer') || families.has('custom'))
    items.push(swatch({ family: 'peer', io: 'epoll' }, 'others'));
  items.push(
    `<span>${drawing(22, 12, 'gate', '<line x1="11" y1="0" x2="11" y2="12" class="gate"/>')}gate</span>`,
  );
  return `<p class="legend">${items.join('')}</p>`;
}

const tile = (name, figure, more) =>
  `<div class="tile"><div class="name">${escape(name)}</div><div class="figure">${figure}</div><div class="more">${escape(more)}</div></div>`;

function tiles(run) {
  const judged = run.rows.filter(({ verdict }) => verdict !== null && verdict !== undefined);
  const held = judged.filter(({ verdict }) => verdict).length;
  const checked = run.rows
    .flatMap(({ results, kind }) => (kind === 'sweep' ? [] : (results ?? [])))
    .filter(({ family, integrity }) => family === 'stentor' && integrity);
  const sum = (pick) => checked.reduce((total, { integrity }) => total + pick(integrity), 0);
  const wrong = checked.filter(({ integrity }) => !isIntact(integrity));
  const byId = (id) =>
    run.rows
      .find((row) => row.id === id)
      ?.results?.filter(({ family, state }) => family === 'stentor' && state === 'measured') ?? [];
  const list = [
    tile(
      'Rows that hold their gates',
      `<span class="${held === judged.length ? 'good' : 'bad'}">${held}</span> of ${judged.length}`,
      'judged by their medians',
    ),
    tile(
      'Lost, doubled or out of order',
      checked.length === 0
        ? 'n/a'
        : `<span class="${wrong.length ? 'bad' : 'good'}">${figures.wholeNumber(sum((one) => faults.reduce((total, name) => total + one[name], 0)))}</span>`,
      `of ${figures.count(sum((one) => one.deliveries || one.messages))} deliveries and answers`,
    ),
  ];
  const fanout = byId('fanout-500').filter(({ share }) => share);
  if (fanout.length > 0)
    list.push(
      tile(
        'Fan-out to 500, share of bare',
        fanout.map(({ share }) => figures.ratio(share.median)).join(' · '),
        fanout.map(({ io }) => io).join(' · '),
      ),
    );
  const memory = byId('memory').filter(({ metrics }) => metrics.bytes);
  if (memory.length > 0)
    list.push(
      tile(
        'An idle connection in a room',
        `${memory.map(({ metrics }) => figures.wholeNumber(metrics.bytes.median)).join(' · ')} B`,
        memory.map(({ io }) => io).join(' · '),
      ),
    );
  return `<div class="tiles">${list.join('')}</div>`;
}

function heading(run) {
  const facts = run.provenance;
  const where = [
    facts.cpu,
    `${facts.cores} ${facts.cores === 1 ? 'core' : 'cores'}${facts.hypervisor ? ', virtual' : ''}`,
    `Linux ${facts.kernel}`,
  ].join(' · ');
  const day = facts.started.slice(0, 16).replace('T', ' ');
  return `<header><p class="eyebrow">stentor bench suite</p><h1>Measured against the limit of the machine</h1>
<p class="muted">Commit ${escape(facts.commit)} · ${escape(day)} UTC · profile ${escape(run.profile)}${run.seconds ? ` · ${figures.seconds(run.seconds)}` : ''}<br>${escape(where)}</p>${tiles(run)}</header>`;
}

function cautions(run) {
  const facts = run.provenance;
  const words = [];
  if (facts.sanitizers)
    words.push(`Built with sanitizers (${facts.sanitizers}): no figure here means anything.`);
  if (facts.build_type && facts.build_type !== 'Release')
    words.push(`Built as ${facts.build_type}, not Release.`);
  if (facts.load_at_start > 0.5)
    words.push(
      `Other programs kept about ${facts.load_at_start.toFixed(1)} cores busy when the run began: trust shares, not absolute figures.`,
    );
  const strangers = strangersShare(
    run.rows.filter(({ kind }) => kind === 'paired').flatMap(({ results }) => results ?? []),
  );
  if (strangers > 0.1)
    words.push(
      `Others took about ${Math.round(strangers * 100)} % of the servers’ core. Where it was more than a tenth, io_uring is judged by CPU time, which leaves out kernel threads that are not the server’s.`,
    );
  if (run.placement?.shared) words.push('One core for servers and load: nothing here is apart.');
  if (run.profile === 'quick' || run.profile === 'smoke')
    words.push(`The ${run.profile} profile has few and short repetitions: a first look, not a result.`);
  return words.map((text) => `<p class="warning">${escape(text)}</p>`).join('');
}

export function report(run) {
  const title = `stentor bench ${run.provenance.commit}, ${run.provenance.started.slice(0, 10)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${style}</style></head><body><main>
${heading(run)}${cautions(run)}${overview(run)}${againstSection(run)}
<h2>All figures</h2>${summaryTable(run)}
${sections(run)}
${run.comparison ? comparisonSection(run.comparison) : ''}
${integritySection(run)}${notRunSection(run)}${methodSection(run)}${provenanceSection(run)}
</main></body></html>
`;
}
