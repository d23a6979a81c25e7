// Bars for one row of the suite, and the overview of all shares.
import { formats, ratio, ratioTo, round, withSpread } from './figures.mjs';
import {
  box,
  colourOf,
  drawing,
  group,
  line,
  linear,
  mark,
  text,
  byteTicks,
  ticks,
  whiskerAcross,
} from './svg.mjs';

const width = 480;
const labels = 132;
const right = 122;
const barHeight = 16;
const pitch = 27;

const clipped = (words, most) => (words.length > most ? `${words.slice(0, most - 1)}…` : words);

function whisker(scale, min, max, most, y) {
  if (!(max > min)) return '';
  if (max <= most) return whiskerAcross(scale(min), scale(max), y);
  const end = scale(most);
  return (
    line(scale(min), y, end, y, 'whisker') +
    line(scale(min), y - 3, scale(min), y + 3, 'whisker') +
    line(end - 5, y - 3, end, y, 'whisker') +
    line(end - 5, y + 3, end, y, 'whisker')
  );
}

// items: [{label, family, io, value: spread | null, note?, noteClass?, reason, gateAt?}]; a bar for each, with whiskers
// from min to max, and the figure at its end. An item without a value says why.
export function barChart({ items, unit, axis, label }) {
  const format = formats[unit];
  // One slice that went wrong may not squeeze all others: a whisker that is far too long leaves the chart.
  const needed = Math.max(0, ...items.flatMap(({ value, gateAt }) => [value?.median ?? 0, gateAt ?? 0]));
  const most = Math.min(2 * needed, Math.max(needed, ...items.map(({ value }) => value?.max ?? 0)));
  const [left, end] = [labels, width - right];
  const scale = linear(0, most * 1.02 || 1, left, end);
  const bottom = 8 + items.length * pitch;
  const grid = (unit === 'bytes' ? byteTicks : ticks)(most, 4)
    .map(
      (tick) =>
        line(scale(tick), 4, scale(tick), bottom, tick === 0 ? 'axis' : 'grid') +
        text(scale(tick), bottom + 15, tick === 0 ? '0' : round(format(tick)), 'tick', 'middle'),
    )
    .join('');
  const bars = items
    .map((item, i) => {
      const y = 8 + i * pitch;
      const middle = y + barHeight / 2;
      const name = text(left - 8, middle + 4, clipped(item.label, 20), 'label', 'end');
      if (!item.value)
        return group(name + text(left + 6, middle + 4, clipped(item.reason, 48), 'absent'), item.reason);
      const { median, min, max } = item.value;
      return group(
        name +
          box(left, y, scale(median) - left, barHeight, `bar ${colourOf(item)}`) +
          whisker(scale, min, max, most, middle) +
          (item.gateAt
            ? line(scale(item.gateAt), y - 4, scale(item.gateAt), y + barHeight + 4, 'gate')
            : '') +
          text(end + 8, middle + 4, format(median), 'value') +
          (item.note ? text(width, middle + 4, item.note, item.noteClass ?? 'note', 'end') : ''),
        `${item.label}: ${withSpread(item.value, unit)}`,
      );
    })
    .join('');
  return drawing(
    width,
    bottom + (axis ? 38 : 20),
    label,
    grid + bars + (axis ? text((left + end) / 2, bottom + 32, axis, 'axis-name', 'middle') : ''),
  );
}

// rows: [{label, marks: [{io, share: spread | null, bound?, pass}]}]: where each share lies between nothing
// and what is 1, and the gate it must reach.
export function shareChart(rows, { one: oneIs, axis, label }) {
  const wide = 1000;
  const [left, end] = [270, wide - 166];
  const rowHeight = 34;
  const most = Math.max(
    1.1,
    ...rows.flatMap(({ marks }) => marks.map(({ share }) => Math.min(share?.max ?? 0, 2))),
  );
  const scale = linear(0, most, left, end);
  const at = (value) => scale(Math.min(value, most));
  const bottom = 26 + rows.length * rowHeight;
  const grid = ticks(most, 5)
    .filter((tick) => Math.abs(tick - 1) > 1e-9)
    .map(
      (tick) =>
        line(scale(tick), 20, scale(tick), bottom, tick === 0 ? 'axis' : 'grid') +
        text(scale(tick), bottom + 16, ratio(tick), 'tick', 'middle'),
    )
    .join('');
  const one =
    line(scale(1), 20, scale(1), bottom, 'one') +
    text(scale(1), 13, `${oneIs} = 1`, 'label', 'middle') +
    text(scale(1), bottom + 16, '1.00', 'tick strong', 'middle');
  const stripes = rows
    .map((_, i) => (i % 2 === 0 ? box(0, 26 + i * rowHeight, wide, rowHeight, 'stripe') : ''))
    .join('');
  const drawn = rows
    .map((row, i) => {
      const top = 26 + i * rowHeight;
      const lane = rowHeight / row.marks.length;
      return (
        text(left - 14, top + rowHeight / 2 + 4, row.label, 'label', 'end') +
        row.marks
          .map(({ io, share, bound, pass }, j) => {
            const y = top + lane * (j + 0.5);
            const gateTick =
              bound === undefined ? '' : line(scale(bound), y - 6, scale(bound), y + 6, 'gate');
            const column = wide - 152 + j * 78;
            if (!share) return gateTick + text(column, top + rowHeight / 2 + 4, 'n/a', 'absent');
            const colour = colourOf({ family: 'stentor', io });
            return group(
              `${gateTick}${whiskerAcross(at(share.min), at(share.max), y, `whisker ${colour}`)}${mark(at(share.median), y, io, `dot ${colour}`)}` +
                text(column, top + rowHeight / 2 + 4, ratioTo(share.median, bound), `value ${colour}`) +
                (pass === null
                  ? ''
                  : text(column + 44, top + rowHeight / 2 + 4, pass ? '✓' : '✗', pass ? 'good' : 'bad')),
              `${row.label}, ${io}: ${withSpread(share, 'ratio')}${bound === undefined ? '' : `, gate ${bound}`}`,
            );
          })
          .join('')
      );
    })
    .join('');
  return drawing(
    wide,
    bottom + 38,
    label,
    stripes + grid + one + drawn + text((left + end) / 2, bottom + 33, axis, 'axis-name', 'middle'),
  );
}
