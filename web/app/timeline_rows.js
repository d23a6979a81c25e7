// Lays a timeline out in rows: days, groups of one author, dividers, what an answer answers. Pure.
// Invariant: keys are unique; a row whose `key` and `version` are the same looks the same.

import { isGone, shownText } from "./message.js";

/** @typedef {import("./timeline_model.js").Item} Item */
/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./timeline_model.js").TimelineModel} TimelineModel */

/**
 * @typedef {object} Quote the answered message, as one line above the answer
 * @property {number} seq
 * @property {string} from "": not known (yet)
 * @property {string} text
 */
/**
 * `head`: the first message of a group, which shows author and time.
 * @typedef {{kind: "message", key: string, version: string, message: Message, head: boolean,
 *     quote: Quote | null}} MessageRow
 */
/**
 * @typedef {MessageRow | ({key: string, version: string} & ({kind: "day", at: number} |
 *     {kind: "unread"} | {kind: "note", text: string, lost: boolean}))} Row
 */

const kGroupMs = 5 * 60_000;
const kQuoteCodePointsMax = 120;

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
            rows.push(messageRow(item, head, quoteOf(model, item)));
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

/** @param {Message} message @param {boolean} head @param {Quote | null} quote */
function messageRow(message, head, quote) {
    const parts = [message.state, head, message.revision, message.error, quote?.from, quote?.text];
    return /** @type {const} */ ({
        kind: "message",
        key: message.key,
        version: parts.join("|"),
        message,
        head,
        quote,
    });
}

/** @param {TimelineModel} model @param {Message} message @returns {Quote | null} */
function quoteOf(model, message) {
    if (message.replyTo === undefined || isGone(message)) return null;
    const answered = model.answered(message);
    const seq = message.replyTo;
    if (answered === undefined) return { seq, from: "", text: "an earlier message" };
    const { from } = answered;
    return { seq, from, text: isGone(answered) ? "(deleted)" : excerpt(shownText(answered)) };
}

/** The beginning of a text, on one line. @param {string} text @returns {string} */
export function excerpt(text) {
    const line = text.replace(/\s+/gu, " ").trim();
    const points = Array.from(line);
    if (points.length <= kQuoteCodePointsMax) return line;
    return `${points.slice(0, kQuoteCodePointsMax).join("")}…`;
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

/**
 * Names as a list in words; each is isolated, for the sake of its writing direction.
 * @param {string[]} names
 * @param {number} [max]
 * @returns {string}
 */
export function listed(names, max = 4) {
    const shown = names
        .slice(0, names.length > max ? max - 1 : max)
        .map((name) => `\u2068${name}\u2069`);
    const others = names.length - shown.length;
    if (others > 0) shown.push(`${others} others`);
    const last = shown.pop() ?? "";
    return shown.length === 0 ? last : `${shown.join(", ")} and ${last}`;
}
