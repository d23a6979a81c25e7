// Servers that are driven in turn, all up at once, or each alone. What fails is a result that says so; the
// others go on. Every function gets the context of the run: {settings, profile, programs, bench, cores,
// servers, descriptors, congestion, kinds, keep, progress}.
import { failed, judgeLatency, judgePaired, judgeStorm, measured, skipped } from './judge.mjs';
import { drive, slicing } from './load.mjs';
import { divideCores } from './machine.mjs';
import { start, targetOf } from './servers.mjs';
import { mergedDistribution } from './stats.mjs';

export const serving = (context, row) =>
  context.servers.filter((server) => !server.serves || server.serves(row));

export function coresFor(context, count) {
  const cores = divideCores(context.cores, count);
  if (!cores) throw new Skip(`needs ${count + 1} cores, ${context.cores.length} are here`);
  return cores;
}

// Thrown by a runner when the row makes no sense on this machine.
export class Skip extends Error {}

// Starts the servers, calls body(up, results) where results has an entry for each that did not start, and
// ends them all. `coresOf(server)` says where each runs.
export async function withServers(servers, row, coresOf, body) {
  const up = [];
  const results = [];
  try {
    for (const server of servers) {
      try {
        up.push(await start(server, row, coresOf(server), server.environment));
      } catch (error) {
        results.push(failed(server, error.message));
      }
    }
    return await body(up, results);
  } finally {
    await Promise.all(up.map((one) => one.stop()));
  }
}

// The load tool holds a descriptor for each connection to each server: more than it may have go in parts,
// each with the references.
export function partsOf(servers, connections, descriptors) {
  const at_once = Math.max(2, Math.floor((descriptors - 200) / Math.max(1, connections)));
  if (servers.length <= at_once) return [servers];
  const references = servers.filter(({ family }) => family === 'bare');
  const others = servers.filter(({ family }) => family !== 'bare');
  const room = Math.max(1, at_once - references.length);
  const parts = [];
  for (let i = 0; i < others.length; i += room) parts.push([...references, ...others.slice(i, i + room)]);
  return parts;
}

// The distribution of all starts, at most 60 steps of it.
function distributionOf(targets) {
  const steps = mergedDistribution(
    targets
      .filter(({ hgrm }) => hgrm?.length)
      .map(({ hgrm, latency_ns: { count } }) => ({ steps: quantiles(hgrm), count })),
  );
  const every = Math.ceil(steps.length / 60);
  return steps.filter((_, i) => i % every === 0 || i === steps.length - 1);
}

// From 0 to 1, where the tool may count to 100.
function quantiles(steps) {
  const scale = steps.some(([, percentile]) => percentile > 1) ? 100 : 1;
  return steps.map(([value, percentile]) => [value, percentile / scale]);
}

function inOrder(results, servers) {
  const place = (result) => servers.findIndex(({ name }) => name === result.server);
  return results.sort((a, b) => place(a) - place(b));
}

// Drives what is up. The load tool ends when one of its targets fails, and says which: that one is put
// aside, and the others are driven without it.
async function driveTheWilling(context, row, up, coresOf, loadCores, flags, expected_ms) {
  const refused = [];
  for (let willing = up; willing.length > 0;) {
    try {
      const targets = willing.map((one) => targetOf(one, row, coresOf(one.server)));
      return {
        answer: await drive(context.bench, loadCores, targets, flags, expected_ms * willing.length),
        willing,
        refused,
      };
    } catch (error) {
      const culprit = willing.find(
        (one) => one.died() !== null || error.message.includes(`target ${one.name}`),
      );
      // Without it the next one would be taken for it.
      if (culprit && culprit.server === row.yardstick)
        throw new Error(`${culprit.name}: ${culprit.died() ?? error.message}`);
      const put_aside = culprit ? [culprit] : willing;
      refused.push(...put_aside.map((one) => failed(one.server, one.died() ?? error.message)));
      willing = willing.filter((one) => !put_aside.includes(one));
    }
  }
  return { answer: { targets: [] }, willing: [], refused };
}

async function driveOnce(context, row, servers, coresOf, loadCores, flags, expected_ms) {
  return withServers(servers, row, coresOf, async (up, missing) => {
    const lacking = missing.find(({ server }) => server === row.yardstick?.name);
    if (lacking) throw new Error(lacking.reason);
    const { answer, willing, refused } = await driveTheWilling(
      context,
      row,
      up,
      coresOf,
      loadCores,
      flags,
      expected_ms,
    );
    context.keep(row, answer);
    const driven = willing.map((one) => {
      const target = answer.targets.find(({ name }) => name === one.name);
      if (target?.slices?.length) return { server: one.server, target };
      return { failure: failed(one.server, one.died() ?? 'the load tool measured nothing') };
    });
    return {
      failures: [...missing, ...refused, ...driven.flatMap(({ failure }) => failure ?? [])],
      driven: driven.filter(({ target }) => target),
      warnings: answer.warnings ?? [],
    };
  });
}

// What was agreed is the same in each start; what was counted adds up.
function tlsOfAll(starts) {
  if (!starts[0]) return undefined;
  const sum = (count) => starts.reduce((total, one) => total + one[count], 0);
  return { ...starts[0], handshakes: sum('handshakes'), resumed: sum('resumed') };
}

// The slices of all starts as one: at each place, those of all servers are of the same repetition. What else the
// load tool says of a start as a whole is dropped.
function together(targets) {
  if (targets.length === 1) return targets[0];
  return { slices: targets.flatMap(({ slices }) => slices), tls: tlsOfAll(targets.map((target) => target.tls)) };
}

// [slice_ms, repetitions]: a row may want more of them, or shorter ones.
export const slicesOf = ({ settings }, row) => [
  Math.round(settings.slice_ms / (row.shorter ?? 1)),
  settings.repetitions * (row.rounds ?? 1),
];

// So many starts has a row that says nothing else: what is compared in pairs is compared over several.
const startsByKind = { paired: 4, halfload: 4, storm: 4, tls: 4 };
export const startsOf = (row) => row.starts ?? startsByKind[row.kind] ?? 1;

// Neighbours stay neighbours, and as far as there are starts another one is the first in each: the one that is
// connected to first is faster than its equal, by up to a tenth.
export function orderIn(start, servers) {
  const first = 2 * (start >> 1);
  const turned = servers.map((_, place) => servers[(place + first) % servers.length]);
  return start % 2 === 0 ? turned : turned.reverse();
}

// The same but for its figures is said once.
const distinct = (warnings) => [
  ...new Map(warnings.map((words) => [words.replace(/[\d.]+/g, '#'), words])).values(),
];

// `repetitions` in all, divided among the starts that the row asks for. Who failed in one is left out of the
// next ones. `row.yardstick` is a server that stands before all others in each start, and without which there
// is nothing to measure.
export async function driveInTurn(
  context,
  row,
  servers,
  coresOf,
  loadCores,
  flags,
  { slice_ms, repetitions },
  count,
) {
  const all = Math.min(startsOf(row), repetitions);
  const each = Math.ceil(repetitions / all);
  const starts = [];
  const failures = new Map();
  for (let i = 0; i < all && !(i > 0 && context.interrupted()); i += 1) {
    const one = await driveOnce(
      context,
      row,
      [row.yardstick ?? [], orderIn(i, servers).filter(({ name }) => !failures.has(name))].flat(),
      coresOf,
      loadCores,
      [...flags, ...slicing(slice_ms, each)],
      slice_ms * each,
    );
    for (const failure of one.failures) failures.set(failure.server, failure);
    starts.push(one);
  }
  const results = servers.map((server) => {
    if (failures.has(server.name)) return failures.get(server.name);
    const targets = starts
      .flatMap(({ driven }) => driven.filter((one) => one.server === server))
      .map((one) => one.target);
    const result = measured(server, together(targets), count);
    return row.latency ? { ...result, distribution: distributionOf(targets) } : result;
  });
  return { results, warnings: distinct(starts.flatMap(({ warnings }) => warnings)) };
}

export async function inTurn(context, row, flags, slice_ms, repetitions, servers = serving(context, row)) {
  const cores = coresFor(context, 1);
  const tooSmall = servers.filter(({ connectionsMax }) => connectionsMax < row.connections);
  const results = tooSmall.map((server) =>
    skipped(server, `serves ${server.connectionsMax} connections at most`),
  );
  const warnings = [];
  for (const part of partsOf(
    servers.filter((server) => !tooSmall.includes(server)),
    row.connections,
    context.descriptors - (row.yardstick ? row.connections : 0),
  )) {
    const one = await driveInTurn(
      context,
      row,
      part,
      () => cores.server,
      cores.load,
      flags,
      { slice_ms, repetitions },
      row.count,
    );
    // Judged within its part, where all were driven in turn; a reference's figures stay those of the first.
    if (row.kind === 'paired' || row.kind === 'tls') judgePaired(one.results, servers, row.gates);
    if (row.kind === 'storm') judgeStorm(one.results, servers, row.connections);
    if (row.kind === 'halfload') judgeLatency(one.results, servers, row.latencyGates);
    results.push(...one.results.filter((result) => !results.some(({ server }) => server === result.server)));
    warnings.push(...one.warnings);
  }
  return { results: inOrder(results, servers), warnings };
}

// Each alone: what one server holds must not press on another.
export async function alone(context, row, servers, flagsOf, expected_ms, during = async (one, run) => run()) {
  const cores = coresFor(context, 1);
  const results = [];
  const warnings = [];
  for (const server of servers) {
    const found = await withServers(
      [server],
      row,
      () => cores.server,
      async (up, missing) => {
        if (up.length === 0) return missing[0];
        const run = () =>
          drive(
            context.bench,
            cores.load,
            [targetOf(up[0], row, cores.server)],
            flagsOf(server),
            expected_ms,
          );
        try {
          const answer = await during(up[0], run);
          context.keep(row, answer);
          warnings.push(...(answer.warnings ?? []));
          return {
            ...measured(server, answer.targets[0], row.count),
            target: answer.targets[0],
            rss: answer.rss,
          };
        } catch (error) {
          return failed(server, up[0].died() ?? error.message);
        }
      },
    );
    results.push(found);
  }
  return { results, warnings };
}
