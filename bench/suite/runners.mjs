// How each kind of row is measured. A runner gets the context of the run and a row, and returns what the
// report shows: {results, points?, note?, warnings}. What fails is a result that says so; others go on.
//
// The context: {settings, profile, programs, cores, servers, descriptors, congestion, kinds}.
import { readFileSync } from 'node:fs';
import { failed, gate, judgeLatency, judgePaired, judgeSweep, measured, pointOf, skipped } from './judge.mjs';
import { drive, slicing } from './load.mjs';
import { divideCores } from './machine.mjs';
import { start, stentor, targetOf } from './servers.mjs';
import { stall } from './stalled.mjs';
import { faults, quotients } from './stats.mjs';

const serving = (context, row) => context.servers.filter((server) => !server.serves || server.serves(row));

function coresFor(context, count) {
  const cores = divideCores(context.cores, count);
  if (!cores) throw new Skip(`needs ${count + 1} cores, ${context.cores.length} are here`);
  return cores;
}

// Thrown by a runner when the row makes no sense on this machine.
export class Skip extends Error {}

// Starts the servers, calls body(up, results) where results has an entry for each that did not start, and
// ends them all. `coresOf(server)` says where each runs.
async function withServers(servers, row, coresOf, body) {
  const up = [];
  const results = [];
  try {
    for (const server of servers) {
      try { up.push(await start(server, row, coresOf(server), server.environment)); } catch (error) { results.push(failed(server, error.message)); }
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

// At most 60 steps of a distribution, as [value, quantile] with quantiles from 0 to 1.
function thinned(steps) {
  const scale = steps.some(([, percentile]) => percentile > 1) ? 100 : 1;
  const every = Math.ceil(steps.length / 60);
  return steps.filter((_, i) => i % every === 0 || i === steps.length - 1).map(([value, percentile]) => [value, percentile / scale]);
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
      return { answer: await drive(context.bench, loadCores, targets, flags, expected_ms * willing.length), willing, refused };
    } catch (error) {
      const culprit = willing.find((one) => one.died() !== null || error.message.includes(`target ${one.name}`));
      const put_aside = culprit ? [culprit] : willing;
      refused.push(...put_aside.map((one) => failed(one.server, one.died() ?? error.message)));
      willing = willing.filter((one) => !put_aside.includes(one));
    }
  }
  return { answer: { targets: [] }, willing: [], refused };
}

async function driveInTurn(context, row, servers, coresOf, loadCores, flags, expected_ms, count) {
  const warnings = [];
  const results = await withServers(servers, row, coresOf, async (up, missing) => {
    const { answer, willing, refused } = await driveTheWilling(context, row, up, coresOf, loadCores, flags, expected_ms);
    warnings.push(...(answer.warnings ?? []));
    context.keep(row, answer);
    return [...missing, ...refused, ...willing.map((one) => {
      const target = answer.targets.find(({ name }) => name === one.name);
      if (target?.slices?.length) return { ...measured(one.server, target, count), ...(row.latency ? { distribution: thinned(target.hgrm ?? []) } : {}) };
      return failed(one.server, one.died() ?? 'the load tool measured nothing');
    })];
  });
  return { results: inOrder(results, servers), warnings };
}

async function inTurn(context, row, flags, slice_ms, repetitions, servers = serving(context, row)) {
  const cores = coresFor(context, 1);
  const tooSmall = servers.filter(({ connectionsMax }) => connectionsMax < row.connections);
  const results = tooSmall.map((server) => skipped(server, `serves ${server.connectionsMax} connections at most`));
  const warnings = [];
  for (const part of partsOf(servers.filter((server) => !tooSmall.includes(server)), row.connections, context.descriptors)) {
    const one = await driveInTurn(context, row, part, () => cores.server, cores.load,
      [...flags, ...slicing(slice_ms, repetitions)], slice_ms * repetitions, row.count);
    // Judged within its part, where all were driven in turn; a reference's figures stay those of the first.
    if (row.kind === 'paired') judgePaired(one.results, servers, row.gates);
    if (row.kind === 'halfload') judgeLatency(one.results, servers, row.latencyGates);
    results.push(...one.results.filter((result) => !results.some(({ server }) => server === result.server)));
    warnings.push(...one.warnings);
  }
  return { results: inOrder(results, servers), warnings };
}

function paired(context, row) {
  const { slice_ms, repetitions } = context.settings;
  return inTurn(context, row, row.load, slice_ms, repetitions);
}

async function halfload(context, row) {
  const { slice_ms, repetitions } = context.settings;
  const bareEpoll = context.servers.filter(({ name }) => name === 'bare epoll');
  const closed = await inTurn(context, { ...row, kind: 'capacity' }, [...row.load, ...row.capacity], slice_ms, Math.min(3, repetitions), bareEpoll);
  const capacity = closed.results[0]?.metrics?.rate?.median;
  if (!capacity) throw new Error(`the bare epoll loop gave no rate: ${closed.results[0]?.reason ?? 'it is not there'}`);
  const messages = Math.max(1, Math.round(capacity / 2 / row.members));
  const answer = await inTurn(context, row, [...row.load, '--rate', messages], slice_ms, repetitions);
  return { ...answer, offered: messages * row.members };
}

async function sweep(context, row) {
  const { sweep_ms, sweep_repetitions } = context.settings;
  const servers = serving(context, row).filter(({ family }) => family !== 'peer');
  const points = [];
  const warnings = [];
  for (const offered of row.offered[context.profile] ?? row.offered.quick) {
    const answer = await inTurn(context, row, [...row.load, '--rate', Math.round(offered / row.members)], sweep_ms, sweep_repetitions, servers);
    points.push(pointOf(offered, answer.results));
    warnings.push(...answer.warnings.map((words) => `at ${offered / 1e6} M/s: ${words}`));
    context.progress(`${points.length} of ${(row.offered[context.profile] ?? row.offered.quick).length} loads`);
  }
  return { results: judgeSweep(points, servers, row.goal), points, warnings };
}

// Each alone: what one server holds must not press on another.
async function alone(context, row, servers, flagsOf, expected_ms, during = async (one, run) => run()) {
  const cores = coresFor(context, 1);
  const results = [];
  const warnings = [];
  for (const server of servers) {
    const found = await withServers([server], row, () => cores.server, async (up, missing) => {
      if (up.length === 0) return missing[0];
      const run = () => drive(context.bench, cores.load, [targetOf(up[0], row, cores.server)], flagsOf(server), expected_ms);
      try {
        const answer = await during(up[0], run);
        context.keep(row, answer);
        warnings.push(...(answer.warnings ?? []));
        return { ...measured(server, answer.targets[0], row.count), target: answer.targets[0], rss: answer.rss };
      } catch (error) {
        return failed(server, up[0].died() ?? error.message);
      }
    });
    results.push(found);
  }
  return { results, warnings };
}

async function memory(context, row) {
  const wanted = row.connections[context.profile] ?? row.connections.quick;
  const connections = Math.max(200, Math.min(Math.floor(wanted * context.settings.connections), context.descriptors - 400));
  const flags = ({ connectionsMax = connections }) => ['idle', '--connections', Math.min(connections, connectionsMax), '--duration', '1s'];
  const servers = serving(context, row).filter(({ family }) => family !== 'bare');
  const answer = await alone(context, row, servers, flags, 20_000 + connections * 4);
  const once = (value) => (Number.isFinite(value) ? { median: value, min: value, max: value, count: 1 } : undefined);
  for (const result of answer.results) {
    const { rss_bytes_per_connection: before, rss_bytes_per_connection_after_traffic: after } = result.target ?? {};
    delete result.target;
    result.metric = 'bytes';
    if (result.state !== 'measured') continue;
    result.metrics = { bytes: once(after), bytes_before: once(before) };
    if (result.family === 'stentor') result.gates.push(gate('bytes', after ?? NaN, row.gateBytes, false));
  }
  return { ...answer, note: `${connections} connections` };
}

const residentBytes = (pid) => {
  try { return 1024 * Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]); } catch { return NaN; }
};

// Growth of the resident set between before and the highest seen.
async function withGrowth(one, run) {
  const before = residentBytes(one.pid);
  let peak = before;
  const timer = setInterval(() => { peak = Math.max(peak, residentBytes(one.pid) || 0); }, 50);
  try { return { ...(await run()), rss: { before, peak } }; } finally { clearInterval(timer); }
}

async function slow(context, row) {
  const servers = serving(context, row).filter(({ family }) => family !== 'bare');
  const { cores, settings } = context;
  const duration_ms = settings.seconds * 1000;
  const flags = (connections) => [...row.load, '--connections', connections, ...slicing(duration_ms, 1)];
  const quiet = await alone(context, row, servers, () => flags(row.connections), duration_ms, withGrowth);
  const answer = await alone(context, row, servers, () => flags(row.connections - row.stalled), duration_ms, async (one, run) => {
    const end = await stall(targetOf(one, row, divideCores(cores, 1).server), row.stalled);
    try { return await withGrowth(one, run); } finally { end(); }
  });
  for (const [i, result] of answer.results.entries()) {
    delete result.target;
    if (result.state !== 'measured') continue;
    const growth = result.rss.peak - result.rss.before;
    result.metrics.growth = { median: growth, min: growth, max: growth, count: 1 };
    result.metric = 'growth';
    const share = quiet.results[i].state === 'measured' ? quotients(result.values.p99, quiet.results[i].values.p99) : null;
    if (share) result.share = { ...share, of: 'all reading', metric: 'p99' };
    if (result.family !== 'stentor') continue;
    result.gates.push(gate('growth', growth, row.gateBytes, false), gate('p99 to all reading', share?.median, row.gateRatio, false));
  }
  return { ...answer, note: `${settings.seconds} s` };
}

// The same server with several numbers of reactors, each on as many cores, all up at once.
async function reactors(context, row) {
  const most = row.reactors === 'half' ? Math.max(1, Math.ceil(context.cores.length / 2)) : row.reactors.at(-1);
  const numbers = row.reactors === 'half' ? Array.from({ length: most }, (_, i) => i + 1) : row.reactors;
  if (numbers.length < 2) throw new Skip(`needs 3 cores, ${context.cores.length} are here`);
  const cores = coresFor(context, most);
  const { slice_ms, repetitions } = context.settings;
  const servers = context.kinds.flatMap((io) => numbers.map((number) => ({
    ...stentor(`${context.programs}/stentor`, io, {
      name: `${io}, ${number} ${number === 1 ? 'reactor' : 'reactors'}`, reactors: number, reference: `${io}, 1 reactor`, congestion: context.congestion,
    }), number,
  })));
  const coresOf = (server) => cores.server.slice(0, server.number);
  const answer = await driveInTurn(context, row, servers, coresOf, cores.load, [...row.load, ...slicing(slice_ms, repetitions)], slice_ms * repetitions, row.count);
  judgePaired(answer.results, servers, {}, () => row.metric);
  for (const result of answer.results) {
    result.number = servers.find(({ name }) => name === result.server).number;
    if (row.gate && result.number === 2) result.gates.push(gate('share of one reactor', result.share?.median, row.gate, true));
  }
  return answer;
}

async function chat(context, row) {
  const { slice_ms, repetitions } = context.settings;
  const servers = serving(context, row).filter(({ family }) => family === 'stentor' || family === 'against');
  const answer = await inTurn(context, row, [...row.load, '--connections', row.connections], slice_ms, repetitions, servers);
  for (const result of answer.results) {
    result.metric = 'rate';
    if (result.state !== 'measured' || result.family !== 'stentor') continue;
    result.gates.push(gate('lost, doubled, out of order or skipped', faults.reduce((sum, name) => sum + result.integrity[name], 0), 0, false));
  }
  return answer;
}

export const runners = { paired, halfload, sweep, memory, slow, reactors, chat };
export { skipped };
