// A whole run: server, healthy clients, workers; or one connection again.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { generate, oracleOptions } from '../generate/generate.js';
import { judge } from '../oracle/oracle.js';
import { play } from './connection.js';
import { Healthy } from './healthy.js';
import { describeItem } from './matcher.js';
import { Reader } from './reader.js';
import { gauges, startServer } from './server.js';

// Kept by design: a room that is empty keeps what was said in it, and malloc some of what was freed.
const kept = new Set(['stentor_history_bytes', 'stentor_home_rooms', 'stentor_memory_used_bytes']);

async function settle(server, baseline, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const now = await gauges(server);
    const left = Object.keys(now).filter((name) => !kept.has(name) && now[name] !== baseline[name]);
    if (left.length === 0) return null;
    if (Date.now() > deadline) return `gauges that did not return: ${left.map((name) => `${name} ${baseline[name]} -> ${now[name]}`).join(', ')}`;
    await new Promise((later) => { setTimeout(later, 250); });
  }
}

function merge(into, counts) {
  for (const [key, value] of Object.entries(counts)) into[key] = (into[key] ?? 0) + value;
}

// `progress` is called with the totals now and then. Resolves to the totals; `failures` is empty when all was right.
export async function run({ program, count, seed, workers = 2, slots = 100, reactors = 2, maxFailures = 20, progress = () => {} }) {
  const server = await startServer(program, { reactors });
  const baseline = await gauges(server);
  const healthy = new Healthy(server.port);
  await healthy.ready;
  healthy.start();
  const totals = { done: 0, again: 0, ends: {}, failures: [], began: Date.now() };
  const children = Array.from({ length: workers }, () => fork(fileURLToPath(new URL('worker.js', import.meta.url)), { stdio: 'inherit' }));
  const share = Math.ceil(count / workers);
  let lastProgress = Date.now();
  await Promise.all(children.map((child, worker) => new Promise((done) => {
    child.on('exit', (code, signal) => {
      if (!child.finished && !totals.stopped) totals.failures.push({ seed: '-', why: `a worker ended with ${signal ?? code}` });
      done();
    });
    child.on('message', (message) => {
      if (message.counts) {
        totals.done += message.counts.done;
        totals.again += message.counts.again;
        merge(totals.ends, message.counts.ends);
      }
      if (message.failure) totals.failures.push(message.failure);
      if (message.finished) { child.finished = true; child.send({ stop: true }); }
      if ((totals.failures.length >= maxFailures || server.ended) && !totals.stopped) {
        totals.stopped = true;
        children.forEach((one) => one.kill('SIGKILL'));
      }
      if (Date.now() - lastProgress > 2000) { lastProgress = Date.now(); progress(totals, healthy); }
    });
    child.send({ run: seed, worker, port: server.port, deflate: server.deflate, slots, from: worker * share, to: Math.min(count, (worker + 1) * share) });
  })));
  totals.seconds = (Date.now() - totals.began) / 1000;
  const fail = (why) => { if (why) totals.failures.push({ seed: '-', why }); };
  if (server.ended) fail(`the server ended in the middle: ${server.stderr}`);
  else {
    await healthy.stop();
    fail(await settle(server, baseline));
    fail(await server.stop());
  }
  healthy.failures.forEach((why) => fail(`healthy clients: ${why}`));
  return { ...totals, healthy: { sent: healthy.sent, received: healthy.received, echoes: healthy.echoes, slowestMs: healthy.slowestMs } };
}

function dump(bytes) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, 2048); at += 16) {
    const row = bytes.subarray(at, at + 16);
    lines.push(`  ${String(at).padStart(6)}  ${row.toString('hex').replace(/(..)/g, '$1 ').padEnd(48)} ${row.toString('latin1').replace(/[^ -~]/g, '.')}`);
  }
  if (bytes.length > 2048) lines.push(`  … ${bytes.length} octets in all`);
  return lines.join('\n');
}

// What came, told frame by frame; the rest as octets.
function tell(bytes) {
  const lines = [];
  const reader = new Reader();
  reader.deflate = { serverBits: 15 };
  reader.push(bytes);
  try {
    for (let answer = reader.answer(); answer; answer = answer.status === 101 || reader.bytes.length === 0 ? null : reader.answer()) {
      lines.push(`  HTTP ${answer.status} ${JSON.stringify(answer.fields)}`);
    }
    for (let one = reader.next(); one; one = reader.next()) {
      if (one.close !== undefined) lines.push(`  close ${one.close} ${one.reason}`);
      else if (one.message) lines.push(`  message opcode ${one.message.opcode}: ${JSON.stringify(one.message.payload.toString('utf8', 0, 300))}`);
      else lines.push(`  ${JSON.stringify(one)}`);
    }
  } catch (error) {
    lines.push(`  ${error.message}`);
  }
  return `${lines.join('\n')}\n${reader.bytes.length ? `behind it:\n${dump(reader.bytes)}` : ''}`;
}

// Plays the connection of one seed alone and tells all about it. Resolves to whether it was right.
export async function replay({ program, seed, say }) {
  const server = await startServer(program, { reactors: 1 });
  const plan = generate(seed);
  const expected = judge(plan.bytes, oracleOptions(seed, server.deflate));
  say(`seed ${seed}: mutations ${plan.done.join(', ') || 'of offer or compression, or none'}${plan.cut ? ', cut' : ''}${plan.abrupt ? ', reset at once' : ''}; ends by ${plan.finish}`);
  say(`sent, in pieces at ${plan.chops.join(' ') || 'none'}, waiting at ${plan.barriers.join(' ') || 'none'}:\n${dump(plan.bytes)}`);
  say('expected:');
  expected.answers.forEach(({ at, statuses, maybe }) => say(`  ${at}: HTTP ${[...statuses].join(' or ')}${maybe ? ', or nothing yet' : ''}`));
  expected.items.forEach((item) => say(`  ${item.at}: ${describeItem(item)}`));
  say(`  the end: ${JSON.stringify({ ...expected.end, codes: expected.end.codes && [...expected.end.codes] })}${expected.loose ? ', JSON answers not judged' : ''}`);
  const healthy = new Healthy(server.port);
  await healthy.ready;
  const failure = await play({ ...plan }, expected, { host: '127.0.0.1', port: server.port, localAddress: '127.0.0.1' });
  if (failure) say(`came:\n${tell(failure.received)}`);
  say(failure ? `WRONG: ${failure.why}` : 'right');
  if (!server.ended) await healthy.stop();
  const ended = server.ended ? server.stderr : await server.stop();
  if (ended) say(ended);
  return !failure && !ended;
}
