// The frames of the native protocol that the client reads and writes (docs/protocol.md, "Frames"),
// as JSDoc types. Nothing here exists at run time.
// Invariant: a field that may be absent is marked so; unknown fields are ignored.

/** @typedef {{user: string, name: string}} Member */

/**
 * A fact in a room's log: `message`, `edited`, `deleted`, `reacted`. `seq` has no holes.
 * @typedef {object} LogEvent
 * @property {string} type
 * @property {string} room
 * @property {number} seq
 * @property {number} at Unix time in ms
 * @property {string} user
 * @property {string} from
 * @property {string} [content] absent when deleted
 * @property {string} [client_id]
 * @property {number} [reply_to]
 * @property {number} [target]
 * @property {number} [edited_at]
 * @property {boolean} [deleted]
 */

/** @typedef {{epoch: string, seq: number}} Position */

/**
 * @typedef {object} Joined
 * @property {string} room
 * @property {string} epoch
 * @property {number} seq the head: live events follow from seq + 1
 * @property {number} first the oldest seq kept
 * @property {boolean} recovered
 * @property {LogEvent[]} events
 * @property {boolean} more
 * @property {number} version
 * @property {number} count
 * @property {Member[]} members
 */

/**
 * @typedef {object} HistoryPage
 * @property {string} epoch
 * @property {number} first
 * @property {number} seq
 * @property {LogEvent[]} events
 * @property {boolean} more
 */

/** @typedef {{version: number, count: number, members: Member[], more: boolean}} MembersPage */

/**
 * @typedef {object} Presence
 * @property {number} version
 * @property {number} count
 * @property {Member[]} joined
 * @property {string[]} left
 */

/**
 * @typedef {object} Ack
 * @property {string} id
 * @property {string} room
 * @property {string} epoch
 * @property {number} seq
 * @property {number} at
 * @property {string} durability
 * @property {boolean} [duplicate]
 */

/** @typedef {{message_bytes: number, content: number, rooms: number, send_rate: number}} Limits */

/** @typedef {{user: string, name: string, session: string}} LoggedIn */

/**
 * Any frame, as it came off the wire.
 * @typedef {{type: string, id?: string, [field: string]: any}} Frame
 */

export {};
