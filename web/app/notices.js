// Short remarks at the foot of the timeline, such as "ann was taken, you are ann2".
// Invariant: one at a time, gone after a while or by its button; it never takes the focus.

import { h } from "./dom.js";

const kShownMs = 8000;

/** @param {HTMLElement} element role=status @returns {(text: string) => void} */
export function makeNotices(element) {
    /** @type {any} */
    let timer = null;
    const hide = () => {
        clearTimeout(timer);
        element.hidden = true;
        element.replaceChildren();
    };
    return (text) => {
        clearTimeout(timer);
        const close = h("button", { type: "button", class: "icon", "aria-label": "Dismiss" }, "×");
        close.addEventListener("click", hide);
        element.hidden = false;
        element.replaceChildren(h("span", {}, text), close);
        timer = setTimeout(hide, kShownMs);
    };
}
