// Medians and spreads of slices, and quotients of slices that were driven in turn. Absolute figures of one
// machine swing within seconds; the quotient of two neighbours in time does not, so shares are always
// quotients of each repetition first and the median of those second.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// {median, min, max, count} of the finite ones, or null when there is none.
export function spread(values) {
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.length === 0) return null;
  return { median: median(finite), min: Math.min(...finite), max: Math.max(...finite), count: finite.length };
}

// Quotient of each repetition; a repetition that either side lacks says nothing and is left out.
export function quotients(values, references) {
  const result = [];
  for (let i = 0; i < Math.min(values.length, references.length); i += 1) {
    const quotient = values[i] / references[i];
    if (Number.isFinite(quotient)) result.push(quotient);
  }
  return spread(result);
}

// What a slice of the load tool's result says, by the name of a metric. NaN when it does not say it.
const perSecond = (count, seconds) => (seconds > 0 ? count / seconds : NaN);
const slicePercentile = (name) => (slice) => slice.latency_ns?.[name] ?? NaN;
export const metrics = {
  rate: (slice, count) => perSecond(slice[count], slice.seconds),
  per_cpu_second: (slice, count) => perSecond(slice[count], slice.cpu_seconds),
  per_busy_second: (slice, count) => perSecond(slice[count], slice.busy_seconds),
  p50: slicePercentile('p50'),
  p99: slicePercentile('p99'),
  p999: slicePercentile('p999'),
  // Open loop: what was offered and what went through, messages a second.
  offered: (slice) => slice.offered ?? NaN,
  sent: (slice) => (slice.offered === undefined ? NaN : perSecond(slice.messages, slice.seconds)),
};

// The values of a metric, one for each slice. `count`: the field that counts the work.
export const series = (slices, metric, count) => slices.map((slice) => metrics[metric](slice, count));

// Several distributions as one. Each: {steps: [[value, quantile], …] both rising, count}.
export function mergedDistribution(parts) {
  const all = parts.reduce((sum, { count }) => sum + count, 0);
  const places = parts.map(() => 0);
  const values = [...new Set(parts.flatMap(({ steps }) => steps.map(([value]) => value)))].sort(
    (a, b) => a - b,
  );
  return values.map((value) => {
    let below = 0;
    for (const [i, { steps, count }] of parts.entries()) {
      while (places[i] < steps.length && steps[places[i]][0] <= value) places[i] += 1;
      if (places[i] > 0) below += steps[places[i] - 1][1] * count;
    }
    return [value, below / all];
  });
}

// What must never happen, added up over all slices.
export const faults = ['lost', 'duplicates', 'reordered', 'gaps', 'seq_faults', 'misplaced'];
export function integrityOf(slices) {
  const sum = (name) => slices.reduce((total, slice) => total + (slice[name] ?? 0), 0);
  return Object.fromEntries(['messages', 'deliveries', ...faults].map((name) => [name, sum(name)]));
}
export const isIntact = (integrity) => faults.every((name) => integrity[name] === 0);
