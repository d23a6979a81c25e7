// The rows of the suite: what is done, to whom, how it is judged. The runners beside this file do it.
//
// kind        the runner: paired, halfload, sweep, storm, memory, slow, variants, tls, chat, micro
// load        the load tool's workload and flags
// work        what the bare loop of bench/limit does for it; `burst`, for all that fans out, sends what came in
//             one turn at once, as stentor does, and so is the harder one to reach
// path        which of a server's endpoints: chat (rooms) or echo
// namesRoom   false: stentor is not told at the upgrade which room a connection will join
// count       the field of a slice that is the work: deliveries or messages
// gates       the least share of the bare loop on the same back end that is good enough; of variants with a
//             `work`: of what the bare loop makes of as many threads
// rounds      so many times the profile's repetitions
// starts      among so many starts of the servers, in each of which another one is the first: where sockets and
//             memory come to lie stays for a process's life, and makes two equal ones differ by up to a tenth.
//             No more than repetitions; without, as many as its kind has (in_turn.mjs)
// shorter     the profile's slice divided by this
// quick, full whether the short profile has it; what only --full has says `only`

// 192 bytes as delivered: the least round size that holds an event of the native protocol.
const both = (share) => ({ epoll: share, io_uring: share });

const room = (members, gates, more) => ({
  id: `fanout-${members}`,
  group: 'Fan-out',
  title: `One room of ${members}`,
  detail: '192 B, two messages in flight',
  kind: 'paired',
  work: 'burst',
  path: 'chat',
  count: 'deliveries',
  load: ['fanout', '--rooms', 1, '--connections', members, '--size', 192, '--senders', 1, '--depth', 2],
  connections: members,
  gates,
  ...more,
});
const burst = (messages, more) => ({
  id: `burst-${messages}`,
  group: 'Bursts',
  title: `Bursts of ${messages}`,
  detail: `to 500 members, 192 B; the next burst when all have all of it`,
  kind: 'paired',
  work: 'burst',
  path: 'chat',
  count: 'deliveries',
  load: ['fanout', '--rooms', 1, '--connections', 500, '--size', 192, '--burst', messages],
  connections: 500,
  gates: both(0.85),
  ...more,
});
const sizes = { 64: '64 B', 1024: '1 KiB', 16384: '16 KiB' };
const echo = (size, depth, gate, more) => ({
  id: `echo-${size}-d${depth}`,
  group: 'Echo',
  title: `Echo of ${sizes[size]}, depth ${depth}`,
  detail: `${depth === 1 ? 'one message' : `${depth} messages`} in flight on each of 64 connections`,
  kind: 'paired',
  work: 'echo',
  path: 'echo',
  count: 'messages',
  load: ['echo', '--connections', 64, '--size', size, '--depth', depth],
  connections: 64,
  gates: both(gate),
  ...more,
});

// At a fixed rate, so that it is the CPU of the same work that is compared.
const twoReactors = (id, what, rooms, connections, rate, more) => ({
  id,
  group: 'Reactors',
  title: `Two reactors against one, ${what}`,
  kind: 'variants',
  detail: `deliveries per CPU-second at a fixed rate of ${((rate * connections) / rooms).toLocaleString('en')} deliveries a second; the share is that of the bare loop’s quotient`,
  work: 'burst',
  shorter: 4,
  rounds: 8,
  starts: 8,
  path: 'chat',
  count: 'deliveries',
  load: ['fanout', '--rooms', rooms, '--connections', connections, '--size', 192, '--rate', rate],
  reactors: [1, 2],
  connections,
  metric: 'per_cpu_second',
  ...more,
});

const overTls = (id, title, detail, load) => ({
  id,
  group: 'TLS',
  title,
  detail: `${detail}, over wss:// and over ws://`,
  kind: 'tls',
  path: 'echo',
  count: 'messages',
  load,
  connections: 64,
});
const tlsEcho = (size) =>
  overTls(`tls-echo-${size}`, `Echo of ${sizes[size]} over TLS`, '16 messages in flight on each of 64 connections', [
    'echo',
    '--connections',
    64,
    '--size',
    size,
    '--depth',
    16,
  ]);

export const rows = [
  room(500, { epoll: 0.92, io_uring: 0.9 }, { quick: true }),
  room(1000, { epoll: 0.92, io_uring: 0.9 }),
  burst(16, { quick: true }),
  burst(100, { only: 'full' }),
  burst(500),
  {
    id: 'rooms-20',
    group: 'Many rooms',
    title: '100 rooms of 20',
    detail: '192 B, one message in flight in each room',
    kind: 'paired',
    work: 'burst',
    path: 'chat',
    count: 'deliveries',
    load: ['fanout', '--rooms', 100, '--connections', 2000, '--size', 192, '--senders', 1, '--depth', 1],
    connections: 2000,
    gates: both(0.85),
    quick: true,
  },
  {
    id: 'rooms-20-half',
    group: 'Latency',
    title: '100 rooms of 20 at half load',
    detail:
      '192 B, open loop at half of what the bare epoll loop reached just before, latency from the intended send time',
    kind: 'halfload',
    work: 'burst',
    path: 'chat',
    count: 'deliveries',
    members: 20,
    latency: true,
    load: ['fanout', '--rooms', 100, '--connections', 2000, '--size', 192, '--depth', 1],
    share: 0.5,
    connections: 2000,
    // What the machine stalls for makes the p99 of a slice: in many short ones most have none.
    shorter: 4,
    rounds: 4,
    latencyGates: { p50: 1.15, p99: 2 },
  },
  {
    id: 'offered-load',
    group: 'Latency',
    title: 'Latency against offered load',
    kind: 'sweep',
    detail: 'one room of 500, 192 B, open loop, latency from the intended send time, to the last member',
    work: 'burst',
    path: 'chat',
    count: 'deliveries',
    members: 500,
    connections: 500,
    load: ['fanout', '--rooms', 1, '--connections', 500, '--size', 192],
    offered: {
      quick: [500e3, 1e6, 2e6],
      default: [250e3, 500e3, 1e6, 1.5e6, 2e6, 2.5e6, 3e6],
      full: [100e3, 250e3, 500e3, 750e3, 1e6, 1.25e6, 1.5e6, 1.75e6, 2e6, 2.25e6, 2.5e6, 3e6, 3.5e6],
    },
    goal: { offered: 2e6, p99_ns: 25e6 },
    quick: true,
  },
  echo(64, 1, 0.95, { quick: true }),
  echo(64, 16, 0.8, { quick: true }),
  echo(1024, 16, 0.8),
  echo(16384, 1, 0.9),
  echo(16384, 16, 0.74),
  {
    id: 'handshakes',
    group: 'Handshakes',
    title: 'Handshakes',
    kind: 'paired',
    work: 'accept',
    path: 'echo',
    detail: 'connect, upgrade, end; the bare loop accepts and closes',
    count: 'messages',
    load: ['connect', '--connections', 64],
    connections: 64,
    gates: both(0.45),
    quick: true,
  },
  {
    id: 'storm',
    group: 'Reconnects',
    title: '4000 connections drop at once',
    kind: 'storm',
    work: 'burst',
    path: 'chat',
    count: 'deliveries',
    detail:
      'all are reset and come back at once, rooms of 20: until the last one has joined again; the bare loop upgrades and answers the join',
    load: ['storm', '--connections', 4000, '--rooms', 200],
    connections: 4000,
  },
  {
    id: 'memory',
    group: 'Memory',
    title: 'One idle connection that joined a room',
    kind: 'memory',
    path: 'chat',
    detail:
      'resident memory of the server for each, rooms of 20, after a message has passed through every room',
    connections: { quick: 4000, default: 8000, full: 16000 },
    gateBytes: 768,
    quick: true,
  },
  {
    id: 'slow-readers',
    group: 'Slow readers',
    title: '20 of 50 members never read',
    kind: 'slow',
    path: 'chat',
    detail: '4 KiB at 2000 messages a second: growth of the server, and p99 of the 30 who read',
    load: ['fanout', '--rooms', 1, '--size', 4096, '--rate', 2000],
    stalled: 20,
    count: 'deliveries',
    connections: 50,
    gateBytes: 64 * 1048576,
    gateRatio: 2,
  },
  twoReactors('reactors-room', 'a room of 1000', 1, 1000, 200, { gates: { '2 reactors': 0.86 } }),
  twoReactors('reactors-rooms', '100 rooms of 20', 100, 2000, 4000, { gates: { '2 reactors': 0.99 } }),
  // As the server places connections that only join, later: beside the row above, and judged by nobody.
  twoReactors('reactors-rooms-apart', '100 rooms of 20, without saying where they go', 100, 2000, 4000, {
    rounds: 4,
    starts: 4,
    namesRoom: false,
  }),
  {
    id: 'scaling',
    group: 'Reactors',
    title: 'From one reactor to half of the cores',
    kind: 'variants',
    detail: '100 rooms of 20, closed loop; deliveries a second, each reactor with a core of its own',
    path: 'chat',
    load: ['fanout', '--rooms', 100, '--connections', 2000, '--size', 192, '--senders', 1, '--depth', 4],
    reactors: 'half',
    count: 'deliveries',
    connections: 2000,
    metric: 'rate',
    chart: 'line',
  },
  {
    id: 'stores',
    group: 'Stores',
    title: 'Durable publishing, a room of 100',
    kind: 'variants',
    detail: '20 members write with 8 messages in flight each; deliveries a second, one reactor, two cores',
    path: 'chat',
    load: ['fanout', '--rooms', 1, '--connections', 100, '--size', 192, '--senders', 20, '--depth', 8],
    stores: ['memory', 'commit', 'fsync'],
    count: 'deliveries',
    connections: 100,
    metric: 'rate',
    gates: { commit: 0.5 },
  },
  tlsEcho(1024),
  tlsEcho(16384),
  overTls('tls-handshakes', 'TLS handshakes', 'connect, full handshake with ECDSA on P-256, upgrade, end', [
    'connect',
    '--connections',
    64,
  ]),
  {
    id: 'chat',
    group: 'Chat',
    title: 'The native protocol, checked',
    kind: 'chat',
    path: 'chat',
    count: 'deliveries',
    detail: 'mixed commands; order, seq, gaps and content of every delivery are looked at',
    load: ['chat'],
    connections: 200,
    quick: true,
  },
  {
    id: 'micro',
    group: 'Micro benchmarks',
    title: 'Micro benchmarks',
    kind: 'micro',
    detail: 'bench/micro, Google Benchmark: time per operation',
    connections: 0,
    gates: { 'lane/two_threads/number': { push_ns: 20, drain_ns: 20 } },
  },
];

// How long everything takes, by profile. `smoke` is for the tests: it proves that all fits together.
export const profiles = {
  smoke: {
    slice_ms: 60,
    repetitions: 2,
    sweep_ms: 100,
    sweep_repetitions: 1,
    seconds: 1,
    micro_s: 0.01,
    micro_repetitions: 1,
    connections: 0.1,
  },
  quick: {
    slice_ms: 250,
    repetitions: 3,
    sweep_ms: 500,
    sweep_repetitions: 1,
    seconds: 2,
    micro_s: 0.02,
    micro_repetitions: 1,
    connections: 1,
  },
  default: {
    slice_ms: 600,
    repetitions: 9,
    sweep_ms: 1000,
    sweep_repetitions: 3,
    seconds: 6,
    micro_s: 0.1,
    micro_repetitions: 3,
    connections: 1,
  },
  full: {
    slice_ms: 600,
    repetitions: 21,
    sweep_ms: 2000,
    sweep_repetitions: 5,
    seconds: 20,
    micro_s: 0.5,
    micro_repetitions: 5,
    connections: 1,
  },
};

// "Fan-out: One room of 500", but not "Echo: Echo of 64 B".
export const nameOf = ({ group, title }) => (title.startsWith(group) ? title : `${group}: ${title}`);

// Rows whose results are variants of our server, and not servers beside the bare loop.
export const hasVariants = ({ kind }) => kind === 'variants' || kind === 'tls';

// What a row counts, in a word.
export const workOf = ({ id, count }) => (id.endsWith('handshakes') ? 'handshakes' : count);

export function isIn(row, profile) {
  if (row.only) return row.only === profile;
  return profile === 'default' || profile === 'full' || row.quick === true;
}
