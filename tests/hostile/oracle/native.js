// What each command on /ws is answered with (docs/protocol.md), as far as one client can tell that has its
// rooms to itself but for users of the past.
import { BadJson, JsonNumber, parseJson } from './json.js';

const isNumber = (low) => (value) => value instanceof JsonNumber && value.integer !== null && value.integer >= low;
const isText = (value) => typeof value === 'string';
const isFilled = (value) => isText(value) && value !== '';
const isSince = (value) => value instanceof Map && isText(value.get('epoch')) && isNumber(0)(value.get('seq'));

// Field: [kind, required].
const commands = {
  login: { fields: { name: [isText], session: [isText], token: [isText] } },
  join: { answer: 'joined', fields: { room: [isText, true], since: [isSince], history: [isNumber(0)] } },
  leave: { answer: 'left', fields: { room: [isText, true] } },
  send: { answer: 'ack', fields: { room: [isText, true], content: [isFilled, true], reply_to: [isNumber(1)] } },
  history: { answer: 'history', fields: { room: [isText, true], before: [isNumber(1)], after: [isNumber(0)], limit: [isNumber(1)] } },
  members: { answer: 'members', fields: { room: [isText, true], after: [isText], limit: [isNumber(1)] } },
  ping: { answer: 'pong', fields: {} },
};

const nameLengths = { user: 32, room: 64 };
// Is `text` a name? undefined where Unicode has the last word.
function isName(text, kind) {
  if (/[^\p{L}\p{M}\p{N}._-]/u.test(text) || /^\p{M}/u.test(text)) return false;
  if (/[^\x00-\x7f]/.test(text)) return undefined;
  return text.length >= 1 && text.length <= nameLengths[kind] && /^[A-Za-z0-9._-]+$/.test(text) && /[A-Za-z0-9]/.test(text);
}

const codePoints = (text) => [...text].length;

export class NativeOracle {
  // `taken`: names that others have; `own`: one that nobody else asks for.
  constructor({ taken = [], own } = {}) {
    Object.assign(this, { taken: new Set(taken), own, user: null, rooms: new Map(), items: [] });
    this.loose = false;  // something happened of which we do not know the result
    this.want(0, 'sync', { types: ['welcome'] });
  }

  // `queue`: 'sync' is answered in order; a room's are answered in order among themselves; 'free' at any time.
  want(at, queue, wanted) {
    this.items.push({ at, queue, json: wanted });
  }

  refuse(at, queue, id, codes) {
    this.want(at, queue, { types: ['error'], id, codes: [...codes] });
  }

  message(text, at) {
    if (this.loose) return;
    let parsed;
    try {
      parsed = parseJson(text);
    } catch (error) {
      if (!(error instanceof BadJson)) throw error;
      // The id is given back if it could be read.
      this.want(at, 'sync', { types: ['error'], codes: ['bad_json'], idIn: text });
      return;
    }
    if (parsed.odd || text.startsWith('\ufeff')) { this.loose = true; return; }
    if (!(parsed.value instanceof Map)) this.want(at, 'sync', { types: ['error'], codes: ['bad_json'], id: undefined });
    else this.command(parsed.value, at);
  }

  command(fields, at) {
    const defects = new Set();
    const id = fields.get('id');
    const goodId = id !== undefined && isText(id) && id !== '' && Buffer.byteLength(id) <= 64;
    if (id !== undefined && !goodId) defects.add('bad_request');
    const type = fields.get('type');
    const known = isText(type) && Object.hasOwn(commands, type) ? commands[type] : null;
    if (!isText(type)) defects.add('bad_request');
    else if (!known) defects.add('unknown_type');
    for (const [name, [kind, required]] of Object.entries(known?.fields ?? {})) {
      if (fields.has(name) ? !kind(fields.get(name)) : required) defects.add('bad_request');
    }
    if (known && type !== 'ping' && type !== 'login' && !this.user) defects.add('login_first');
    const own = goodId ? id : undefined;
    if (defects.size) this.refuse(at, 'sync', own, defects);
    else if (type === 'ping') this.want(at, 'sync', { types: ['pong'], id: own });
    else if (type === 'login') this.login(fields, own, at);
    else this.inRoom(type, fields, own, at);
  }

  login(fields, id, at) {
    const name = fields.get('name');
    const named = name === undefined ? true : isName(name, 'user');
    if (named === undefined || fields.has('token')) { this.loose = true; return; }
    const defects = new Set();
    if (!named) defects.add('bad_name').add(name === '' ? 'bad_request' : 'bad_name');
    if (name !== undefined && this.taken.has(name)) defects.add('name_taken');
    // No session of another server is good, and this one gave none away.
    if (fields.has('session')) defects.add('bad_request');
    if (this.user) {
      // A second login of a connection: no page says more than that it is answered.
      this.want(at, 'sync', { types: ['logged_in', 'error'], id });
      this.user = { name: undefined };
      return;
    }
    if (defects.size) { this.refuse(at, 'sync', id, defects); return; }
    if (name !== undefined && name !== this.own) { this.loose = true; return; }
    this.want(at, 'sync', { types: ['logged_in'], id, name });
    this.user = { name };
  }

  inRoom(type, fields, id, at) {
    const name = fields.get('room');
    const valid = isName(name, 'room');
    if (valid === undefined) { this.loose = true; return; }
    const defects = new Set();
    if (!valid || name.startsWith('dm.')) defects.add('bad_room').add(type === 'join' ? 'bad_room' : 'not_in_room');
    const room = this.rooms.get(name);
    if (type !== 'join' && !room?.joined) defects.add('not_in_room');
    const content = fields.get('content');
    if (type === 'send' && codePoints(content) > 4096) defects.add('too_large');
    // A room is one thing for all that follow; what stands in doubt is not looked at further.
    if (type === 'send' && fields.has('reply_to')) { this.loose = true; return; }
    // Who has left is refused by the room's home until it is known here that he has, and then here: the
    // two kinds may overtake each other.
    const inOrder = defects.has('not_in_room') && defects.size === 1 && !room;
    if (defects.size) { this.refuse(at, inOrder ? name : 'free', id, defects); return; }
    if (type === 'send') this.send(room, name, content, id, at);
    else this.want(at, name, { types: [commands[type].answer], id, room: name });
    if (type === 'join') this.rooms.set(name, { joined: true, sent: room?.sent ?? new Map(), left: false });
    if (type === 'leave') room.joined = false;
  }

  send(room, name, content, id, at) {
    if (id === undefined) {
      this.want(at, name, { types: [], message: { content } });
      return;
    }
    if (room.sent.has(id)) {
      const same = room.sent.get(id) === content;
      if (same) this.want(at, name, { types: ['ack'], id, room: name, duplicate: true });
      else this.refuse(at, name, id, ['id_reused']);
      return;
    }
    room.sent.set(id, content);
    this.want(at, name, { types: ['ack'], id, room: name, message: { content } });
  }
}
