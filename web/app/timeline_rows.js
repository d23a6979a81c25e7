// Lays a timeline out in rows: days, groups of one author, dividers. Pure.
// Invariant: keys are unique; a row whose `key` and `version` are the same looks the same.

/** @typedef {import("./timeline_model.js").Item} Item */
/** @typedef {import("./timeline_model.js").Message} Message */
/** @typedef {import("./timeline_model.js").TimelineModel} TimelineModel */

/**
 * `head`: the first message of a group, which shows author and time.
 * @typedef {{key: string, version: string} & ({kind: "day", at: number} | {kind: "unread"} |
 *     {kind: "message", message: Message, head: boolean} | {kind: "note", text: string,
 *     lost: boolean})} Row
 */

const kGroupMs = 5 * 60_000;

const kLostTexts = {
    epoch: "The server began a new history here. Messages sent in between may be missing.",
    expired: "Some messages could not be loaded: the server no longer keeps them.",
    skipped: "You were away for long: older messages are not shown.",
    failed: "Some messages could not be loaded.",
};

/** @param {TimelineModel} model @returns {Row[]} */
export function layOut(model) {
    /** @type {Row[]} */
    const rows = [];
    let day = "";
    /** @type {Message | null} */
    let before = null;
    for (const item of [...model.items, ...model.outgoing.values()]) {
        const itsDay = new Date(item.at).toDateString();
        if (itsDay !== day) {
            day = itsDay;
            before = null;
            rows.push({ kind: "day", key: `day-${itsDay}-${item.key}`, version: "", at: item.at });
        }
        if (item.key === model.unreadFrom) {
            before = null;
            rows.push({ kind: "unread", key: "unread", version: "" });
        }
        if (item.kind === "message") {
            const head = before === null || !sameGroup(before, item);
            rows.push({
                kind: "message",
                key: item.key,
                version: version(item, head),
                message: item,
                head,
            });
            before = item;
        } else {
            before = null;
            rows.push(note(item));
        }
    }
    return rows;
}

/** @param {Message} a @param {Message} b @returns {boolean} */
function sameGroup(a, b) {
    return a.user === b.user && a.from === b.from && b.at - a.at < kGroupMs;
}

/** @param {Message} message @param {boolean} head @returns {string} */
function version(message, head) {
    return [message.state, head, message.editedAt, message.deleted, message.error].join("|");
}

/** @param {Exclude<Item, Message>} item @returns {Row} */
function note(item) {
    const lost = item.kind === "lost";
    const text = lost ? kLostTexts[item.reason] : comings(item);
    return { kind: "note", key: item.key, version: text, text, lost };
}

/** @param {{joined: Map<string, string>, left: Map<string, string>}} line @returns {string} */
function comings(line) {
    const parts = [];
    if (line.joined.size > 0) parts.push(`${listed([...line.joined.values()])} joined`);
    if (line.left.size > 0) parts.push(`${listed([...line.left.values()])} left`);
    return parts.join(" · ");
}

// Each name is isolated, for the sake of its writing direction.
/** @param {string[]} names @returns {string} */
function listed(names) {
    const shown = names.slice(0, names.length > 4 ? 3 : 4).map((name) => `\u2068${name}\u2069`);
    const others = names.length - shown.length;
    if (others > 0) shown.push(`${others} others`);
    const last = shown.pop() ?? "";
    return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}
