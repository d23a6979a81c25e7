// What charts are made of: escaped text, scales with round ticks, marks. Every function returns SVG text;
// colours come from the page's style by class, so that one chart is right on light, dark and paper.

export const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const px = (value) => String(Math.round(value * 10) / 10);

export const text = (x, y, words, classes = '', anchor = 'start') =>
  `<text x="${px(x)}" y="${px(y)}"${classes ? ` class="${classes}"` : ''}${anchor === 'start' ? '' : ` text-anchor="${anchor}"`}>${escape(words)}</text>`;
export const line = (x1, y1, x2, y2, classes) =>
  `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" class="${classes}"/>`;
export const path = (points, classes) =>
  `<path d="${points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('')}" class="${classes}"/>`;
export const box = (x, y, width, height, classes, inner = '') =>
  `<rect x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, width))}" height="${px(height)}" rx="2" class="${classes}">${inner}</rect>`;
export const group = (inner, title = '') =>
  `<g>${title ? `<title>${escape(title)}</title>` : ''}${inner}</g>`;
export const drawing = (width, height, label, inner) =>
  `<svg viewBox="0 0 ${width} ${px(height)}" role="img" aria-label="${escape(label)}">${inner}</svg>`;

// Back ends differ by shape too: a circle for epoll, a diamond for io_uring.
export function mark(x, y, io, classes, size = 5) {
  if (io !== 'io_uring') return `<circle cx="${px(x)}" cy="${px(y)}" r="${size}" class="${classes}"/>`;
  const reach = size * 1.25;
  return `<path d="M${px(x)} ${px(y - reach)}L${px(x + reach)} ${px(y)}L${px(x)} ${px(y + reach)}L${px(x - reach)} ${px(y)}Z" class="${classes}"/>`;
}

export const whiskerAcross = (from, to, y, classes = 'whisker') =>
  line(from, y, to, y, classes) +
  line(from, y - 3, from, y + 3, classes) +
  line(to, y - 3, to, y + 3, classes);
export const whiskerDown = (x, from, to, classes = 'whisker') =>
  line(x, from, x, to, classes) +
  line(x - 3, from, x + 3, from, classes) +
  line(x - 3, to, x + 3, to, classes);

// Round steps: about `wanted` of them from 0 to `most`.
export function ticks(most, wanted = 4) {
  if (!(most > 0)) return [0];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step);
}

// Bytes beyond a few thousand are counted in KiB and so on, and their steps are round there.
export function byteTicks(most, wanted = 4) {
  const unit = most < 9999 ? 1 : 1024 ** Math.floor(Math.log2(most) / 10);
  return ticks(most / unit, wanted).map((tick) => tick * unit);
}

export const linear = (least, most, from, to) => (value) =>
  from + ((value - least) / (most - least || 1)) * (to - from);
export const logarithmic = (least, most, from, to) => {
  const scale = linear(Math.log10(least), Math.log10(most), from, to);
  return (value) => scale(Math.log10(Math.max(value, least)));
};

// Powers of ten around the values.
export function decades(values) {
  const known = values.filter((value) => value > 0 && Number.isFinite(value));
  if (known.length === 0) return [1, 10];
  const first = Math.floor(Math.log10(Math.min(...known)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...known))));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

// Moves labels apart that would lie on each other: [{y, …}] gets `at`, in order, at least `gap` apart.
export function spreadLabels(labels, gap, top, bottom) {
  const sorted = [...labels].sort((a, b) => a.y - b.y);
  let floor = top;
  for (const label of sorted) {
    label.at = Math.max(label.y, floor);
    floor = label.at + gap;
  }
  let ceiling = bottom;
  for (const label of sorted.reverse()) {
    label.at = Math.min(label.at, ceiling);
    ceiling = label.at - gap;
  }
  return labels;
}

// The class that colours a server: hue by back end, filled for us, hollow for the bare loop.
export const colourOf = ({ family, io }) => {
  const hue =
    family === 'against'
      ? 'c-against'
      : family === 'peer' || family === 'custom'
        ? 'c-peer'
        : io === 'io_uring'
          ? 'c-uring'
          : 'c-epoll';
  return `${hue}${family === 'bare' ? ' bare' : ''}`;
};
