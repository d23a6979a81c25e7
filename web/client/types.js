// The frames of the native protocol that the client reads and writes (docs/protocol.md, "Frames"),
// as JSDoc types. Nothing here exists at run time.
// Invariant: a field that may be absent is marked so; unknown fields are ignored.

/** @typedef {{user: string, name: string}} Member */

/** @typedef {"message" | "edited" | "deleted" | "reacted"} LogEventType */

/**
 * A fact in a room's log. `seq` has no holes.
 * @typedef {object} LogEvent
 * @property {LogEventType} type
 * @property {string} room
 * @property {number} seq
 * @property {number} at Unix time in ms
 * @property {string} user
 * @property {string} from
 * @property {string} [content] of a message or an edit; absent when that was deleted
 * @property {string} [client_id]
 * @property {number} [reply_to]
 * @property {number} [target] of a change: seq of the message that it changes
 * @property {string} [emoji] of `reacted`
 * @property {boolean} [on] of `reacted`
 * @property {number} [edited_at]
 * @property {boolean} [deleted]
 * @property {Reactions} [reactions]
 */

/** Names by emoji. @typedef {Record<string, string[]>} Reactions */

/**
 * A message in its present state: edited, deleted (then without content), reacted to. Never changed
 * in place: another state is another object.
 * @typedef {object} Message
 * @property {"message"} type
 * @property {string} room
 * @property {number} seq
 * @property {number} at Unix time in ms
 * @property {string} user
 * @property {string} from
 * @property {string} [content] absent when deleted
 * @property {string} [client_id]
 * @property {number} [reply_to]
 * @property {number} [edited_at]
 * @property {boolean} [deleted]
 * @property {Reactions} reactions
 */

/**
 * `epoch`: the server's log began anew; `expired`: no longer kept; `skipped`: too much to catch up
 * with; `failed`: the server refused the page; `unread`: nobody asked for it yet.
 * @typedef {"epoch" | "expired" | "skipped" | "failed" | "unread"} HoleReason
 */

/** What is missing between two messages. Both bounds belong to it.
 * @typedef {{type: "hole", from: number, to: number, reason: HoleReason}} Missing */

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

/** Exclusive bounds. @typedef {{before?: number, after?: number, limit?: number}} HistoryRange */

/** @typedef {{version: number, count: number, members: Member[], more: boolean}} MembersPage */

/**
 * @typedef {object} Presence
 * @property {number} version
 * @property {number} count
 * @property {Member[]} joined
 * @property {string[]} left
 */

/** @typedef {{user: string, from: string, on: boolean}} Typing */
/** @typedef {{user: string, seq: number}} ReadPosition */
/** @typedef {{epoch: string, from: number, to: number}} Gap */

/**
 * A room of the answer to `rooms`.
 * @typedef {object} RoomSummary
 * @property {string} room
 * @property {string} epoch
 * @property {number} seq
 * @property {number} read
 * @property {number} unread messages of others behind `read`
 * @property {number} count users in it now
 * @property {Member} [with] of a direct room: the other one
 */

/**
 * @typedef {object} Ack
 * @property {string} id
 * @property {string} room
 * @property {string} epoch
 * @property {number} seq
 * @property {number} at
 * @property {"memory" | "disk" | "synced" | "replicated"} durability
 * @property {boolean} [duplicate]
 */

/** @typedef {{message_bytes: number, content: number, rooms: number, send_rate: number}} Limits */

/** @typedef {{user: string, name: string, session: string}} LoggedIn */

/**
 * Any frame, as it came off the wire.
 * @typedef {{type: string, id?: string, [field: string]: any}} Frame
 */

export {};
