// Members of the load tool's first room who join and never read again, until they are ended.
import net from 'node:net';
import { frame, upgradeRequest } from '../../tests/e2e/support/raw.js';

const room = 'bench-00000'; // bench/load/rooms.h
const patience_ms = 10_000;

// How the named dialects join; the same as the load tool's (bench/load/target.cc).
const dialects = {
  native: {
    join: ['{"type":"login","id":"login"}', '{"type":"join","id":"join","room":"{room}"}'],
    joined: '"type":"joined"',
  },
  raw: { join: ['join {room}'], joined: 'joined' },
};

function member({ url, join, joined }, number) {
  const { hostname, port, pathname, search } = new URL(url.replaceAll('{room}', room));
  return new Promise((done, fail) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    const late = setTimeout(() => fail(new Error('a member that is to stall could not join')), patience_ms);
    let heard = '';
    const settle = () => {
      clearTimeout(late);
      socket.pause();
      socket.removeAllListeners('data');
      done(socket);
    };
    socket.on('error', (error) => {
      clearTimeout(late);
      fail(error);
    });
    socket.write(upgradeRequest(pathname + search));
    let upgraded = false;
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
      if (!upgraded && heard.includes('\r\n\r\n')) {
        upgraded = true;
        heard = heard.slice(heard.indexOf('\r\n\r\n') + 4);
        for (const line of join)
          socket.write(
            frame({ payload: line.replaceAll('{room}', room).replaceAll('{user}', `stalled-${number}`) }),
          );
        if (!joined) return settle();
      }
      if (upgraded && joined && heard.includes(joined)) settle();
    });
  });
}

// `target` as the load tool gets it. Resolves with what ends them all.
export async function stall(target, count) {
  const { join, joined } = target.join ? target : dialects[target.dialect];
  const members = await Promise.all(
    Array.from({ length: count }, (_, i) => member({ url: target.url, join: [join].flat(), joined }, i)),
  );
  for (const socket of members) socket.on('error', () => {}); // a server may cut who does not read
  return () => {
    for (const socket of members) socket.destroy();
  };
}
