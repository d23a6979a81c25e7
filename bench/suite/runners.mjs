// How each kind of row is measured. A runner gets the context of the run (in_turn.mjs) and a row, and returns
// what the report shows: {results, points?, note?, warnings}.
import { ratio } from './figures.mjs';
import { coresFor, driveInTurn, inTurn, serving, Skip, slicesOf } from './in_turn.mjs';
import {
  countOfDisturbances,
  disturbancesIn,
  gate,
  judgePaired,
  judgeSweep,
  judgeThreads,
  pointOf,
} from './judge.mjs';
import { memory, slow } from './memory_runners.mjs';
import { micro } from './micro.mjs';
import { bare, stentor } from './servers.mjs';
import { faults } from './stats.mjs';
import { tls } from './tls_runner.mjs';

function paired(context, row) {
  const [slice_ms, repetitions] = slicesOf(context, row);
  return inTurn(context, row, row.load, slice_ms, repetitions);
}

async function halfload(context, row) {
  const { programs, congestion } = context;
  const name = 'yardstick';
  const yardstick = bare(`${programs}/stentor-limit`, 'epoll', { name, congestion });
  const answer = await inTurn(
    context,
    { ...row, yardstick },
    [...row.load, '--share', row.share],
    ...slicesOf(context, row),
  );
  const offered = answer.results.find(({ metrics }) => metrics?.offered)?.metrics.offered;
  const told = disturbancesIn(answer.results);
  return {
    ...answer,
    note: countOfDisturbances(answer.results),
    ...(offered ? { offered: timesMembers(offered, row.members) } : {}),
    warnings: [...answer.warnings.filter((words) => !words.includes('of --share')), ...told],
  };
}

const timesMembers = ({ median, min, max, count }, members) => ({
  median: median * members,
  min: min * members,
  max: max * members,
  count,
});

async function storm(context, row) {
  const answer = await paired(context, row);
  const retries = answer.results
    .filter(({ integrity }) => integrity && integrity.messages > integrity.deliveries)
    .map(({ server, integrity }) => `${server} ${integrity.messages - integrity.deliveries}`);
  const note = retries.length > 0 ? `had to try again: ${retries.join(', ')}` : 'nobody had to try again';
  return { ...answer, note };
}

export const loadsOf = ({ profile }, row) => row.offered[profile] ?? row.offered.quick;

async function sweep(context, row) {
  const { sweep_ms, sweep_repetitions } = context.settings;
  const servers = serving(context, row).filter(({ family }) => family !== 'peer');
  const points = [];
  const warnings = [];
  const loads = loadsOf(context, row);
  for (const offered of loads) {
    const answer = await inTurn(
      context,
      row,
      [...row.load, '--rate', Math.round(offered / row.members)],
      sweep_ms,
      sweep_repetitions,
      servers,
    );
    points.push(pointOf(offered, answer.results));
    // That less went through than was offered is what the curve shows.
    warnings.push(
      ...answer.warnings
        .filter((words) => !words.includes('of --rate'))
        .map((words) => `at ${offered / 1e6} M/s: ${words}`),
    );
    context.progress(`${points.length} of ${loads.length} loads`);
  }
  return { results: judgeSweep(points, servers, row.goal), points, warnings };
}

// What a row compares: the same server with several numbers of reactors, each on as many cores, or with
// several stores.
export function variantsOf(context, row) {
  if (row.stores)
    return row.stores.map((store) => ({ label: store, cores: 2, flags: { store, cores: 2 } }));
  const most =
    row.reactors === 'half' ? Math.max(1, Math.ceil(context.cores.length / 2)) : row.reactors.at(-1);
  const numbers = row.reactors === 'half' ? Array.from({ length: most }, (_, i) => i + 1) : row.reactors;
  if (numbers.length < 2) throw new Skip(`needs 3 cores, ${context.cores.length} are here`);
  return numbers.map((number) => ({
    label: `${number} ${number === 1 ? 'reactor' : 'reactors'}`,
    number,
    cores: number,
    flags: { reactors: number },
  }));
}

// All variants are up at once; the first one is what the others are judged by.
async function variants(context, row) {
  const all = variantsOf(context, row);
  const answers = [];
  for (const io of context.kinds) answers.push(await variantsOn(context, row, all, io));
  return {
    results: answers.flatMap(({ results }) => results),
    warnings: answers.flatMap(({ warnings }) => warnings),
    note: answers
      .map(({ note }) => note)
      .filter(Boolean)
      .join('; '),
  };
}

async function variantsOn(context, row, all, io) {
  const cores = coresFor(context, Math.max(...all.map((variant) => variant.cores)));
  const [slice_ms, repetitions] = slicesOf(context, row);
  const { programs, congestion } = context;
  const name = (variant) => `${io}, ${variant.label}`;
  const servers = all.map((variant) => ({
    ...stentor(`${programs}/stentor`, io, {
      name: name(variant),
      reference: variant === all[0] ? undefined : name(all[0]),
      congestion,
      ...variant.flags,
    }),
    variant,
  }));
  for (const variant of row.work ? all : []) {
    const label = `bare, ${variant.number} ${variant.number === 1 ? 'thread' : 'threads'}`;
    servers.push({
      ...bare(`${programs}/stentor-limit`, io, {
        name: `${io}, ${label}`,
        threads: variant.number,
        congestion,
      }),
      variant: { ...variant, label },
    });
  }
  const answer = await driveInTurn(
    context,
    row,
    servers,
    (server) => cores.server.slice(0, server.variant.cores),
    cores.load,
    row.load,
    { slice_ms, repetitions },
    row.count,
  );
  judgePaired(answer.results, servers, {}, () => row.metric);
  const resultOf = (family, number) =>
    answer.results.find((result) => result.family === family && result.number === number);
  for (const result of answer.results) {
    const { label, number } = servers.find((server) => server.name === result.server).variant;
    Object.assign(result, { variant: label, ...(number ? { number } : {}) });
  }
  for (const result of answer.results.filter(({ family }) => family === 'stentor')) {
    const bound = row.gates?.[result.variant];
    if (row.work && result.variant !== all[0].label) {
      const [one, bareOne] = ['stentor', 'bare'].map((family) => resultOf(family, all[0].number));
      judgeThreads(result, one, resultOf('bare', result.number), bareOne, row.metric, bound);
    } else if (bound) {
      result.gates.push(gate(`share of ${all[0].label}`, result.share?.median, bound, true));
    }
  }
  return { ...answer, note: quotientsIn(answer.results, all[0].label) };
}

const quotientsIn = (results, first) =>
  results
    .filter(({ quotient }) => quotient)
    .map(({ server, quotient }) => `${server}: ${ratio(quotient.median)} of ${first}`)
    .join(', ');

async function chat(context, row) {
  const { slice_ms, repetitions } = context.settings;
  const servers = serving(context, row).filter(({ family }) => family === 'stentor' || family === 'against');
  const answer = await inTurn(
    context,
    row,
    [...row.load, '--connections', row.connections],
    slice_ms,
    repetitions,
    servers,
  );
  for (const result of answer.results) {
    result.metric = 'rate';
    if (result.state !== 'measured' || result.family !== 'stentor') continue;
    result.gates.push(
      gate(
        'lost, doubled, out of order or skipped',
        faults.reduce((sum, name) => sum + result.integrity[name], 0),
        0,
        false,
      ),
    );
  }
  return answer;
}

export const runners = { paired, halfload, sweep, storm, memory, slow, variants, tls, chat, micro };
