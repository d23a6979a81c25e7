// How long rows will take. Most of it is slept through and so known: slices, rounds, starts. What starting,
// connecting and settling take was seen on a quiet machine of 4 cores.
import { coresFor, partsOf, serving, Skip, slicesOf, startsOf } from './in_turn.mjs';
import { idleConnections } from './memory_runners.mjs';
import { loadsOf, variantsOf } from './runners.mjs';

const seen = {
  start_s: 0.1, // a server, up and down again
  warmup_s: 0.3, // of each server by the load tool
  connection_s: 50e-6,
  silence_s: 0.45, // that the load tool waits for
  between_s: 0.005, // slices
  return_s: 45e-6, // of a connection that dropped, in a storm
  idle_s: 6.3, // memory of a server without its connections
  idle_connection_s: 70e-6,
  benchmarks: 196,
  search: 1, // for the number of iterations, in times of a repetition
  overshoot: 1.3,
};

// So many servers in turn, all up at once.
function inTurn_s(servers, connections, wanted, [slice_ms, repetitions], warmup_s = seen.warmup_s) {
  const starts = Math.min(wanted, repetitions);
  const slices = Math.ceil(repetitions / starts) * servers * (slice_ms / 1000 + seen.between_s);
  const ready = servers * (seen.start_s + warmup_s + connections * seen.connection_s);
  return starts * (ready + seen.silence_s + slices);
}

// The same for all that serve a row, in parts if they have to be.
function parts_s(context, row, servers, slices, { yardsticks = 0, warmup_s } = {}) {
  const fitting = servers.filter(({ connectionsMax = row.connections }) => connectionsMax >= row.connections);
  const descriptors = context.descriptors - yardsticks * row.connections;
  return partsOf(fitting, row.connections, descriptors)
    .map(({ length }) => inTurn_s(length + yardsticks, row.connections, startsOf(row), slices, warmup_s))
    .reduce((sum, seconds) => sum + seconds, 0);
}

const alone = (context, row) => serving(context, row).filter(({ family }) => family !== 'bare').length;

const byKind = {
  paired: (context, row) => parts_s(context, row, serving(context, row), slicesOf(context, row)),
  halfload: (context, row) => parts_s(context, row, serving(context, row), slicesOf(context, row), { yardsticks: 1 }),
  sweep(context, row) {
    const { sweep_ms, sweep_repetitions } = context.settings;
    const servers = serving(context, row).filter(({ family }) => family !== 'peer');
    return loadsOf(context, row).length * parts_s(context, row, servers, [sweep_ms, sweep_repetitions]);
  },
  storm(context, row) {
    // Each lasts until all are back, and then until it has been silent.
    const storm_ms = 1000 * (row.connections * seen.return_s + seen.silence_s / 2);
    const slices = [storm_ms, slicesOf(context, row)[1]];
    return parts_s(context, row, serving(context, row), slices, { warmup_s: 0 });
  },
  memory: (context, row) =>
    alone(context, row) * (seen.idle_s + idleConnections(context, row) * seen.idle_connection_s),
  slow: (context, row) =>
    2 * alone(context, row) * inTurn_s(1, row.connections, 1, [context.settings.seconds * 1000, 1]),
  variants(context, row) {
    const variants = variantsOf(context, row);
    coresFor(context, Math.max(...variants.map(({ cores }) => cores)));
    const servers = variants.length * (row.work ? 2 : 1);
    return context.kinds.length * inTurn_s(servers, row.connections, startsOf(row), slicesOf(context, row));
  },
  // Each back end with and without.
  tls: (context, row) =>
    inTurn_s(2 * context.kinds.length, row.connections, startsOf(row), slicesOf(context, row)),
  chat(context, row) {
    const servers = serving(context, row).filter(({ family }) => ['stentor', 'against'].includes(family));
    return parts_s(context, row, servers, slicesOf(context, row));
  },
  micro: ({ settings: { micro_s, micro_repetitions } }) =>
    seen.benchmarks * micro_s * (seen.search + micro_repetitions * seen.overshoot),
};

// Nothing for a row that makes no sense on this machine. `context`: as the runners get it (in_turn.mjs).
export function secondsOf(context, row) {
  try {
    if (row.kind !== 'micro') coresFor(context, 1);
    return byKind[row.kind](context, row);
  } catch (error) {
    if (error instanceof Skip) return 0;
    throw error;
  }
}

export const planOf = (context, rows) =>
  rows.map((row) => secondsOf(context, row)).reduce((sum, seconds) => sum + seconds, 0);

// "about 40 seconds", "about 15 minutes"
export function about(seconds) {
  const inMinutes = seconds >= 90;
  const step = inMinutes ? 60 : seconds < 20 ? 1 : 10;
  const rounded = Math.max(1, Math.round(seconds / step)) * (inMinutes ? 1 : step);
  return `about ${rounded} ${inMinutes ? 'minute' : 'second'}${rounded === 1 ? '' : 's'}`;
}
