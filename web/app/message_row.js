// Draws one row of the timeline: a message, a day, a divider, a note.
// Invariant: names and texts are text nodes in elements with a writing direction of their own.

import { h } from "./dom.js";
import { chipsOf, isGone, shownText } from "./message.js";
import { paintName } from "./name_color.js";
import { mentions, parseText } from "./rich_text.js";
import { excerpt, listed } from "./timeline_rows.js";
import { dayName, exactTime, timeOfDay } from "./times.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./timeline_rows.js").MessageRow} MessageRow */
/** @typedef {import("./timeline_rows.js").Quote} Quote */
/** @typedef {import("./timeline_rows.js").Row} Row */

/**
 * @typedef {object} RowActions
 * @property {() => string} myName
 * @property {(id: string) => void} resend
 * @property {(id: string) => void} discard
 * @property {(message: Message, emoji: string, on: boolean) => void} react
 * @property {(answer: Message) => void} jump to what this message answers
 */

const kLinesShown = 24;
const kReactorsNamed = 20;
const kDeletedText = "This message was deleted.";

/** @param {Row} row @param {RowActions} actions @returns {HTMLLIElement} */
export function drawRow(row, actions) {
    switch (row.kind) {
        case "day":
            return h("li", { class: "day" }, h("span", {}, dayName(row.at, Date.now())));
        case "unread":
            return h("li", { class: "unread" }, h("span", {}, "New messages"));
        case "note":
            return h("li", { class: row.lost ? "note lost" : "note" }, row.text);
        case "message":
            return drawMessage(row, actions);
    }
}

/** @param {string} name @returns {HTMLElement} */
export function monogram(name) {
    const first = firstCharacter(name);
    const element = h("span", { class: "monogram", "aria-hidden": "true" }, first.toUpperCase());
    paintName(element, name);
    return element;
}

/** @param {string} name @param {string} [className] @returns {HTMLElement} */
export function nameTag(name, className = "name") {
    const element = h("bdi", { class: className }, name);
    paintName(element, name);
    return element;
}

/** @param {MessageRow} row @param {RowActions} actions */
function drawMessage({ key, message, head, quote }, actions) {
    const text = shownText(message);
    const gone = isGone(message);
    const classes = ["message", head ? "head" : "tail", message.state];
    if (message.mine) classes.push("mine");
    else if (!gone && mentions(text, actions.myName())) classes.push("for-me");
    const header = h("header", {}, nameTag(message.from), " ", drawTime(message.at));
    const label = `${message.from}: ${gone ? "deleted" : excerpt(text)}`;
    const article = h("article", { tabindex: "-1", "aria-label": label }, header);
    if (quote !== null) article.append(drawQuote(quote, () => actions.jump(message)));
    article.append(
        gone ? h("p", { class: "text deleted" }, kDeletedText) : drawText(text, actions),
    );
    if (message.editedAt !== undefined && !gone) {
        const title = `Edited ${exactTime(message.editedAt)}`;
        article.append(h("small", { class: "edited", title }, "edited"));
    }
    if (message.state !== "sent") article.append(drawState(message, actions));
    else if (message.wish?.text !== undefined || message.wish?.deleted) {
        article.append(h("small", { class: "state" }, "Saving…"));
    } else if (message.mine && !gone) article.append(drawSent());
    const chips = gone ? null : drawChips(message, actions);
    return h(
        "li",
        { class: classes.join(" "), "data-key": key },
        message.mine || !head ? null : monogram(message.from),
        chips === null ? article : h("div", { class: "stack" }, article, chips),
    );
}

/** @param {number} at */
function drawTime(at) {
    const when = new Date(at);
    if (Number.isNaN(when.getTime())) return h("time");
    return h("time", { datetime: when.toISOString(), title: exactTime(at) }, timeOfDay(at));
}

function drawSent() {
    return h("span", { class: "sent-mark", role: "img", "aria-label": "Sent", title: "Sent" }, "✓");
}

/** @param {Quote} quote @param {() => void} jump @returns {HTMLElement} */
function drawQuote({ from, text }, jump) {
    const name = from === "" ? null : nameTag(from);
    const line = h("span", { class: "quote-text", dir: "auto" }, text);
    const hidden = h("span", { class: "unseen" }, "In answer to ");
    const button = h("button", { type: "button", class: "quote" }, hidden, name, " ", line);
    button.addEventListener("click", jump);
    return button;
}

/** @param {Message} message @param {RowActions} actions @returns {HTMLElement | null} */
function drawChips(message, actions) {
    const chips = chipsOf(message, actions.myName()).map(({ emoji, names, mine }) => {
        const who = listed(names, kReactorsNamed);
        const count = h("span", { class: "chip-count" }, String(names.length));
        const label = `${emoji} ${names.length}, from ${who}`;
        const chip = h(
            "button",
            {
                type: "button",
                class: "chip",
                title: who,
                "aria-label": label,
                "aria-pressed": String(mine),
                "data-focus": `chip ${emoji}`,
            },
            h("bdi", {}, emoji),
            " ",
            count,
        );
        chip.addEventListener("click", () => actions.react(message, emoji, !mine));
        return chip;
    });
    return chips.length === 0 ? null : h("div", { class: "chips" }, ...chips);
}

/** @param {string} content @param {RowActions} actions @returns {HTMLElement} */
function drawText(content, actions) {
    const text = h("p", { class: "text", dir: "auto" });
    const myName = actions.myName();
    for (const segment of parseText(content)) text.append(drawSegment(segment, myName));
    if (content.split("\n", kLinesShown + 2).length <= kLinesShown + 1) return text;
    text.classList.add("folded");
    const more = h("button", { type: "button", class: "quiet" }, "Show all");
    more.addEventListener("click", () => {
        text.classList.remove("folded");
        more.remove();
    });
    return h("div", {}, text, more);
}

/** @param {import("./rich_text.js").Segment} segment @param {string} myName @returns {Node} */
function drawSegment(segment, myName) {
    if (segment.kind === "link") {
        const rel = "noopener noreferrer nofollow";
        return h("a", { href: segment.href, rel, target: "_blank", dir: "ltr" }, segment.text);
    }
    if (segment.kind === "mention") {
        const me = segment.name.toLowerCase() === myName.toLowerCase();
        return h("mark", { class: me ? "mention to-me" : "mention" }, segment.text);
    }
    return document.createTextNode(segment.text);
}

/** @param {Message} message @param {RowActions} actions @returns {HTMLElement} */
function drawState(message, actions) {
    if (message.state === "pending") return h("small", { class: "state" }, "Sending…");
    const id = message.clientId ?? "";
    const again = h("button", { type: "button", class: "quiet" }, "Try again");
    const discard = h("button", { type: "button", class: "quiet" }, "Discard");
    again.addEventListener("click", () => actions.resend(id));
    discard.addEventListener("click", () => actions.discard(id));
    const why = message.error ? `Not sent: ${message.error}` : "Not sent";
    return h("small", { class: "state" }, h("span", {}, why), " ", again, " ", discard);
}

/** @param {string} text @returns {string} the first thing that a reader calls a character */
function firstCharacter(text) {
    if (typeof Intl.Segmenter !== "function") return Array.from(text)[0] ?? "?";
    const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
    const first = segments[Symbol.iterator]().next().value?.segment ?? "?";
    return first.length > 8 ? Array.from(first)[0] : first;
}
