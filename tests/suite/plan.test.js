// Tests of bench/suite/plan.mjs: how long rows will take.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { about, planOf, secondsOf } from '../../bench/suite/plan.mjs';
import { isIn, profiles, rows } from '../../bench/suite/rows.mjs';
import { bare, foreign, stentor } from '../../bench/suite/servers.mjs';
import { root, runSuite } from './support/sample_run.js';

const both = ['epoll', 'io_uring'];
const contextOf = (profile, { kinds = both, cores = [0, 1, 2, 3], more = [] } = {}) => ({
  settings: profiles[profile],
  profile,
  kinds,
  cores,
  descriptors: 20_000,
  servers: [...kinds.flatMap((io) => [bare('limit', io), stentor('stentor', io)]), ...more],
});
const chosen = (profile) => rows.filter((row) => isIn(row, profile));
const row = (id) => rows.find((one) => one.id === id);

// What is planned is what was seen on a quiet machine of 4 cores, to a tenth.
test('ThePlanIsWhatWasSeen', () => {
  const context = contextOf('default');
  const seen = {
    'fanout-500': 37.5,
    'rooms-20': 38.3,
    'rooms-20-half': 39,
    'offered-load': 99.1,
    storm: 25.3,
    memory: 13.9,
    'slow-readers': 27.1,
    'reactors-rooms': 122.3,
    scaling: 24.9,
    stores: 36,
    chat: 11.5,
    micro: 101.8,
  };
  for (const [id, seconds] of Object.entries(seen)) {
    const planned = secondsOf(context, row(id));
    assert.ok(Math.abs(planned / seconds - 1) < 0.1, `${id}: ${planned} planned, ${seconds} seen`);
  }
});

// Rounds are counted as they are driven: as many in each start, so that 9 in 4 starts are 12; and no more starts
// than rounds.
test('EachStartHasItsShareOfTheRounds', () => {
  const seconds = (starts) => secondsOf(contextOf('default'), { ...row('echo-64-d1'), starts });
  const start = (seconds(3) - seconds(1)) / 2;
  const round = (seconds(1) - start) / 9;
  assert.ok(Math.abs(seconds(4) - (4 * start + 12 * round)) < 1e-9);
  assert.equal(seconds(99), seconds(9));
});

// More servers, more back ends and longer profiles take longer; what makes no sense on a machine takes nothing.
test('MoreTakesLonger', () => {
  const total = (profile, more) => planOf(contextOf(profile, more), chosen(profile));
  const peer = foreign({ name: 'peer', command: 'run {port}', echoPath: '/' });
  assert.ok(total('quick') < total('default') && total('default') < total('full'));
  assert.ok(total('quick', { kinds: ['epoll'] }) < total('quick'));
  assert.ok(total('quick') < total('quick', { more: [peer] }));
  assert.equal(secondsOf(contextOf('default', { cores: [0, 1] }), row('reactors-room')), 0);
  assert.equal(secondsOf(contextOf('default', { cores: [0, 1] }), row('scaling')), 0);
  for (const one of rows) assert.ok(secondsOf(contextOf('default'), one) > 0, one.id);
});

// Times are said in round numbers.
test('TimesAreSaidInRoundNumbers', () => {
  assert.equal(about(0.2), 'about 1 second');
  assert.equal(about(7.4), 'about 7 seconds');
  assert.equal(about(38), 'about 40 seconds');
  assert.equal(about(91), 'about 2 minutes');
  assert.equal(about(1017), 'about 17 minutes');
});

// The page that tells people how long it takes says what the tool says.
test('TheDocumentationSaysWhatTheToolSays', () => {
  const page = readFileSync(join(root, 'docs/performance.md'), 'utf8');
  const said = (profile) => about(planOf(contextOf(profile), chosen(profile)));
  assert.ok(
    page.includes(`# ${said('default')} on 4 cores; --quick ${said('quick')}, --full ${said('full')}`),
    `${said('default')}; ${said('quick')}; ${said('full')}`,
  );
});

// The tool says it before it begins, and row by row in its list.
test('TheToolSaysItBeforeItBegins', async () => {
  const answer = await runSuite(['--smoke', '--only', 'fanout-500']);
  assert.match(answer.stderr, /^stentor: 1 row, about \d+ seconds?$/m);
  assert.ok(answer.run.planned_seconds > 0);
  const list = await runSuite(['--quick', '--list']);
  assert.match(list.stdout, /^fanout-500 +\d+ s {2}Fan-out: One room of 500;/m);
  assert.match(list.stdout, /^fanout-1000 +- {2}/m);
  assert.match(list.stdout, /^\d+ rows, about (90 seconds|\d minutes)$/m);
});
