// From slices to a result, and from results to shares and gates. No I/O here.
//
// A result: {server, family, io, state: measured | failed | skipped, reason?, metrics: {name: spread}, share?,
// versus?, gates: [{text, value, bound, pass}], integrity?, latency?}. A spread: {median, min, max, count}.
import { ratio } from './figures.mjs';
import { integrityOf, isIntact, metrics, quotients, series, spread } from './stats.mjs';

// io_uring leaves work to kernel threads, which only the core's own clock sees. Where others use that core,
// their work is on its clock too, and the time of the server's own threads says more.
const strangersAtMost = 0.1;
export const workMetric = (io, strangers) =>
  io === 'io_uring' && !(strangers > strangersAtMost) ? 'per_busy_second' : 'per_cpu_second';

export const failed = (server, reason) => ({
  server: server.name,
  family: server.family,
  io: server.io,
  state: 'failed',
  reason,
  gates: [],
});
export const skipped = (server, reason) => ({ ...failed(server, reason), state: 'skipped' });

// `target` is the load tool's part about one server.
export function measured(server, target, count) {
  const all = Object.keys(metrics).map((name) => [name, series(target.slices, name, count)]);
  return {
    server: server.name,
    family: server.family,
    io: server.io,
    state: 'measured',
    gates: [],
    metrics: Object.fromEntries(
      all.map(([name, values]) => [name, spread(values)]).filter(([, value]) => value),
    ),
    values: Object.fromEntries(all),
    integrity: integrityOf(target.slices),
    ...(target.tls ? { tls: target.tls } : {}),
    ...(target.latency_ns ? { latency: target.latency_ns } : {}),
  };
}

// The quotient of each repetition between two results that were driven in turn; null when one is missing.
export function shareOf(result, reference, metric) {
  if (result?.state !== 'measured' || reference?.state !== 'measured') return null;
  const share = quotients(result.values[metric], reference.values[metric]);
  return share && { ...share, of: reference.server, metric };
}

export function gate(text, value, bound, isAtLeast) {
  const known = Number.isFinite(value);
  return {
    text,
    value: known ? value : null,
    bound,
    at_least: isAtLeast,
    pass: known && (isAtLeast ? value >= bound : value <= bound),
  };
}

// A result that nothing could be measured for has not passed: a gate that is not looked at is not open.
const isOurs = (result) => result.family === 'stentor' && result.state !== 'skipped';

// How much of the servers' core others took: what was busy there and is in no epoll server's CPU time. The
// median over all of them; null when nothing says it.
export function strangersShare(results) {
  const seen = results
    .filter(({ io, metrics: found }) => io === 'epoll' && found?.per_cpu_second && found?.per_busy_second)
    .map(({ metrics: found }) => Math.max(0, 1 - found.per_busy_second.median / found.per_cpu_second.median));
  return spread(seen)?.median ?? null;
}

// Shares of the bare loop and their gates. `servers` tell who is whose reference.
export function judgePaired(results, servers, gates = {}, metricOf = workMetric) {
  const byName = new Map(results.map((result) => [result.server, result]));
  const strangers = strangersShare(results);
  for (const result of results) {
    const server = servers.find(({ name }) => name === result.server);
    const metric = metricOf(result.io, strangers);
    result.metric = metric;
    const share = shareOf(result, byName.get(server.reference), metric);
    if (share) result.share = share;
    const versus = server.versus && shareOf(result, byName.get(server.versus), metric);
    if (versus) result.versus = versus;
    const bound = gates[result.io];
    if (isOurs(result) && bound !== undefined) {
      result.gates.push(gate(`share of ${server.reference}`, share?.median, bound, true));
    }
  }
  return results;
}

// How a server with more threads stands to itself with one, as a share of what the bare loop makes of as many
// threads: quotients of quotients, repetition by repetition. `one`, `bare`, `bareOne`: results of the same run.
export function judgeThreads(result, one, bare, bareOne, metric, bound) {
  const quotient = shareOf(result, one, metric);
  const bareQuotient = shareOf(bare, bareOne, metric);
  delete result.share;
  if (quotient) result.quotient = quotient;
  if (bareQuotient) bare.quotient = bareQuotient;
  if (quotient && bareQuotient) {
    const own = result.values[metric].map((value, i) => value / one.values[metric][i]);
    const theirs = bare.values[metric].map((value, i) => value / bareOne.values[metric][i]);
    result.share = { ...quotients(own, theirs), of: bare.server, metric };
  }
  if (bound !== undefined) {
    result.gates.push(gate(`more threads, of ${bare?.server ?? 'bare'}`, result.share?.median, bound, true));
  }
}

// Rounds in which the reference itself did not keep up: it delivered a fifth less than was offered in the time
// until all was there, or its median was more than three times its usual one. Both mean that the machine stood
// still, for the reference was offered half of what it had just reached.
const keptUp = 0.8;
const unusual = 3;
function disturbedRounds({ values }) {
  const usual = spread(values.p50)?.median ?? NaN;
  return values.p50.map(
    (p50, i) => values.sent[i] < keptUp * values.offered[i] || p50 > unusual * usual,
  );
}

// With more of them than this the quotients say nothing about half a load.
const disturbedAtMost = 1 / 3;

// Latencies against the bare loop's, slice by slice: at most `bounds` times as long. All rounds count: to leave
// out those in which the bare loop stalled, and keep those in which we did, would be another question. How many
// there were, and what the others say, stands beside it.
export function judgeLatency(results, servers, bounds) {
  const byName = new Map(results.map((result) => [result.server, result]));
  for (const result of results) {
    const { reference: name } = servers.find((server) => server.name === result.server);
    const reference = byName.get(name);
    const isPair = result.state === 'measured' && reference?.state === 'measured';
    const disturbed = isPair ? disturbedRounds(reference) : [];
    const rounds = disturbed.filter(Boolean).length;
    const isJudged = rounds <= disturbedAtMost * disturbed.length;
    result.metric = 'p99';
    result.shares = {};
    if (isPair) result.disturbed = { rounds, of: disturbed.length };
    for (const [metric, bound] of Object.entries(bounds)) {
      const share = shareOf(result, reference, metric);
      if (share) {
        const undisturbed = result.values[metric].map((value, i) => (disturbed[i] ? NaN : value));
        result.shares[metric] = share;
        result.disturbed[metric] = quotients(undisturbed, reference.values[metric]);
      }
      if (isOurs(result))
        result.gates.push(gate(`${metric} to ${name}`, isJudged ? share?.median : NaN, bound, false));
    }
  }
  return results;
}

// "the bare loop stalled in 1 (epoll) and 0 (io_uring) of 36 rounds"
export function countOfDisturbances(results) {
  const pairs = results.filter(({ family, disturbed }) => family === 'stentor' && disturbed);
  const counts = pairs.map(({ io, disturbed }) => `${disturbed.rounds} (${io})`);
  return pairs.length === 0
    ? ''
    : `the bare loop stalled in ${counts.join(' and ')} of ${pairs[0].disturbed.of} rounds`;
}

// What the rounds in which the machine stood still make of the shares: nothing when there were none.
export function disturbancesIn(results) {
  return results
    .filter(({ family, disturbed }) => family === 'stentor' && disturbed?.rounds > 0)
    .map(({ server, shares, disturbed: { rounds, of, ...calm } }) => {
      const without = Object.entries(calm)
        .filter(([, share]) => share)
        .map(([metric, share]) => `${metric} ${ratio(share.median)} instead of ${ratio(shares[metric].median)}`)
        .join(', ');
      const verdict = rounds > disturbedAtMost * of ? '; too many to judge by, measure again' : '';
      return `${server}: in ${rounds} of ${of} rounds the bare loop did not keep up with half of what it had just reached: the machine stalled. All of them count; without them ${without}${verdict}`;
    });
}

// How long it takes until all of so many are back, and what one costs the server, against the bare loop's. No
// gate: what a login and a join are worth is not the bare loop's to say.
export function judgeStorm(results, servers, connections) {
  const byName = new Map(results.map((result) => [result.server, result]));
  const strangers = strangersShare(results);
  for (const result of results.filter(({ state }) => state === 'measured')) {
    const work = result.values[workMetric(result.io, strangers)];
    result.values.back = result.values.rate.map((rate) => (1e9 * connections) / rate);
    result.values.cpu_per_return = work.map((returns) => 1e9 / returns);
    for (const metric of ['back', 'cpu_per_return'])
      result.metrics[metric] = spread(result.values[metric]) ?? undefined;
  }
  for (const result of results) {
    const server = servers.find(({ name }) => name === result.server);
    result.metric = 'back';
    result.shares = {};
    for (const metric of ['back', 'cpu_per_return']) {
      const share = shareOf(result, byName.get(server.reference), metric);
      if (share) result.shares[metric] = share;
    }
    const versus = server.versus && shareOf(result, byName.get(server.versus), workMetric(result.io, strangers));
    if (versus) result.versus = versus;
  }
  return results;
}

// One point of the latency curve. A load is held when what was offered was delivered too, without a fault. A
// slice lasts until the last delivery, so what is late makes it longer: by a twentieth at most.
const heldShare = 0.95;
export function pointOf(offered, results) {
  return {
    offered,
    results: results.map((result) => {
      if (result.state !== 'measured')
        return { server: result.server, state: result.state, reason: result.reason };
      const reached = result.metrics.rate?.median ?? 0;
      return {
        server: result.server,
        state: 'measured',
        reached,
        held: reached >= heldShare * offered && isIntact(result.integrity),
        p50: result.metrics.p50 ?? null,
        p99: result.metrics.p99 ?? null,
        p999: result.metrics.p999 ?? null,
        per_cpu_second: result.metrics.per_cpu_second ?? null,
        integrity: result.integrity,
      };
    }),
  };
}

// The goal of a sweep for each of our servers: at one offered load, held, p99 within the bound.
export function judgeSweep(points, servers, goal) {
  const at = points.find(({ offered }) => offered === goal.offered);
  return servers.map((server) => {
    const seen = points.map((point) => point.results.find(({ server: name }) => name === server.name));
    const base = { server: server.name, family: server.family, io: server.io, metrics: {}, gates: [] };
    const result = seen.some((one) => one?.state === 'measured')
      ? { ...base, state: 'measured' }
      : {
          ...base,
          state: 'failed',
          reason: seen.find((one) => one?.reason)?.reason ?? 'nothing was measured',
        };
    // Up to the first load that is not held: what lies behind it is luck.
    const broken = seen.findIndex((one) => !one?.held);
    const held = broken < 0 ? seen : seen.slice(0, broken);
    result.held = held.length > 0 ? points[held.length - 1].offered : 0;
    if (at && server.family === 'stentor') {
      const one = at.results.find(({ server: name }) => name === server.name);
      result.gates.push(
        gate('p99 at 2 M/s, all of it delivered', one?.held ? one.p99?.median : NaN, goal.p99_ns, false),
      );
    }
    if (at)
      result.metrics.p99 = at.results.find(({ server: name }) => name === server.name)?.p99 ?? undefined;
    return result;
  });
}

// A row in one word: did what was measured pass? null: nothing was to be judged.
export function verdictOf(row) {
  const results = row.results ?? [];
  const ours = results.filter((result) => result.family === 'stentor' && result.state !== 'skipped');
  if (row.state === 'failed') return false;
  if (row.state === 'skipped') return null;
  if (ours.some((result) => result.integrity && !isIntact(result.integrity))) return false;
  const gates = ours.flatMap((result) => result.gates);
  if (gates.length === 0) return ours.some((result) => result.state === 'failed') ? false : null;
  return gates.every(({ pass }) => pass);
}
