export type Member = {
    user: string;
    name: string;
};
export type LogEventType = "message" | "edited" | "deleted" | "reacted";
/**
 * A fact in a room's log. `seq` has no holes.
 */
export type LogEvent = {
    type: LogEventType;
    room: string;
    seq: number;
    /**
     * Unix time in ms
     */
    at: number;
    user: string;
    from: string;
    /**
     * of a message or an edit; absent when that was deleted
     */
    content?: string | undefined;
    client_id?: string | undefined;
    reply_to?: number | undefined;
    /**
     * of a change: seq of the message that it changes
     */
    target?: number | undefined;
    /**
     * of `reacted`
     */
    emoji?: string | undefined;
    /**
     * of `reacted`
     */
    on?: boolean | undefined;
    edited_at?: number | undefined;
    deleted?: boolean | undefined;
    reactions?: Reactions | undefined;
};
/**
 * Names by emoji.
 */
export type Reactions = Record<string, string[]>;
/**
 * A message in its present state: edited, deleted (then without content), reacted to. Never changed
 * in place: another state is another object.
 */
export type Message = {
    type: "message";
    room: string;
    seq: number;
    /**
     * Unix time in ms
     */
    at: number;
    user: string;
    from: string;
    /**
     * absent when deleted
     */
    content?: string | undefined;
    client_id?: string | undefined;
    reply_to?: number | undefined;
    edited_at?: number | undefined;
    deleted?: boolean | undefined;
    reactions: Reactions;
};
/**
 * `epoch`: the server's log began anew; `expired`: no longer kept; `skipped`: too much to catch up
 * with; `failed`: the server refused the page; `unread`: nobody asked for it yet.
 */
export type HoleReason = "epoch" | "expired" | "skipped" | "failed" | "unread";
/**
 * What is missing between two messages. Both bounds belong to it.
 */
export type Missing = {
    type: "hole";
    from: number;
    to: number;
    reason: HoleReason;
};
export type Position = {
    epoch: string;
    seq: number;
};
export type Joined = {
    room: string;
    epoch: string;
    /**
     * the head: live events follow from seq + 1
     */
    seq: number;
    /**
     * the oldest seq kept
     */
    first: number;
    recovered: boolean;
    events: LogEvent[];
    more: boolean;
    version: number;
    count: number;
    members: Member[];
};
export type HistoryPage = {
    epoch: string;
    first: number;
    seq: number;
    events: LogEvent[];
    more: boolean;
};
/**
 * Exclusive bounds.
 */
export type HistoryRange = {
    before?: number;
    after?: number;
    limit?: number;
};
export type MembersPage = {
    version: number;
    count: number;
    members: Member[];
    more: boolean;
};
export type Presence = {
    version: number;
    count: number;
    joined: Member[];
    left: string[];
};
export type Typing = {
    user: string;
    from: string;
    on: boolean;
};
export type ReadPosition = {
    user: string;
    seq: number;
};
export type Gap = {
    epoch: string;
    from: number;
    to: number;
};
/**
 * A room of the answer to `rooms`.
 */
export type RoomSummary = {
    room: string;
    epoch: string;
    seq: number;
    read: number;
    /**
     * messages of others behind `read`
     */
    unread: number;
    /**
     * users in it now
     */
    count: number;
    /**
     * of a direct room: the other one
     */
    with?: Member | undefined;
};
export type Ack = {
    id: string;
    room: string;
    epoch: string;
    seq: number;
    at: number;
    durability: "memory" | "disk" | "synced" | "replicated";
    duplicate?: boolean | undefined;
};
export type Limits = {
    message_bytes: number;
    content: number;
    rooms: number;
    send_rate: number;
};
export type LoggedIn = {
    user: string;
    name: string;
    session: string;
};
/**
 * Any frame, as it came off the wire.
 */
export type Frame = {
    type: string;
    id?: string;
    [field: string]: any;
};
