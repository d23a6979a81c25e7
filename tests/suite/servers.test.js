// Tests of bench/suite/servers.mjs and bench/suite/stalled.mjs: how those who load a server speak to it.
import assert from 'node:assert/strict';
import net from 'node:net';
import test from 'node:test';
import { isIn, rows } from '../../bench/suite/rows.mjs';
import { bare, foreign, stentor, targetOf } from '../../bench/suite/servers.mjs';
import { stall } from '../../bench/suite/stalled.mjs';

const urlOf = (server, row) => targetOf({ name: server.name, server, port: 7, pid: 1 }, row, [0]).url;
const joining = rows.filter(({ path, kind }) => path === 'chat' && kind !== 'micro');

// Stentor is told at the upgrade where each connection is going, wherever connections join rooms; the one row that
// measures what this is worth does without, beside its like with it. Nobody else is told.
test('StentorIsToldWhichRoomAConnectionWillJoin', () => {
  const ours = stentor('stentor', 'epoll');
  const without = joining.filter((row) => !urlOf(ours, row).endsWith(':7/ws?room={room}'));
  assert.deepEqual(
    without.map((row) => [row.id, urlOf(ours, row)]),
    [['reactors-rooms-apart', 'ws://127.0.0.1:7/ws']],
  );
  const others = [bare('limit', 'epoll'), foreign({ name: 'peer', command: 'run {port}', echoPath: '/' })];
  const told = others.flatMap((server) => rows.filter((row) => urlOf(server, row).includes('{room}')));
  assert.deepEqual(told, []);
  const echoing = rows.filter(({ path }) => path === 'echo');
  assert.ok(echoing.every((row) => urlOf(ours, row) === 'ws://127.0.0.1:7/echo'));
});

// The load tool refuses a room in the URL where nobody joins one.
test('WhoJoinsNoRoomNamesNone', () => {
  const roomless = joining.filter(({ load = [] }) => ['echo', 'connect'].includes(load[0]));
  assert.deepEqual(roomless, []);
});

// The two rows stand in the same profiles, do the same, and one of them has a gate.
test('BothWaysOfTwoReactorsInSmallRoomsAreShown', () => {
  const [told, untold] = ['reactors-rooms', 'reactors-rooms-apart'].map((id) => rows.find((row) => row.id === id));
  assert.deepEqual(untold.load, told.load);
  assert.deepEqual(told.gates, { '2 reactors': 0.99 });
  assert.equal(untold.gates, undefined);
  for (const profile of ['quick', 'default', 'full']) assert.equal(isIn(told, profile), isIn(untold, profile));
  assert.match(untold.title, /without saying where they go/);
});

// Members who stall go the way of those whose room they share.
test('WhoStallsNamesTheRoomToo', async () => {
  const asked = [];
  const server = net.createServer((socket) => {
    socket.once('data', (head) => {
      asked.push(head.toString().split('\r\n')[0]);
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      socket.once('data', () => socket.write('joined'));
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `ws://127.0.0.1:${server.address().port}/ws?room={room}`;
  const end = await stall({ url, dialect: 'raw' }, 2);
  end();
  server.close();
  assert.deepEqual(asked, Array(2).fill('GET /ws?room=bench-00000 HTTP/1.1'));
});
