// Draws one row of the timeline: a message, a day, a divider, a note.
// Invariant: names and texts are text nodes in elements with a writing direction of their own.

import { h } from "./dom.js";
import { paintName } from "./name_color.js";
import { mentions, parseText } from "./rich_text.js";
import { dayName, exactTime, timeOfDay } from "./times.js";

/** @typedef {import("./timeline_model.js").Message} Message */
/** @typedef {import("./timeline_rows.js").Row} Row */

/**
 * @typedef {object} RowActions
 * @property {() => string} myName
 * @property {(id: string) => void} resend
 * @property {(id: string) => void} discard
 */

const kLinesShown = 24;

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
            return drawMessage(row.message, row.head, actions);
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

/** @param {Message} message @param {boolean} head @param {RowActions} actions */
function drawMessage(message, head, actions) {
    const classes = ["message", head ? "head" : "tail", message.state];
    if (message.mine) classes.push("mine");
    else if (mentions(message.text, actions.myName())) classes.push("for-me");
    const when = new Date(message.at);
    const valid = !Number.isNaN(when.getTime());
    const time = h(
        "time",
        valid ? { datetime: when.toISOString(), title: exactTime(message.at) } : {},
        valid ? timeOfDay(message.at) : "",
    );
    const header = h("header", {}, nameTag(message.from), " ", time);
    const article = h("article", {}, header, drawText(message, actions.myName()));
    if (message.editedAt !== undefined && !message.deleted) {
        article.append(h("small", { class: "edited" }, "edited"));
    }
    if (message.state !== "sent") article.append(drawState(message, actions));
    return h(
        "li",
        { class: classes.join(" ") },
        message.mine || !head ? null : monogram(message.from),
        article,
    );
}

/** @param {Message} message @param {string} myName @returns {HTMLElement} */
function drawText(message, myName) {
    if (message.deleted) return h("p", { class: "text deleted" }, "This message was deleted.");
    const text = h("p", { class: "text", dir: "auto" });
    for (const segment of parseText(message.text)) text.append(drawSegment(segment, myName));
    if (message.text.split("\n", kLinesShown + 2).length <= kLinesShown + 1) return text;
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
