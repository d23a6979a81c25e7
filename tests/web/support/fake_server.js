// TEST DOUBLE. A chat server in one file, so that the page and the client can be tested where the
// real one is not built: the page of web/manifest.txt, and the part of the native protocol that the
// page speaks. It judges nothing: no name rules, no limits, no pace.
// Invariant: same flags and ports file as the real server, as far as the tests use them.

import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { readManifest } from "./manifest.js";

const kCsp =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'";

const argument = (name) => process.argv[process.argv.indexOf(name) + 1];
const port = Number(argument("--listen").split(":")[1]);
const files = readManifest();
const key = randomBytes(32);
const rooms = new Map();
const connections = new Set();

function roomOf(name) {
    if (!rooms.has(name)) {
        rooms.set(name, { name, epoch: randomUUID(), events: [], users: new Map(), version: 0 });
    }
    return rooms.get(name);
}

function broadcast(room, frame) {
    const text = JSON.stringify(frame);
    for (const connection of connections) {
        if (connection.rooms.has(room.name)) connection.socket.send(text);
    }
}

function presence(room, joined, left) {
    room.version += 1;
    broadcast(room, {
        type: "presence",
        room: room.name,
        version: room.version,
        count: room.users.size,
        joined,
        left,
    });
}

function sign(user, name) {
    const body = Buffer.from(JSON.stringify({ user, name })).toString("base64url");
    return `${body}.${createHmac("sha256", key).update(body).digest("base64url")}`;
}

function verify(session) {
    const [body, mac] = session.split(".");
    if (createHmac("sha256", key).update(body).digest("base64url") !== mac) return null;
    return JSON.parse(Buffer.from(body, "base64url").toString());
}

const answers = {
    login(connection, { name, session }) {
        const known = session === undefined ? null : verify(session);
        if (session !== undefined && known === null) throw ["forbidden", "session: not ours"];
        const wanted = name ?? known?.name ?? `guest-${randomBytes(3).toString("hex")}`;
        if (!/^[\p{L}\p{M}\p{N}._-]{1,32}$/u.test(wanted))
            throw ["bad_name", "name: letters, digits, . _ -"];
        const user = known?.user ?? `u${randomBytes(6).toString("hex")}`;
        for (const other of connections) {
            if (other.name === wanted && other.user !== user) {
                throw ["name_taken", `the name "${wanted}" is taken`];
            }
        }
        connection.user = user;
        connection.name = wanted;
        return { type: "logged_in", user, name: wanted, session: sign(user, wanted) };
    },
    join(connection, { room: name, since, history = 0 }) {
        const room = roomOf(name);
        const others = room.users.get(connection.user);
        if (others === undefined) {
            room.users.set(connection.user, { name: connection.name, count: 1 });
            presence(room, [{ user: connection.user, name: connection.name }], []);
        } else if (!connection.rooms.has(name)) {
            others.count += 1;
        }
        connection.rooms.add(name);
        const recovered = since === undefined || since.epoch === room.epoch;
        const rest = since !== undefined && recovered ? room.events.slice(since.seq) : null;
        const events =
            rest === null ? room.events.slice(-Math.min(history || 50, 100)) : rest.slice(0, 100);
        const more = rest === null ? room.events.length > events.length : rest.length > 100;
        const members = Array.from(room.users, ([user, { name: its }]) => ({ user, name: its }));
        return {
            type: "joined",
            room: name,
            epoch: room.epoch,
            seq: room.events.length,
            first: 1,
            recovered,
            events,
            more,
            version: room.version,
            count: members.length,
            members: members.slice(0, 100),
        };
    },
    leave(connection, { room: name }) {
        depart(connection, name);
        return { type: "left", room: name };
    },
    send(connection, { room: name, content, id }) {
        if (!connection.rooms.has(name)) throw ["not_in_room", `join the room "${name}" first`];
        if (content.startsWith("refuse:")) throw ["too_large", "content: too long"];
        const room = roomOf(name);
        const told = room.events.find((e) => e.client_id === id && e.user === connection.user);
        const event = told ?? {
            type: "message",
            room: name,
            seq: room.events.length + 1,
            at: Date.now(),
            user: connection.user,
            from: connection.name,
            content,
            client_id: id,
        };
        const ack = {
            type: "ack",
            room: name,
            epoch: room.epoch,
            seq: event.seq,
            at: event.at,
            durability: "memory",
            ...(told && { duplicate: true }),
        };
        if (told === undefined) {
            room.events.push(event);
            queueMicrotask(() => broadcast(room, event));
        }
        return ack;
    },
    history(connection, { room: name, before = Infinity, after = 0, limit = 100 }) {
        const room = roomOf(name);
        const inside = room.events.filter(({ seq }) => seq > after && seq < before);
        const events = after > 0 ? inside.slice(0, limit) : inside.slice(-limit);
        return {
            type: "history",
            room: name,
            epoch: room.epoch,
            first: 1,
            seq: room.events.length,
            events,
            more: inside.length > events.length,
        };
    },
    members(connection, { room: name, after }) {
        const room = roomOf(name);
        const all = Array.from(room.users, ([user, { name: its }]) => ({ user, name: its }));
        const from = all.findIndex(({ user }) => user === after) + 1;
        return {
            type: "members",
            room: name,
            version: room.version,
            count: all.length,
            members: all.slice(from, from + 100),
            more: from + 100 < all.length,
        };
    },
    ping: () => ({ type: "pong", at: Date.now() }),
};

function depart(connection, name) {
    if (!connection.rooms.delete(name)) return;
    const room = roomOf(name);
    const entry = room.users.get(connection.user);
    entry.count -= 1;
    if (entry.count > 0) return;
    room.users.delete(connection.user);
    presence(room, [], [connection.user]);
}

const server = createServer((request, response) => {
    const file = files.get(new URL(request.url ?? "/", "http://x").pathname);
    const headers = { "Content-Security-Policy": kCsp, "X-Content-Type-Options": "nosniff" };
    if (file === undefined) return response.writeHead(404, headers).end("not found");
    response.writeHead(200, { ...headers, "Content-Type": file.type }).end(readFileSync(file.file));
});

new WebSocketServer({ server, path: "/ws" }).on("connection", (socket) => {
    const connection = { socket, user: "", name: "", rooms: new Set() };
    connections.add(connection);
    const answer = (frame) => socket.send(JSON.stringify(frame));
    answer({
        type: "welcome",
        protocol: 1,
        server: "fake",
        connection: randomUUID(),
        ping_ms: 25000,
        limits: { message_bytes: 65536, content: 4096, rooms: 100, send_rate: 20 },
    });
    socket.on("message", (data) => {
        const { id, ...command } = JSON.parse(String(data));
        try {
            if (connection.user === "" && command.type !== "login")
                throw ["login_first", "log in first"];
            const handler = answers[command.type];
            if (handler === undefined) throw ["unknown_type", `no such command: ${command.type}`];
            const frame = handler(connection, { ...command, id });
            if (id !== undefined) answer({ ...frame, id });
        } catch (error) {
            if (!Array.isArray(error)) throw error;
            answer({ type: "error", id, code: error[0], message: error[1] });
        }
    });
    socket.on("close", () => {
        connections.delete(connection);
        for (const name of [...connection.rooms]) depart(connection, name);
    });
});

server.listen(port, "127.0.0.1", () => {
    const file = argument("--ports-file");
    const listen = [`127.0.0.1:${/** @type {any} */ (server.address()).port}`];
    writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, listen }));
    renameSync(`${file}.new`, file);
});
