// The line under the messages that says who is writing in the open room.
// Invariant: it keeps its height when it is empty; screen readers are not told.

import { h } from "./dom.js";
import { nameTag } from "./message_row.js";

const kNamesMax = 3;

/** @param {HTMLElement} element @param {string[]} names */
export function showTyping(element, names) {
    element.replaceChildren(
        ...typingLine(names).map(({ text, isName }) =>
            isName ? nameTag(text) : h("span", {}, text),
        ),
    );
}

/**
 * The line in words; names stand apart, so that each is drawn in its own writing direction. Pure.
 * @param {string[]} names
 * @returns {{text: string, isName: boolean}[]}
 */
export function typingLine(names) {
    if (names.length === 0) return [];
    if (names.length > kNamesMax) return [{ text: "Several people are typing…", isName: false }];
    const parts = names.flatMap((text, i) => {
        const between = i === 0 ? "" : i === names.length - 1 ? " and " : ", ";
        const name = { text, isName: true };
        return between === "" ? [name] : [{ text: between, isName: false }, name];
    });
    parts.push({ text: names.length === 1 ? " is typing…" : " are typing…", isName: false });
    return parts;
}
