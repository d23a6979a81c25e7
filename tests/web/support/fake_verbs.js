// TEST DOUBLE. What each command of the native protocol does in the fake chat and what it answers.
// Invariant: a handler returns its answer, or throws [code, text]; what others see of it goes out
// after the answer (`chat.then`).

import { randomBytes } from "node:crypto";

const kPage = 100;

export const answers = {
    login(chat, connection, { name, session }) {
        const known = session === undefined ? null : chat.verify(session);
        if (session !== undefined && known === null) throw ["forbidden", "session: not ours"];
        const wanted = name ?? known?.name ?? `guest-${randomBytes(3).toString("hex")}`;
        if (!/^[\p{L}\p{M}\p{N}._-]{1,32}$/u.test(wanted))
            throw ["bad_name", "name: letters, digits, . _ -"];
        const user = known?.user ?? `u${randomBytes(6).toString("hex")}`;
        for (const other of chat.connections) {
            if (other.name === wanted && other.user !== user)
                throw ["name_taken", `the name "${wanted}" is taken`];
        }
        Object.assign(connection, { user, name: wanted });
        chat.users.set(user, wanted);
        return { type: "logged_in", user, name: wanted, session: chat.sign(user, wanted) };
    },

    join: (chat, connection, { room, since, history }) =>
        join(chat, connection, room, since, history),

    leave(chat, connection, { room }) {
        chat.depart(connection, room);
        return { type: "left", room };
    },

    sync(chat, connection, { rooms }) {
        for (const { room, ...since } of rooms) {
            try {
                connection.send(join(chat, connection, room, since));
            } catch (error) {
                if (!Array.isArray(error)) throw error;
                connection.send({ type: "error", room, code: error[0], message: error[1] });
            }
        }
        return { type: "synced" };
    },

    send(chat, connection, { id, room: name, content, reply_to }) {
        const room = inside(chat, connection, name);
        if (content === "") throw ["bad_request", "content: must not be empty"];
        if (reply_to > room.head)
            throw ["no_such_message", "reply_to: the room has no such message"];
        return append(chat, connection, room, id, {
            type: "message",
            content,
            ...but({ reply_to }),
        });
    },

    direct(chat, connection, { id, to, content }) {
        const byName = [...chat.users].find(([, name]) => name === to)?.[0];
        const user = chat.users.has(to) ? to : byName;
        if (user === undefined) throw ["no_such_user", `to: nobody is called "${to}"`];
        const room = chat.room(`dm.${[user, connection.user].sort().join(".")}`);
        return append(chat, connection, room, id, { type: "message", content });
    },

    edit(chat, connection, { id, room: name, target, content }) {
        const room = inside(chat, connection, name);
        const fields = { type: "edited", target, content };
        return append(chat, connection, room, id, fields, () => own(connection, room, target));
    },

    delete(chat, connection, { id, room: name, target }) {
        const room = inside(chat, connection, name);
        const fields = { type: "deleted", target };
        return append(chat, connection, room, id, fields, () => own(connection, room, target));
    },

    react(chat, connection, { id, room: name, target, emoji, on = true }) {
        const room = inside(chat, connection, name);
        const fields = { type: "reacted", target, emoji, on };
        return append(chat, connection, room, id, fields, () => message(room, target));
    },

    typing(chat, connection, { room: name, on }) {
        const room = inside(chat, connection, name);
        const { user, name: from } = connection;
        chat.then(() => chat.tell(room, { type: "typing", room: name, user, from, on }, user));
    },

    read(chat, connection, { room: name, seq }) {
        const room = inside(chat, connection, name);
        const { user } = connection;
        if (seq <= (room.read.get(user) ?? 0)) return;
        room.read.set(user, Math.min(seq, room.head));
        chat.changed();
        const positions = [{ user, seq }];
        chat.then(() => chat.tell(room, { type: "read", room: name, positions }));
    },

    rooms(chat, { user }) {
        const mine = [...chat.rooms.values()].filter(
            (room) => room.read.has(user) || (room.direct && room.pair.includes(user)),
        );
        return { type: "rooms", rooms: mine.map((room) => summary(chat, room, user)) };
    },

    history(chat, connection, { room: name, before = Infinity, after, limit = kPage }) {
        const room = inside(chat, connection, name);
        const all = room.between(after ?? 0, before);
        const size = Math.min(limit, kPage);
        const events = after !== undefined ? all.slice(0, size) : all.slice(-size);
        const more = all.length > events.length;
        const { epoch, first, head: seq } = room;
        return { type: "history", room: name, epoch, first, seq, events, more };
    },

    members(chat, connection, { room: name, after, limit = kPage }) {
        const room = inside(chat, connection, name);
        const { members: all, version } = room;
        const from = all.findIndex(({ user }) => user === after) + 1;
        const members = all.slice(from, from + Math.min(limit, kPage));
        const more = from + members.length < all.length;
        return { type: "members", room: name, version, count: all.length, members, more };
    },

    ping: () => ({ type: "pong", at: Date.now() }),
};

function join(chat, connection, name, since, history = 50) {
    const room = chat.room(name);
    if (room.direct && !room.pair.includes(connection.user))
        throw ["forbidden", "others talk there"];
    const inRoom = room.users.get(connection.user);
    if (inRoom === undefined) {
        const { user, name: its } = connection;
        room.users.set(user, { name: its, count: 1 });
        chat.presence(room, [{ user, name: its }], []);
    } else if (!connection.rooms.has(name)) {
        inRoom.count += 1;
    }
    connection.rooms.add(name);
    const kept = since === undefined || (since.epoch === room.epoch && since.seq >= room.first - 1);
    const resumed = since !== undefined && kept;
    const all = room.between(resumed ? since.seq : 0, Infinity);
    const size = Math.min(history, kPage);
    const events = resumed ? all.slice(0, kPage) : size === 0 ? [] : all.slice(-size);
    const { epoch, first, head: seq, version, members } = room;
    const more = all.length > events.length;
    const people = { version, count: members.length, members: members.slice(0, kPage) };
    return {
        type: "joined",
        room: name,
        epoch,
        seq,
        first,
        recovered: kept,
        events,
        more,
        ...people,
    };
}

/** The room, if this connection may say something in it. */
function inside(chat, connection, name) {
    const room = chat.room(name);
    const others = room.direct && !room.pair.includes(connection.user);
    if (others) throw ["forbidden", "others talk there"];
    if (!room.direct && !connection.rooms.has(name))
        throw ["not_in_room", `join the room "${name}" first`];
    return room;
}

function message(room, target) {
    const found = room.message(target);
    if (found === undefined) throw ["no_such_message", `target: ${target} is no message here`];
    return found;
}

function own(connection, room, target) {
    if (message(room, target).user !== connection.user) throw ["forbidden", "target: not yours"];
}

/** The log decides about duplicates; `allowed` throws when a new event may not be. */
function append(chat, connection, room, id, fields, allowed = () => {}) {
    const { user, name: from } = connection;
    const told = room.told(user, id);
    if (told === undefined || told === "") {
        allowed();
        const event = room.append({ ...fields, user, from, ...but({ client_id: id }) });
        chat.changed();
        chat.then(() => chat.tellEvent(room, event));
        return ack(room, event);
    }
    const same = Object.entries(fields).every(([field, value]) => told[field] === value);
    if (!same) throw ["id_reused", "id: was another message"];
    return { ...ack(room, told), duplicate: true };
}

function ack({ name: room, epoch }, { seq, at }) {
    return { type: "ack", room, epoch, seq, at, durability: "memory" };
}

function summary(chat, room, user) {
    const read = room.read.get(user) ?? 0;
    const { name, epoch, head: seq, users } = room;
    const unread = room.events.filter(
        (event) => event.type === "message" && event.seq > read && event.user !== user,
    ).length;
    const whole = { room: name, epoch, seq, read, unread, count: users.size };
    if (!room.direct) return whole;
    const other = room.pair.find((one) => one !== user) ?? user;
    return { ...whole, with: { user: other, name: chat.users.get(other) } };
}

/** Only the fields that are there. */
function but(fields) {
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
