// Progress while the suite runs, and the table at its end. Colours unless NO_COLOR or no terminal.
import * as figures from './figures.mjs';
import { hasVariants, nameOf } from './rows.mjs';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
export function painter(stream) {
  const on = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return (style, text) => (on ? `\x1b[${codes[style]}m${text}\x1b[0m` : text);
}

// Lines on stderr: one that is rewritten each second on a terminal, else one when a row is done.
export function progress(stream, total) {
  const paint = painter(stream);
  const width = String(total).length;
  let at = 0;
  let timer = null;
  let row = null;
  let begun = 0;
  let words = '';
  const head = () => `[${String(at).padStart(width)}/${total}] ${nameOf(row)}`;
  const draw = () =>
    stream.write(
      `\r\x1b[K${head()} ${paint('dim', `${figures.seconds((Date.now() - begun) / 1000)} ${words}`)}`,
    );
  return {
    begin(next) {
      at += 1;
      row = next;
      begun = Date.now();
      words = '';
      if (!stream.isTTY) return;
      draw();
      timer = setInterval(draw, 1000);
    },
    note(text) {
      words = text;
    },
    end(mark, text) {
      clearInterval(timer);
      const style = { '✓': 'green', '✗': 'red' }[mark] ?? 'dim';
      stream.write(
        `${stream.isTTY ? '\r\x1b[K' : ''}${head()} ${paint(style, mark)} ${text} ${paint('dim', `(${figures.seconds((Date.now() - begun) / 1000)})`)}\n`,
      );
    },
  };
}

const unitOf = {
  growth: 'bytes',
  bytes: 'bytes',
  ...Object.fromEntries(['p50', 'p99', 'back', 'cpu_per_return'].map((name) => [name, 'nanoseconds'])),
};
export const unitOfMetric = (metric) => unitOf[metric] ?? 'count';

function cell(result) {
  if (!result) return '';
  if (result.state !== 'measured') return result.state;
  const value = result.metrics[result.metric ?? 'p99'];
  return value ? figures.formats[unitOfMetric(result.metric ?? 'p99')](value.median) : 'n/a';
}

export const markOf = (verdict) => (verdict === null ? '-' : verdict ? '✓' : '✗');

const shareCell = (result) =>
  figures.ratio((result?.share ?? result?.shares?.[result.metric])?.median).replace('n/a', '');
const versusCell = (result) =>
  result?.versus ? `${figures.ratio(result.versus.median)} (${figures.range(result.versus, 'ratio')})` : '';

// Each row's figures for the back ends, how they stand to the bare loop and to an older commit, and the gate.
// Nothing when no row has such.
export function table(run, stream) {
  const paint = painter(stream);
  const against = run.rows.some(({ results }) => results?.some(({ versus }) => versus));
  const head = [
    '',
    ...run.kinds.flatMap((io) => [`stentor ${io}`, 'of bare', ...(against ? ['to older'] : [])]),
    'gates',
  ];
  const lines = run.rows
    .filter(({ state, kind }) => state !== 'skipped' && kind !== 'micro' && !hasVariants({ kind }))
    .map((row) => {
      const ours = run.kinds.map((io) => row.results?.find(({ server }) => server === `stentor ${io}`));
      return [
        nameOf(row),
        ...ours.flatMap((one) => [cell(one), shareCell(one), ...(against ? [versusCell(one)] : [])]),
        row.state === 'failed' ? '✗ failed' : markOf(row.verdict),
      ];
    });
  if (lines.length === 0) return '';
  const widths = head.map((text, column) =>
    Math.max(text.length, ...lines.map((line) => line[column].length)),
  );
  const isText = (column) => column === 0 || column === head.length - 1;
  const format = (line) =>
    line
      .map((text, column) => (isText(column) ? text.padEnd(widths[column]) : text.padStart(widths[column])))
      .join('  ');
  const tint = { '✓': 'green', '✗': 'red' };
  return [
    paint('bold', format(head)),
    ...lines.map((line) => {
      const style = tint[line.at(-1)[0]];
      return style ? format(line).replace(/[✓✗][^✓✗]*$/, (end) => paint(style, end)) : format(line);
    }),
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}
