// The command line of scripts/bench, as far as it is not about building.
import { parseArgs } from 'node:util';

export const usage = `usage: scripts/bench [--quick | --full] [flags]

Builds what it needs, runs the bench suite, and writes a report (HTML, with the JSON beside it) into
build/bench. It says at its start about how long it takes; --list says it row by row.

What is measured
  --only PATTERN         only rows whose name contains this; repeatable; --list names them
  --io KIND              epoll, io_uring or both (default both)
  --peers                the servers of bench/peers too; installs what they need
  --server NAME=COMMAND  any server: {port} or {ports_file} in its command line is filled in; repeatable.
                         What follows until the next --server is about this one:
      --dialect NAME       raw, native or echo (default raw), or templates of one's own:
      --join TEXT          what joins a room, with {room} and {user}; repeatable
      --joined TEXT        what its answer contains
      --message TEXT       what sends, with {room}, {stamp} and {pad}
      --path PATH          where its rooms are (default /)
      --echo-path PATH     where it echoes (default: it does not)
  --against GIT_REF      builds that commit too and drives it in turn with this tree
  --compare OLD.json     ratios to an older run; weaker evidence than --against
  --tcp-congestion NAME  for stentor and the bare loops (default: the kernel's)

How
  --quick, --full        fewer and shorter rounds, or more and longer ones
  --out DIR              where the report goes (default build/bench)
  --no-build             measures the programs of build/release as they are
  --programs DIR         measures those of another folder; implies --no-build
  --strict               exit code 1 when a gate is missed; else only when something could not be measured
  --list                 the rows, how long each takes, and end
NO_COLOR is honoured.`;

const flags = {
  quick: 'boolean',
  full: 'boolean',
  smoke: 'boolean',
  peers: 'boolean',
  list: 'boolean',
  strict: 'boolean',
  help: 'boolean',
  'no-build': 'boolean',
  io: 'string',
  out: 'string',
  programs: 'string',
  compare: 'string',
  against: 'string',
  'against-program': 'string',
  'tcp-congestion': 'string',
};
const ofServer = {
  dialect: 'dialect',
  join: 'join',
  joined: 'joined',
  message: 'message',
  path: 'path',
  'echo-path': 'echoPath',
};

export class UsageError extends Error {}

function addServer(servers, definition) {
  const at = definition.indexOf('=');
  if (at < 1 || at === definition.length - 1)
    throw new UsageError(`--server wants NAME=COMMAND LINE, not "${definition}"`);
  const server = { name: definition.slice(0, at), command: definition.slice(at + 1), family: 'custom' };
  if (!/\{port\}|\{ports_file\}/.test(server.command))
    throw new UsageError(`--server ${server.name}: neither {port} nor {ports_file} in its command line`);
  if (servers.some(({ name }) => name === server.name))
    throw new UsageError(`two servers are called ${server.name}`);
  servers.push(server);
}

// Throws UsageError. The result has a value for everything, so that it can be stored with the run.
export function parse(words) {
  const strings = ['only', 'server', ...Object.keys(ofServer)];
  const options = Object.fromEntries([
    ...Object.entries(flags).map(([name, type]) => [
      name,
      { type, ...(name === 'help' ? { short: 'h' } : {}) },
    ]),
    ...strings.map((name) => [name, { type: 'string', multiple: true }]),
  ]);
  let parsed;
  try {
    parsed = parseArgs({ args: words, options, tokens: true, allowPositionals: false });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const servers = [];
  for (const { kind, name, value } of parsed.tokens) {
    if (kind !== 'option') continue;
    if (name === 'server') addServer(servers, value);
    else if (name in ofServer) {
      if (servers.length === 0)
        throw new UsageError(`--${name} is about a --server, which must stand before it`);
      const server = servers.at(-1);
      if (name === 'join') server.join = [...(server.join ?? []), value];
      else server[ofServer[name]] = value;
    }
  }
  const { values } = parsed;
  const chosen = ['smoke', 'quick', 'full'].filter((name) => values[name]);
  if (chosen.length > 1) throw new UsageError(`--${chosen[0]} or --${chosen[1]}, not both`);
  const io = values.io ?? 'both';
  if (!['epoll', 'io_uring', 'both'].includes(io))
    throw new UsageError(`--io ${io}: epoll, io_uring or both`);
  return {
    profile: chosen[0] ?? 'default',
    kinds: io === 'both' ? ['epoll', 'io_uring'] : [io],
    only: values.only ?? [],
    servers,
    peers: values.peers ?? false,
    against: values.against,
    againstProgram: values['against-program'],
    compare: values.compare,
    congestion: values['tcp-congestion'],
    out: values.out,
    programs: values.programs,
    strict: values.strict ?? false,
    list: values.list ?? false,
    help: values.help ?? false,
  };
}
