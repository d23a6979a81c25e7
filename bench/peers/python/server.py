# The peer `python-websockets`: the package websockets on asyncio as its documentation uses it
# (broadcast() for a room), one process. Dialect and flags are those of every server in
# bench/peers/peers.json.
import argparse
import asyncio
import json
import os

import websockets

rooms = {}


async def serve_room(socket):
    name = None
    async for message in socket:
        if message.startswith("join "):
            name = message.removeprefix("join ")
            break
    if name is None:
        return
    room = rooms.setdefault(name, set())
    room.add(socket)
    try:
        await socket.send("joined")
        async for message in socket:
            websockets.broadcast(room, message)
    finally:
        room.remove(socket)


async def serve_echo(socket):
    async for message in socket:
        await socket.send(message)


async def serve(socket):
    try:
        await (serve_echo(socket) if socket.path == "/echo" else serve_room(socket))
    except websockets.ConnectionClosed:
        pass


def write_ports_file(path, host, port):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "listen": [f"{host}:{port}"]}, file)
    os.rename(path + ".new", path)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--ports-file")
    options = parser.parse_args()
    host, port = options.listen.rsplit(":", 1)
    async with websockets.serve(serve, host, int(port), compression=None, backlog=4096) as server:
        if options.ports_file:
            write_ports_file(options.ports_file, host, server.sockets[0].getsockname()[1])
        await asyncio.Future()


asyncio.run(main())
