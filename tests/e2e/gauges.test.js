// However a client dies, everything that the server held for it is given back: each gauge of /metrics
// returns to what it was.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, gaugesThatReturn, startServer } from './support/server.js';
import { Client } from './support/client.js';
import { RawSocket, frame, opcode, upgradeRequest } from './support/raw.js';

const login = (id) => frame({ payload: JSON.stringify({ type: 'login', id }) });
const join = (id) => frame({ payload: JSON.stringify({ type: 'join', id, room: 'doomed', history: 50 }) });

// Each brings a connection to a moment and leaves it there.
const moments = {
  'before the first byte': async (server) => RawSocket.connect(server),
  'in the middle of the request': async (server) => {
    const raw = await RawSocket.connect(server);
    await raw.write(upgradeRequest().slice(0, 60));
    return raw;
  },
  'behind the request, without reading the answer': async (server) => {
    const raw = await RawSocket.connect(server);
    raw.socket.pause();
    await raw.write(upgradeRequest());
    return raw;
  },
  'right behind the handshake': async (server) => RawSocket.upgrade(server),
  'in the middle of a frame header': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(login('1').subarray(0, 1));
    return raw;
  },
  'in the middle of a login frame': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(login('1').subarray(0, 20));
    return raw;
  },
  'in the middle of a large frame': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(Buffer.concat([login('1'), frame({ payload: 'x'.repeat(60_000) }).subarray(0, 40_000)]));
    return raw;
  },
  'in the middle of a fragmented message': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(Buffer.concat([login('1'), frame({ payload: '{"type":', fin: false }), frame({ code: opcode.continuation, payload: '"pi', fin: false })]));
    return raw;
  },
  'behind a login, its answer not awaited': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(login('1'));
    return raw;
  },
  'behind a join, its answer not awaited': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(Buffer.concat([login('1'), join('2')]));
    return raw;
  },
  'as a member of a room': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(Buffer.concat([login('1'), join('2')]));
    await raw.until((bytes) => bytes.includes('"type":"joined"'));
    return raw;
  },
  'behind many sends': async (server) => {
    const raw = await RawSocket.upgrade(server);
    const send = frame({ payload: JSON.stringify({ type: 'send', room: 'doomed', content: 'last words' }) });
    await raw.write(Buffer.concat([login('1'), join('2'), ...Array.from({ length: 200 }, () => send)]));
    return raw;
  },
  'in the middle of the close handshake': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(Buffer.concat([login('1'), join('2'), frame({ code: opcode.close, payload: Buffer.from([3, 232]) })]));
    return raw;
  },
  'behind a violation': async (server) => {
    const raw = await RawSocket.upgrade(server);
    await raw.write(Buffer.concat([login('1'), join('2'), frame({ payload: 'x', masked: false })]));
    return raw;
  },
};
const deaths = {
  'closes its socket': (raw) => raw.destroy(),
  'resets its socket': (raw) => raw.reset(),
  'finishes sending and waits': (raw) => {
    raw.socket.resume();
    raw.socket.end();
  },
};

// What an empty server with one room that has a history counts.
const idle = new Set(['build_info', 'connections_limit', 'connections', 'shard_connections', 'home_rooms'].map((name) => `stentor_${name}`));

for (const reactors of [1, 4]) {
  test(`every gauge returns to its baseline however a client dies, ${reactors} reactor(s)`, async () => {
    const server = await startServer({ reactors, flags: ['--name-hold', '0s', '--send-rate', '0'] });
    const gauges = () => gaugesThatReturn(server);
    const one = await Client.login(server);
    await one.join('doomed');
    await one.say('doomed', 'somebody was here');
    await one.close();
    let baseline;
    await eventually(async () => {
      baseline = await gauges();
      // All of them: the parts of a departure come to their homes one after another.
      const left = Object.entries(baseline).filter(([name, value]) => value !== 0 && !idle.has(name));
      assert.deepEqual(left, []);
      assert.equal(baseline.stentor_connections, 1);  // the one that asks
    });

    for (const [moment, reach] of Object.entries(moments)) {
      for (const [death, die] of Object.entries(deaths)) {
        const raws = await Promise.all(Array.from({ length: 5 }, () => reach(server)));
        raws.forEach(die);
        await Promise.all(raws.map(({ end }) => end));
        // A dropped user stays a member for ten seconds; that is looked at once, at the end.
        await eventually(async () => {
          const { stentor_connections: connections, stentor_sessions: sessions, stentor_rings_lent: rings } = await gauges();
          assert.deepEqual({ connections, sessions, rings }, { connections: 1, sessions: 0, rings: 0 }, `${moment}, ${death}`);
        });
        raws.forEach((raw) => raw.destroy());
      }
    }
    await eventually(async () => assert.deepEqual(await gauges(), baseline), 40);
    await server.stop();
  });
}
