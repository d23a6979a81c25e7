// What a program imports: `import { StentorClient } from "…/client/index.js"`.
// Invariant: names exported here are public and keep their meaning.

export { StentorClient } from "./stentor_client.js";
export { Room } from "./room.js";
export { StentorError } from "./errors.js";

/** @typedef {import("./clock.js").Clock} Clock */
/** @typedef {import("./connection.js").WebSocketImpl} WebSocketImpl */
/** @typedef {import("./identity.js").Credentials} Credentials */
/** @typedef {import("./outbox.js").Outgoing} Outgoing */
/** @typedef {import("./room.js").Happened} Happened */
/** @typedef {import("./room.js").RoomEvents} RoomEvents */
/** @typedef {import("./room.js").RoomState} RoomState */
/** @typedef {import("./room_log.js").LostStep} LostStep */
/** @typedef {import("./stentor_client.js").ClientEvents} ClientEvents */
/** @typedef {import("./stentor_client.js").ClientOptions} ClientOptions */
/** @typedef {import("./link.js").ClientState} ClientState */
/** @typedef {import("./types.js").Ack} Ack */
/** @typedef {import("./types.js").Gap} Gap */
/** @typedef {import("./types.js").HistoryPage} HistoryPage */
/** @typedef {import("./types.js").HistoryRange} HistoryRange */
/** @typedef {import("./types.js").Limits} Limits */
/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").LoggedIn} LoggedIn */
/** @typedef {import("./types.js").Member} Member */
/** @typedef {import("./types.js").MembersPage} MembersPage */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Missing} Missing */
/** @typedef {import("./types.js").Reactions} Reactions */
/** @typedef {import("./types.js").ReadPosition} ReadPosition */
/** @typedef {import("./types.js").RoomSummary} RoomSummary */
/** @typedef {import("./types.js").Typing} Typing */
