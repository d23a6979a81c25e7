// The tables of the report: all figures, micro benchmarks, what was checked, an older run, and how and where
// everything was measured.
import * as figures from './figures.mjs';
import { hasVariants, nameOf, workOf } from './rows.mjs';
import { escape } from './svg.mjs';
import { unitOfMetric } from './terminal.mjs';
import { faults, isIntact } from './stats.mjs';

const names = {
  per_cpu_second: 'each CPU-second',
  per_busy_second: 'each busy second',
  rate: 'a second',
  p50: 'median latency',
  p99: 'p99 latency',
  bytes: 'after traffic',
  growth: 'growth of the server',
  back: 'until all are back',
  cpu_per_return: 'CPU for each',
};
const table = (head, body, classes = []) =>
  `<div class="wide"><table><thead><tr>${head.map((text, i) => `<th${classes[i] ? ` class="${classes[i]}"` : ''}>${escape(text)}</th>`).join('')}</tr></thead><tbody>${body}</tbody></table></div>`;
const cell = (text, small = '', classes = '') =>
  `<td${classes ? ` class="${classes}"` : ''}>${escape(text)}${small ? `<small>${escape(small)}</small>` : ''}</td>`;

function valueCell(result) {
  if (!result) return cell('');
  if (result.state !== 'measured') return cell(result.state, result.reason, 'failed');
  const metric = result.metric ?? 'p99';
  const value = result.metrics?.[metric];
  if (!value) return cell('n/a');
  const unit = unitOfMetric(metric);
  if (result.metrics.bytes_before)
    return cell(figures.bytes(value.median), `${figures.bytes(result.metrics.bytes_before.median)} before`);
  return cell(figures.formats[unit](value.median), value.count > 1 ? figures.range(value, unit) : '');
}

// What the figures of a row count.
function unitLine(row) {
  const metric = row.kind === 'sweep' ? 'p99' : (row.results.find((one) => one.metric)?.metric ?? '');
  const work = workOf(row);
  const unit = ['per_cpu_second', 'per_busy_second'].includes(metric)
    ? work
    : metric === 'rate'
      ? `${work} a second`
      : (names[metric] ?? '');
  return [row.kind === 'sweep' ? 'p99 latency at 2 M/s' : unit, row.note].filter(Boolean).join(', ');
}

function boundOf(one) {
  if (one.text.startsWith('share') || one.text.includes(' to ')) return String(one.bound);
  if (one.text.startsWith('p99')) return figures.round(figures.nanoseconds(one.bound));
  return one.text.startsWith('lost') ? String(one.bound) : figures.round(figures.bytes(one.bound));
}

const markOf = (one) =>
  `<span class="${one.pass ? 'good' : 'bad'}" title="${escape(one.text)}">${one.pass ? '✓' : '✗'} ${one.at_least ? '≥' : '≤'} ${escape(boundOf(one))}</span>`;

// The share that most gates are about, with the mark and the bound; several gates stand one below the other.
function shareCell(result) {
  if (!result || result.state !== 'measured') return cell('');
  const { share, shares, gates } = result;
  if (gates.length === 0 && shares)
    return `<td>${Object.entries(shares)
      .map(([metric, one]) => `${escape(names[metric])} ${figures.ratio(one.median)}`)
      .join('<br>')}</td>`;
  if (gates.length > 1) {
    return `<td>${gates.map((one) => `${escape(one.text.split(' ')[0])} ${one.text === 'growth' ? '' : figures.ratioTo(one.value ?? NaN, one.bound)} ${markOf(one)}`).join('<br>')}</td>`;
  }
  return `<td>${[share ? figures.ratioTo(share.median, gates[0]?.bound) : '', ...gates.map(markOf)].filter(Boolean).join(' ')}${share ? `<small>${figures.range(share, 'ratio')}</small>` : ''}</td>`;
}

// A line for each row; for each of our servers the figure and its share, then the bare loops and the others.
export function summaryTable(run) {
  const ours = run.kinds.map((io) => `stentor ${io}`);
  const others = (run.servers ?? []).filter(({ family }) => family !== 'stentor').map(({ name }) => name);
  const head = ['work', ...ours.flatMap((name) => [name, 'of bare, gate']), ...others];
  let last = '';
  const body =
    run.rows
      .filter((row) => row.kind !== 'micro' && !hasVariants(row))
      .map((row) => {
        const heading =
          row.group === last
            ? ''
            : `<tr class="group"><td colspan="${head.length}">${escape(row.group)}</td></tr>`;
        last = row.group;
        if (row.state !== 'measured')
          return `${heading}<tr>${cell(row.title)}<td colspan="${head.length - 1}" class="failed">${escape(row.state)}: ${escape(row.reason ?? '')}</td></tr>`;
        const of = (name) => row.results.find(({ server }) => server === name);
        return `${heading}<tr>${cell(row.title, unitLine(row))}${ours.map((name) => valueCell(of(name)) + shareCell(of(name))).join('')}${others.map((name) => valueCell(of(name))).join('')}</tr>`;
      })
      .join('') + variantLines(run, head.length);
  return `<p class="muted">Median, and from the least to the most of all repetitions. Unless said otherwise, work done in each CPU-second of the server, or on io_uring in each busy second of its core.</p>
<div class="card">${table(head, body)}</div>`;
}

const failedLine = (row, columns) =>
  `<tr>${cell(row.title)}<td colspan="${columns - 1}" class="failed">${escape(`${row.state}: ${row.reason ?? ''}`)}</td></tr>`;

// Rows that compare variants of our server have a line for each.
function variantLines(run, columns) {
  const lineOf = (row, variant, isFirst) => {
    const of = (io) => row.results.find((one) => one.io === io && one.variant === variant);
    const cells = run.kinds.map((io) => valueCell(of(io)) + (isFirst ? cell('') : shareCell(of(io))));
    const rest = `<td colspan="${columns - 1 - 2 * run.kinds.length}"></td>`;
    const unit = unitLine(isFirst ? { ...row, note: undefined } : row);
    return `<tr>${cell(row.title, `${variant}, ${unit}`)}${cells.join('')}${rest}</tr>`;
  };
  let last = '';
  return run.rows
    .filter(hasVariants)
    .map((row) => {
      const heading =
        row.group === last ? '' : `<tr class="group"><td colspan="${columns}">${escape(row.group)}</td></tr>`;
      last = row.group;
      if (row.state !== 'measured') return heading + failedLine(row, columns);
      const variants = [...new Set(row.results.map(({ variant }) => variant))];
      return heading + variants.map((variant, i) => lineOf(row, variant, i === 0)).join('');
    })
    .join('');
}

const counterText = (name, { median }) => {
  const words = name.replace(/_ns$/, '').replaceAll('_', ' ');
  if (name.endsWith('_ns')) return `${words} ${figures.nanoseconds(median)}`;
  return name.startsWith('per_')
    ? `${figures.nanoseconds(median * 1e9)} ${words}`
    : `${words} ${figures.count(median)}`;
};

// Many counters stand below the name, few beside the time.
function microLine(group, one) {
  const title = (one.name === group ? one.name : one.name.slice(group.length + 1)).replace(
    /\/real_time$/,
    '',
  );
  if (one.error !== undefined)
    return `<tr>${cell(title)}<td colspan="2" class="failed">${escape(one.error)}</td></tr>`;
  const more = [
    one.bytes_per_second ? `${figures.bytes(one.bytes_per_second.median)}/s` : '',
    ...Object.entries(one.counters ?? {}).map(([counter, value]) => counterText(counter, value)),
  ].filter(Boolean);
  const extent = one.time_ns?.count > 1 ? figures.range(one.time_ns, 'nanoseconds') : '';
  const [below, beside] = more.length > 2 ? [more.join(', '), ''] : ['', more.join(', ')];
  return `<tr>${cell(title, below)}${cell(figures.nanoseconds(one.time_ns?.median), extent)}${cell(beside, '', 'more')}</tr>`;
}

function microGate(result) {
  if (result.state !== 'measured')
    return [`<span class="bad">✗ ${escape(`${result.server}: ${result.reason}`)}</span>`];
  return result.gates.map((one) => {
    const name = `${result.server}, ${one.text.replace('_ns', '')}: ${figures.nanoseconds(one.value ?? NaN)}`;
    return `${escape(name)} <span class="${one.pass ? 'good' : 'bad'}">${one.pass ? '✓' : '✗'} ≤ ${one.bound} ns</span>`;
  });
}

// A table for each subject, two beside each other; the gates above them.
export function microTables(row) {
  const subjectOf = ({ name }) => name.split('/')[0];
  const gates = row.results.flatMap(microGate);
  const cards = [...new Set(row.benchmarks.map(subjectOf))].map((subject) => {
    const lines = row.benchmarks
      .filter((one) => subjectOf(one) === subject)
      .map((one) => microLine(subject, one));
    return `<section class="card"><h3>${escape(subject)}</h3><table class="tight"><tbody>${lines.join('')}</tbody></table></section>`;
  });
  const above = gates.length > 0 ? `<p>${gates.join('<br>')}</p>` : '';
  return `<p class="muted">${escape(row.detail)}</p>${above}<div class="columns">${cards.join('')}</div>`;
}

function integrityLine(row, { server, integrity }) {
  const counts = faults.map((name) =>
    cell(figures.wholeNumber(integrity[name]), '', integrity[name] ? 'bad' : ''),
  );
  const done = [integrity.messages, integrity.deliveries].map((count) => cell(figures.wholeNumber(count)));
  const mark = isIntact(integrity) ? cell('✓', '', 'good') : cell('✗', '', 'bad');
  return `<tr>${cell(row.title)}${cell(server, '', 'left')}${done.join('')}${counts.join('')}${mark}</tr>`;
}

// What every run looks at, server by server: nothing may be lost, doubled, out of order or skipped.
export function integritySection(run) {
  const rows = run.rows.filter(({ kind, state }) => kind !== 'sweep' && state === 'measured');
  const lines = rows.flatMap((row) =>
    row.results
      .filter(({ integrity, state }) => integrity && state === 'measured')
      .map((result) => integrityLine(row, result)),
  );
  if (lines.length === 0) return '';
  const head = [
    'work',
    'server',
    'messages',
    'deliveries',
    'lost',
    'doubled',
    'out of order',
    'gaps',
    'wrong seq',
    'wrong room',
    '',
  ];
  return `<h2>What was checked</h2>
<p class="muted">The load tool numbers what it sends and looks at what every member gets.</p>
<details><summary>${lines.length} measurements</summary><div class="card">${table(head, lines.join(''), ['', 'left'])}</div></details>`;
}

export function notRunSection(run) {
  const missing = run.not_chosen ?? [];
  const absent = run.absent ?? [];
  if (missing.length + absent.length === 0) return '';
  const rows =
    missing.length === 0
      ? ''
      : `<p class="muted">Left out by the profile or by --only: ${escape(missing.map(nameOf).join('; '))}.</p>`;
  const servers =
    absent.length === 0
      ? ''
      : `<p class="muted">Servers that did not start here:</p><ul>${absent.map(({ name, reason }) => `<li>${escape(name)}: ${escape(reason)}</li>`).join('')}</ul>`;
  return `<h2>Not run</h2>${rows}${servers}`;
}

export function comparisonSection(comparison) {
  const body = comparison.entries
    .map(
      (one) =>
        `<tr>${cell(one.title)}${cell(one.server, '', 'left')}${cell(names[one.metric] ?? one.metric)}${cell(figures.ratio(one.absolute))}${cell(one.share === null ? '' : figures.ratio(one.share))}</tr>`,
    )
    .join('');
  const differences =
    comparison.differences.length === 0
      ? ''
      : `<ul>${comparison.differences.map((words) => `<li>${escape(words)}</li>`).join('')}</ul>`;
  return `<h2>Against an older run</h2><p class="muted">Now by then, ${escape(comparison.commit)} of ${escape(comparison.started.slice(0, 10))} (${escape(comparison.file)}). The two ran at different times, so this is weaker evidence than
a pair in one run (--against): absolute figures swing with the machine, shares of the bare loop less.</p>${differences}<div class="card">${table(['work', 'server', 'figure', 'now by then', 'share, now by then'], body, ['', 'left'])}</div>`;
}

export function methodSection(run) {
  const { slice_ms: slice, repetitions } = run.settings ?? {};
  const { server = [], load = [] } = run.placement ?? {};
  const lines = (run.servers ?? [])
    .map(({ name, command }) => `<dt>${escape(name)}</dt><dd><code>${escape(command)}</code></dd>`)
    .join('');
  return `<h2>How it was measured</h2>
<p>All servers of a row are up at once, each on core ${escape(server.join(', '))}, and the load tool drives them in turn from ${load.length === 1 ? 'core' : 'cores'} ${escape(load.join(', '))}, in slices of ${escape(slice)} ms, ${escape(repetitions)} rounds.
A share is the quotient of two slices of one round, and its median over all rounds; so what the machine does meanwhile meets both sides.
The rounds of such rows are divided among several starts of all servers, another one first in each. Half a load is half of what one more bare loop reached just before, in each round.</p>
<p>The bare loop (bench/limit) moves the same bytes with no protocol: fixed frames, taken by length. Epoll servers are charged their CPU time. Those on io_uring are charged the busy time of their core, since the kernel does part of their work in its own threads; but where others took more than a tenth of that core, their CPU time.
Open loops measure latency from the time at which a message was due, so a queue shows. A gate is looked at by the median; what is not measured has not passed.</p><dl>${lines}</dl>`;
}

export function provenanceSection(run) {
  const facts = run.provenance;
  const rows = [
    ['Command', facts.command_line],
    ['Commit', facts.commit],
    ['Started', facts.started],
    ['CPU', `${facts.cpu}, ${facts.cores} cores${facts.hypervisor ? ', virtual machine' : ''}`],
    ['Frequency governor', facts.governor],
    ['Memory', facts.memory_bytes ? figures.bytes(facts.memory_bytes) : ''],
    ['Kernel', facts.kernel],
    ['System', facts.system],
    ['Congestion control', facts.congestion],
    ['MTU of lo', facts.loopback_mtu],
    ['Compiler', facts.compiler],
    ['Build', [facts.build_type, facts.compiler_flags].filter(Boolean).join(', ')],
    ['Load when it began', facts.load_at_start?.toFixed(2)],
    ['Node', facts.node],
  ];
  return `<h2>Where it was measured</h2><dl>${rows
    .filter(([, value]) => value !== undefined && value !== '')
    .map(
      ([name, value]) =>
        `<dt>${escape(name)}</dt><dd>${name === 'Command' || name === 'Build' ? `<code>${escape(value)}</code>` : escape(value)}</dd>`,
    )
    .join('')}</dl>`;
}
