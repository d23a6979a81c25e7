// Figures as people read them, with three digits and a unit. Used by the report and by the terminal.

function threeDigits(value) {
  const size = Math.abs(value);
  if (size >= 99.95 || size === 0) return String(Math.round(value));
  return value.toFixed(size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

function scaled(value, step, units) {
  let unit = 0;
  let rest = value;
  while (Math.abs(rest) >= step * 0.9995 && unit < units.length - 1) {
    rest /= step;
    unit += 1;
  }
  return [threeDigits(rest), units[unit]];
}

const absent = 'n/a';
const joined = (parts) => parts.filter((part) => part !== '').join(' ');

export const count = (value) =>
  Number.isFinite(value) ? joined(scaled(value, 1000, ['', 'k', 'M', 'G'])) : absent;
export const ratio = (value) => (Number.isFinite(value) ? value.toFixed(2) : absent);
// One more digit where two would hide on which side of the bound it lies.
export const ratioTo = (value, bound) =>
  bound !== undefined && value !== bound && ratio(value) === ratio(bound) ? value.toFixed(3) : ratio(value);
export const nanoseconds = (value) =>
  Number.isFinite(value) ? joined(scaled(value, 1000, ['ns', 'µs', 'ms', 's'])) : absent;
export const wholeNumber = (value) =>
  Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : absent;

// Small sizes to the byte, since a connection costs hundreds of them.
export function bytes(value) {
  if (!Number.isFinite(value)) return absent;
  if (Math.abs(value) < 9999.5) return `${wholeNumber(value)} B`;
  return joined(scaled(value / 1024, 1024, ['KiB', 'MiB', 'GiB']));
}

export function seconds(value) {
  if (!Number.isFinite(value)) return absent;
  if (value < 99.5) return `${Math.round(value)} s`;
  return `${Math.floor(Math.round(value) / 60)} min ${String(Math.round(value) % 60).padStart(2, '0')} s`;
}

// By the unit of a row.
export const formats = { count, ratio, nanoseconds, bytes };

// For axes: "2 M" and not "2.00 M".
export const round = (words) =>
  words.replace(/^(-?\d+)\.0+(?= |$)/, '$1').replace(/^(-?\d+\.\d*[1-9])0+(?= |$)/, '$1');

// "1.20 – 1.25 M": the unit once when it is the same.
export function range({ min, max }, unit) {
  const [from, to] = [formats[unit](min), formats[unit](max)];
  const [value, name] = from.split(' ');
  return name !== undefined && to.split(' ')[1] === name ? `${value} – ${to}` : `${from} – ${to}`;
}

// "1.23 M (1.20 M to 1.25 M)"
export function withSpread(value, unit) {
  if (!value) return absent;
  const format = formats[unit];
  return `${format(value.median)} (${format(value.min)} to ${format(value.max)})`;
}
