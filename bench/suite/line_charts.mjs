// Curves: latency against offered load, latency by percentile, rate against reactors.
import { count, nanoseconds, round, withSpread } from './figures.mjs';
import {
  colourOf,
  decades,
  drawing,
  group,
  line,
  linear,
  logarithmic,
  mark,
  path,
  spreadLabels,
  text,
  ticks,
  whiskerDown,
} from './svg.mjs';

// Without the hollow look of the bare loop: here hollow says something else, and dashes tell it apart.
const hueOf = (server) => colourOf(server).replace(' bare', '');
const curveClass = (server) => `curve ${colourOf(server)}`;

function decadeGrid(tens, scale, left, end, named = true) {
  return tens
    .map(
      (ten) =>
        line(left, scale(ten), end, scale(ten), 'grid') +
        (named ? text(left - 6, scale(ten) + 4, round(nanoseconds(ten)), 'tick', 'end') : ''),
    )
    .join('');
}

function names(labels, x, top, bottom) {
  return spreadLabels(labels, 13, top, bottom)
    .map(
      ({ at, y, words, server }) =>
        (Math.abs(at - y) > 4 ? line(x - 6, y, x - 1, at, 'leader') : '') +
        text(x, at + 4, words, `series ${colourOf(server)}`),
    )
    .join('');
}

// points: of pointOf(); one panel for each percentile, all with the same scales. Hollow marks: the server did
// not deliver what was offered, so the latency is that of a queue that grows.
export function loadCurves({ points, servers, goal, label }) {
  const wide = 1000;
  const height = 330;
  const panels = [
    ['p50', 'median'],
    ['p99', '99th percentile'],
    ['p999', '99.9th percentile'],
  ];
  const [left, right, gap, top, bottom] = [62, 136, 34, 34, height - 48];
  const panel = (wide - left - right - 2 * gap) / 3;
  const values = points
    .flatMap(({ results }) =>
      results.flatMap((one) => panels.flatMap(([name]) => [one[name]?.min, one[name]?.max])),
    )
    .filter((value) => value > 0);
  const tens = decades(values);
  const y = logarithmic(tens[0], tens.at(-1), bottom, top);
  const most = Math.max(...points.map(({ offered }) => offered));
  const drawn = panels
    .map(([name, title], i) => {
      const from = left + i * (panel + gap);
      const x = linear(0, most, from, from + panel);
      const axes =
        decadeGrid(tens, y, from, from + panel, i === 0) +
        ticks(most, 3)
          .map(
            (tick) =>
              line(x(tick), bottom, x(tick), bottom + 4, 'axis') +
              text(x(tick), bottom + 17, round(count(tick)), 'tick', 'middle'),
          )
          .join('') +
        line(from, bottom, from + panel, bottom, 'axis') +
        text(from, top - 14, title, 'panel');
      const aim =
        goal && name === 'p99' && goal.offered <= most
          ? line(x(goal.offered) - 14, y(goal.p99_ns), x(goal.offered) + 14, y(goal.p99_ns), 'gate') +
            text(
              x(goal.offered) - 16,
              y(goal.p99_ns) - 6,
              `gate ${round(nanoseconds(goal.p99_ns))}`,
              'tick halo',
              'end',
            )
          : '';
      const ends = [];
      const curves = servers
        .map((server) => {
          const seen = points
            .map((point) => ({
              offered: point.offered,
              one: point.results.find((result) => result.server === server.name),
            }))
            .filter(({ one }) => one?.[name]);
          if (seen.length === 0) return '';
          ends.push({ y: y(seen.at(-1).one[name].median), words: server.name, server });
          return (
            path(
              seen.map(({ offered, one }) => [x(offered), y(one[name].median)]),
              curveClass(server),
            ) +
            seen
              .map(({ offered, one }) =>
                group(
                  (one[name].max > one[name].min
                    ? whiskerDown(
                        x(offered),
                        y(one[name].min),
                        y(one[name].max),
                        `whisker ${colourOf(server)}`,
                      )
                    : '') +
                    mark(
                      x(offered),
                      y(one[name].median),
                      server.io,
                      `dot ${hueOf(server)}${one.held ? '' : ' hollow'}`,
                      3.5,
                    ),
                  `${server.name}, ${count(offered)}/s offered, ${count(one.reached)}/s delivered: ${title} ${withSpread(one[name], 'nanoseconds')}`,
                ),
              )
              .join('')
          );
        })
        .join('');
      return (
        axes + curves + aim + (i === panels.length - 1 ? names(ends, from + panel + 12, top, bottom) : '')
      );
    })
    .join('');
  return drawing(
    wide,
    height,
    label,
    drawn +
      text((wide - right + left) / 2, height - 8, 'offered deliveries a second', 'axis-name', 'middle') +
      text(4, top - 14, 'latency', 'axis-name'),
  );
}

// series: [{server, distribution: [[value_ns, percentile], …]}]; the tail gets room, as HdrHistogram draws it.
export function percentileCurves({ series, label }) {
  const [wide, height, left, top] = [1000, 300, 62, 20];
  const [bottom, end] = [height - 46, wide - 148];
  const nines = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];
  const x = (quantile) => linear(0, 4, left, end)(Math.min(4, -Math.log10(Math.max(1 - quantile, 1e-9))));
  const tens = decades(series.flatMap(({ distribution }) => distribution.map(([value]) => value)));
  const y = logarithmic(tens[0], tens.at(-1), bottom, top);
  const axes =
    decadeGrid(tens, y, left, end) +
    nines
      .map(
        (one) =>
          line(x(one), top, x(one), bottom, 'grid') +
          text(x(one), bottom + 17, `${+(one * 100).toFixed(2)} %`, 'tick', 'middle'),
      )
      .join('') +
    line(left, bottom, end, bottom, 'axis');
  const ends = [];
  const curves = series
    .map(({ server, distribution }) => {
      const shown = distribution.filter(([value, quantile]) => value > 0 && quantile <= 0.9999);
      if (shown.length === 0) return '';
      ends.push({ y: y(shown.at(-1)[0]), words: server.name, server });
      return group(
        path(
          shown.map(([value, quantile]) => [x(quantile), y(value)]),
          curveClass(server),
        ),
        server.name,
      );
    })
    .join('');
  return drawing(
    wide,
    height,
    label,
    axes +
      curves +
      names(ends, end + 12, top, bottom) +
      text((left + end) / 2, height - 8, 'percentile of all deliveries', 'axis-name', 'middle') +
      text(4, 12, 'latency', 'axis-name'),
  );
}

// series: [{name, io, points: [{number, value: spread}]}], against the straight line from the first point.
export function scalingChart({ series, label }) {
  const [wide, height, left, top] = [480, 290, 62, 26];
  const [bottom, end] = [height - 46, wide - 86];
  const numbers = [...new Set(series.flatMap(({ points }) => points.map(({ number }) => number)))].sort(
    (a, b) => a - b,
  );
  const firsts = series.map(({ points }) => points[0].value.median / points[0].number);
  const most = Math.max(
    ...series.flatMap(({ points }) => points.map(({ value }) => value.max)),
    Math.max(...firsts) * numbers.at(-1),
  );
  const x = linear(Math.min(1, numbers[0]) - 0.2, numbers.at(-1) + 0.2, left, end);
  const y = linear(0, most * 1.03, bottom, top);
  const axes =
    ticks(most, 4)
      .map(
        (tick) =>
          line(left, y(tick), end, y(tick), tick === 0 ? 'axis' : 'grid') +
          text(left - 6, y(tick) + 4, round(count(tick)), 'tick', 'end'),
      )
      .join('') +
    numbers.map((number) => text(x(number), bottom + 17, String(number), 'tick', 'middle')).join('');
  const ends = [];
  const curves = series
    .map(({ name, io, points }, i) => {
      const server = { name, io, family: 'stentor' };
      ends.push({ y: y(points.at(-1).value.median), words: name, server });
      return (
        path(
          [points[0].number, numbers.at(-1)].map((number) => [x(number), y(firsts[i] * number)]),
          'ideal',
        ) +
        path(
          points.map(({ number, value }) => [x(number), y(value.median)]),
          curveClass(server),
        ) +
        points
          .map(({ number, value }) =>
            group(
              whiskerDown(x(number), y(value.min), y(value.max), `whisker ${colourOf(server)}`) +
                mark(x(number), y(value.median), io, `dot ${colourOf(server)}`),
              `${name}, ${number}: ${withSpread(value, 'count')}`,
            ),
          )
          .join('')
      );
    })
    .join('');
  return drawing(
    wide,
    height,
    label,
    axes +
      curves +
      names(ends, end + 10, top, bottom) +
      text((left + end) / 2, height - 8, 'reactors, a core for each', 'axis-name', 'middle') +
      text(4, 13, 'deliveries a second; dotted: n times the first', 'axis-name'),
  );
}
