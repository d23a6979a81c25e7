// Tests of bench/suite/judge.mjs: when a gate is passed, and when a load is held.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  countOfDisturbances,
  disturbancesIn,
  failed,
  judgeLatency,
  judgePaired,
  judgeStorm,
  judgeSweep,
  judgeThreads,
  measured,
  pointOf,
  strangersShare,
  verdictOf,
} from '../../bench/suite/judge.mjs';

const servers = [
  { name: 'bare epoll', family: 'bare', io: 'epoll' },
  { name: 'stentor epoll', family: 'stentor', io: 'epoll', reference: 'bare epoll' },
  { name: 'bare io_uring', family: 'bare', io: 'io_uring' },
  { name: 'stentor io_uring', family: 'stentor', io: 'io_uring', reference: 'bare io_uring' },
];
const slice = (deliveries, more = {}) => ({
  seconds: 1,
  messages: 1,
  deliveries,
  cpu_seconds: 1,
  busy_seconds: 1,
  lost: 0,
  latency_ns: { p50: 10, p99: 20, p999: 30 },
  ...more,
});
const result = (server, deliveries, more) =>
  measured(server, { slices: deliveries.map((count) => slice(count, more)) }, 'deliveries');
const [bareEpoll, epoll, bareUring, uring] = servers;
const gates = { epoll: 0.92, io_uring: 0.9 };

// Epoll is judged by the CPU time of the server, io_uring by the busy time of its core.
test('EachBackEndIsJudgedByTheClockThatSeesAllOfItsWork', () => {
  const busier = { cpu_seconds: 0.5, busy_seconds: 1 };
  const results = judgePaired(
    [result(bareEpoll, [100]), result(epoll, [95]), result(bareUring, [100]), result(uring, [95], busier)],
    servers,
    gates,
  );
  assert.equal(results[1].share.median, 0.95);
  assert.equal(results[1].share.metric, 'per_cpu_second');
  assert.equal(results[3].share.metric, 'per_busy_second');
  assert.equal(results[3].share.median, 0.95);
});

// A gate is passed from its bound on, and not below.
test('AGateIsPassedFromItsBoundOn', () => {
  const at = (deliveries) =>
    judgePaired([result(bareEpoll, [100]), result(epoll, [deliveries])], servers, gates)[1].gates[0].pass;
  assert.equal(at(92), true);
  assert.equal(at(91.9), false);
});

// What was not measured has not passed: without the bare loop there is no share, and the gate is shut.
test('WithoutAReferenceNoGateIsPassed', () => {
  const results = judgePaired([failed(bareEpoll, 'no such program'), result(epoll, [100])], servers, gates);
  assert.equal(results[1].share, undefined);
  assert.deepEqual(
    results[1].gates.map(({ pass, value }) => [pass, value]),
    [[false, null]],
  );
  assert.equal(verdictOf({ state: 'measured', results }), false);
});

// A server of ours that did not run fails its row, gates or not.
test('AServerThatFailedFailsTheRow', () => {
  const results = judgePaired([result(bareEpoll, [100]), failed(epoll, 'crashed')], servers, gates);
  assert.equal(verdictOf({ state: 'measured', results }), false);
  assert.equal(verdictOf({ state: 'measured', results: [failed(epoll, 'crashed')] }), false);
  assert.equal(verdictOf({ state: 'failed', results: [] }), false);
  assert.equal(verdictOf({ state: 'skipped', results: [] }), null);
});

// A lost message fails a row whose gates are passed.
test('ALostMessageFailsARowWhoseGatesArePassed', () => {
  const results = judgePaired([result(bareEpoll, [100]), result(epoll, [100], { lost: 1 })], servers, gates);
  assert.equal(results[1].gates[0].pass, true);
  assert.equal(verdictOf({ state: 'measured', results }), false);
});

// Others are shown, not judged: a peer's loss is not our failure.
test('OthersAreShownAndNotJudged', () => {
  const peer = { name: 'ws', family: 'peer', io: 'epoll', reference: 'bare epoll' };
  const results = judgePaired(
    [result(bareEpoll, [100]), result(epoll, [100]), result(peer, [50], { lost: 9 })],
    [...servers, peer],
    gates,
  );
  assert.equal(results[2].share.median, 0.5);
  assert.deepEqual(results[2].gates, []);
  assert.equal(verdictOf({ state: 'measured', results }), true);
});

// Latencies are bounded from above.
test('ALatencyGateIsABoundFromAbove', () => {
  const late = { latency_ns: { p50: 11, p99: 50, p999: 60 } };
  const results = judgeLatency([result(bareEpoll, [1]), result(epoll, [1], late)], servers, {
    p50: 1.15,
    p99: 2,
  });
  assert.deepEqual(
    results[1].gates.map(({ pass }) => pass),
    [true, false],
  );
});

// A round in which the bare loop itself does not keep up counts like the others, and is told of.
test('ARoundInWhichTheBareLoopStallsCountsAndIsToldOf', () => {
  const bounds = { p50: 1.15, p99: 2 };
  const round = (sent, p50) => slice(1, { offered: 100, messages: sent, latency_ns: { p50, p99: 20 } });
  const judged = (bare, ours) => {
    const of = (server, slices) => measured(server, { slices }, 'deliveries');
    return judgeLatency([of(bareEpoll, bare), of(epoll, ours)], servers, bounds);
  };
  const calm = [round(100, 10), round(100, 11), round(100, 12), round(100, 12)];
  const quiet = judged(calm, calm);
  assert.deepEqual(disturbancesIn(quiet), []);
  assert.match(countOfDisturbances(quiet), /stalled in 0 \(epoll\) of 4 rounds/);

  for (const stalled of [round(70, 12), round(100, 40)]) {
    const results = judged([stalled, ...calm.slice(1)], calm);
    assert.deepEqual(results[1].disturbed.rounds, 1);
    assert.equal(results[1].shares.p50.count, 4);
    assert.equal(results[1].disturbed.p50.count, 3);
    assert.equal(results[1].gates.every(({ pass }) => pass), true);
    assert.match(disturbancesIn(results)[0], /stentor epoll: in 1 of 4 rounds .* All of them count; without them p50 1\.00/);
  }
  // Ours alone: that is not the machine.
  const slow = judged(calm, [round(70, 90), ...calm.slice(1)]);
  assert.equal(slow[1].disturbed.rounds, 0);
});

// Where the machine stalls more often than in a third of the rounds, nothing is judged, and so nothing passes.
test('WhereTheMachineStallsTooOftenNothingPasses', () => {
  const round = (sent) => slice(1, { offered: 100, messages: sent, latency_ns: { p50: 10, p99: 20 } });
  const [good, bad] = [round(100), round(50)];
  const of = (server, slices) => measured(server, { slices }, 'deliveries');
  const judged = (slices) =>
    judgeLatency([of(bareEpoll, slices), of(epoll, slices)], servers, { p50: 1.15 })[1];
  assert.equal(judged([bad, good, good]).gates[0].pass, true);
  assert.deepEqual(judged([bad, bad, good]).gates[0].value, null);
  assert.equal(verdictOf({ state: 'measured', results: [judged([bad, bad, good])] }), false);
  assert.match(disturbancesIn([judged([bad, bad, good])])[0], /measure again/);
});

// A storm is told by the time until all are back and by what one costs, as quotients of each repetition; it has no
// gate, yet a server that did not get through it has failed.
test('AStormIsTimeAndCpuForEachReturn', () => {
  const of = (server, seconds, cpu_seconds) =>
    result(server, [100, 100], { seconds, cpu_seconds, busy_seconds: cpu_seconds });
  const results = judgeStorm([of(bareEpoll, 0.2, 0.1), of(epoll, 0.3, 0.25)], servers, 100);
  assert.equal(results[1].metric, 'back');
  assert.equal(Math.round(results[1].metrics.back.median), 300e6);
  assert.equal(Math.round(results[1].metrics.cpu_per_return.median), 2.5e6);
  assert.equal(results[1].shares.back.median.toFixed(3), '1.500');
  assert.equal(results[1].shares.cpu_per_return.median.toFixed(3), '2.500');
  assert.deepEqual(results[1].gates, []);
  assert.equal(verdictOf({ state: 'measured', results }), null);
  const broken = judgeStorm([of(bareEpoll, 0.2, 0.1), failed(epoll, 'gone')], servers, 100);
  assert.equal(verdictOf({ state: 'measured', results: broken }), false);
});

// A load is held when it was delivered in time and whole; behind the first load that is not, nothing counts.
test('ALoadIsHeldUpToTheFirstThatIsNot', () => {
  const point = (offered, delivered, more) => pointOf(offered, [result(epoll, [delivered], more)]);
  const points = [point(100, 100), point(200, 199), point(300, 200), point(400, 400)];
  assert.deepEqual(
    points.map(({ results }) => results[0].held),
    [true, true, false, true],
  );
  assert.equal(judgeSweep(points, [epoll], { offered: 200, p99_ns: 20 })[0].held, 200);
  assert.equal(judgeSweep(points, [epoll], { offered: 200, p99_ns: 20 })[0].gates[0].pass, true);
  assert.equal(judgeSweep(points, [epoll], { offered: 200, p99_ns: 19 })[0].gates[0].pass, false);
  assert.equal(judgeSweep(points, [epoll], { offered: 300, p99_ns: 100 })[0].gates[0].pass, false);
  assert.equal(point(100, 100, { gaps: 1 }).results[0].held, false);
});

// What is busy on the servers' core beyond the CPU time of epoll servers is others' work.
test('WorkOfOthersOnTheServersCoreIsSeen', () => {
  const results = [
    result(epoll, [100], { cpu_seconds: 0.6, busy_seconds: 1 }),
    result(uring, [100], { cpu_seconds: 0.1, busy_seconds: 1 }),
  ];
  assert.equal(strangersShare(results).toFixed(2), '0.40');
  assert.equal(strangersShare([]), null);
});

// Where others used the core, its busy time is theirs too, and io_uring is judged by CPU time.
test('WhereOthersUsedTheCoreIoUringIsJudgedByCpuTime', () => {
  const shared = { cpu_seconds: 0.5, busy_seconds: 1 };
  const results = judgePaired(
    [
      result(bareEpoll, [100], shared),
      result(epoll, [100], shared),
      result(bareUring, [100], shared),
      result(uring, [90], shared),
    ],
    servers,
    gates,
  );
  assert.equal(results[3].share.metric, 'per_cpu_second');
});

// More threads are judged by what the bare loop makes of as many, repetition by repetition.
test('MoreThreadsAreJudgedByWhatTheBareLoopMakesOfThem', () => {
  const judged = (two, bound) => {
    const [one, both] = [result(epoll, [100, 200]), result(epoll, two)];
    judgeThreads(both, one, result(bareEpoll, [90, 180]), result(bareEpoll, [100, 200]), 'per_cpu_second', bound);
    return both;
  };
  assert.equal(judged([90, 180], 1).quotient.median, 0.9);
  assert.equal(judged([90, 180], 1).share.median, 1);
  assert.equal(judged([90, 180], 1).gates[0].pass, true);
  assert.equal(judged([45, 90], 1).gates[0].pass, false);
  const alone = result(epoll, [90]);
  judgeThreads(alone, result(epoll, [100]), undefined, undefined, 'per_cpu_second', 0.5);
  assert.equal(alone.gates[0].pass, false); // a yardstick that is not there is no pass
});
