// The peer `node-ws`: the npm package ws as its README uses it, one process. Dialect and flags are
// those of every server in bench/peers/peers.json.
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const { values: options } = parseArgs({
  options: { listen: { type: 'string', default: '127.0.0.1:0' }, 'ports-file': { type: 'string' } },
});

const rooms = new Map();

function join(socket, name) {
  if (!rooms.has(name)) rooms.set(name, new Set());
  const room = rooms.get(name);
  room.add(socket);
  socket.on('close', () => {
    room.delete(socket);
    if (room.size === 0 && rooms.get(name) === room) rooms.delete(name);
  });
  socket.send('joined');
  return room;
}

function serveRoom(socket) {
  let room = null;
  socket.on('message', (data, isBinary) => {
    if (room !== null) {
      for (const member of room) member.send(data, { binary: isBinary });
    } else {
      const [verb, name] = data.toString().split(' ');
      if (verb === 'join' && name) room = join(socket, name);
    }
  });
}

function serveEcho(socket) {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

const http = createServer();
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
server.on('connection', (socket, request) => {
  socket.on('error', () => {}); // `close` follows
  if (request.url === '/echo') serveEcho(socket);
  else serveRoom(socket);
});

const [, host, port] = options.listen.match(/^(.*):(\d+)$/);
http.listen({ host, port: Number(port), backlog: 4096 }, () => {
  const ports = { pid: process.pid, listen: [`${host}:${http.address().port}`] };
  const file = options['ports-file'];
  if (file === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify(ports));
  renameSync(`${file}.new`, file);
});
