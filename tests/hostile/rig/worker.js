// A process that plays its share of a run, many connections at a time.
import { generate, oracleOptions } from '../generate/generate.js';
import { seedOf } from '../generate/random.js';
import { judge } from '../oracle/oracle.js';
import { play } from './connection.js';

// The server waits a second for a peer that was told that it ends; a process that was itself late by
// as much cannot say what it would have heard, and asks again.
const late = { at: 0, tick: Date.now() };
setInterval(() => {
  const now = Date.now();
  if (now - late.tick > 500) late.at = now;
  late.tick = now;
}, 50);
const wasLate = () => Date.now() - late.tick > 500 || Date.now() - late.at < 3000;

async function slot(job, number, report) {
  const name = ((job.worker * job.slots + number) % 1679616).toString(36).padStart(4, '0');
  for (;;) {
    if (job.next >= job.to || job.stopped) return;
    const index = job.next;
    job.next += 1;
    const seed = seedOf(job.run, index);
    const plan = generate(seed, name);
    const expected = judge(plan.bytes, oracleOptions(seed, job.deflate));
    const target = { host: '127.0.0.1', port: job.port, localAddress: `127.${16 + job.worker}.${(number % 250) + 1}.${(index % 250) + 1}` };
    let failure = await play(plan, expected, target);
    for (let i = 0; failure && i < 3 && wasLate(); i += 1) {
      job.again += 1;
      await new Promise((later) => { setTimeout(later, 3500); });
      failure = await play(plan, expected, target);
    }
    report(seed, plan, expected, failure);
  }
}

process.on('message', async (job) => {
  if (job.stop) process.exit(0);
  const state = { ...job, next: job.from, again: 0 };
  const counts = { done: 0, ends: {}, statuses: {} };
  const flush = () => {
    process.send({ counts: { ...counts, again: state.again } });
    state.again = 0;
    Object.assign(counts, { done: 0, ends: {}, statuses: {} });
  };
  const report = (seed, plan, expected, failure) => {
    counts.done += 1;
    const kind = expected.end.codes ? `close ${[...expected.end.codes].join('/')}` : expected.answers.at(-1) && !expected.answers.at(-1).upgrade ? `http ${[...expected.answers.at(-1).statuses].join('/')}` : expected.end.kind;
    counts.ends[kind] = (counts.ends[kind] ?? 0) + 1;
    if (failure) process.send({ failure: { seed, why: failure.why, done: plan.done } });
  };
  const timer = setInterval(flush, 500);
  await Promise.all(Array.from({ length: job.slots }, (_, number) => slot(state, number, report)));
  clearInterval(timer);
  flush();
  process.send({ finished: true });
});
process.on('disconnect', () => process.exit(1));
