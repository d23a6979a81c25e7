// The rows about what a server holds: idle connections, and members who do not read.
import { readFileSync } from 'node:fs';
import { alone, serving } from './in_turn.mjs';
import { gate } from './judge.mjs';
import { slicing } from './load.mjs';
import { divideCores } from './machine.mjs';
import { targetOf } from './servers.mjs';
import { stall } from './stalled.mjs';
import { quotients } from './stats.mjs';

export function idleConnections({ profile, settings, descriptors }, row) {
  const wanted = row.connections[profile] ?? row.connections.quick;
  return Math.max(200, Math.min(Math.floor(wanted * settings.connections), descriptors - 400));
}

export async function memory(context, row) {
  const connections = idleConnections(context, row);
  const flags = ({ connectionsMax = connections }) => [
    'idle',
    '--connections',
    Math.min(connections, connectionsMax),
    '--duration',
    '1s',
  ];
  const servers = serving(context, row).filter(({ family }) => family !== 'bare');
  const answer = await alone(context, row, servers, flags, 20_000 + connections * 4);
  const once = (value) =>
    Number.isFinite(value) ? { median: value, min: value, max: value, count: 1 } : undefined;
  for (const result of answer.results) {
    const { rss_bytes_per_connection: before, rss_bytes_per_connection_after_traffic: after } =
      result.target ?? {};
    delete result.target;
    result.metric = 'bytes';
    if (result.state !== 'measured') continue;
    result.metrics = { bytes: once(after), bytes_before: once(before) };
    if (result.family === 'stentor') result.gates.push(gate('bytes', after ?? NaN, row.gateBytes, false));
  }
  return { ...answer, note: `${connections} connections` };
}

const residentBytes = (pid) => {
  try {
    return 1024 * Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  } catch {
    return NaN;
  }
};

// Growth of the resident set between before and the highest seen.
async function withGrowth(one, run) {
  const before = residentBytes(one.pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(one.pid) || 0);
  }, 50);
  try {
    return { ...(await run()), rss: { before, peak } };
  } finally {
    clearInterval(timer);
  }
}

export async function slow(context, row) {
  const servers = serving(context, row).filter(({ family }) => family !== 'bare');
  const { cores, settings } = context;
  const duration_ms = settings.seconds * 1000;
  const flags = (connections) => [...row.load, '--connections', connections, ...slicing(duration_ms, 1)];
  const quiet = await alone(context, row, servers, () => flags(row.connections), duration_ms, withGrowth);
  const answer = await alone(
    context,
    row,
    servers,
    () => flags(row.connections - row.stalled),
    duration_ms,
    async (one, run) => {
      const end = await stall(targetOf(one, row, divideCores(cores, 1).server), row.stalled);
      try {
        return await withGrowth(one, run);
      } finally {
        end();
      }
    },
  );
  for (const [i, result] of answer.results.entries()) {
    delete result.target;
    if (result.state !== 'measured') continue;
    const growth = result.rss.peak - result.rss.before;
    result.metrics.growth = { median: growth, min: growth, max: growth, count: 1 };
    result.metric = 'growth';
    const share =
      quiet.results[i].state === 'measured'
        ? quotients(result.values.p99, quiet.results[i].values.p99)
        : null;
    if (share) result.share = { ...share, of: 'all reading', metric: 'p99' };
    if (result.family !== 'stentor') continue;
    result.gates.push(
      gate('growth', growth, row.gateBytes, false),
      gate('p99 to all reading', share?.median, row.gateRatio, false),
    );
  }
  return { ...answer, note: `${settings.seconds} s` };
}
