// Reads new messages out to screen readers: a hidden polite region beside the timeline, so that
// history and redrawing stay silent.
// Invariant: only live messages of others in the open room go in; a handful stays.

import { h } from "./dom.js";

const kKept = 5;
const kCodePointsMax = 300;

export class Announcer {
    #region;

    /** @param {HTMLElement} region aria-live=polite */
    constructor(region) {
        this.#region = region;
    }

    /** @param {string} from @param {string} text */
    say(from, text) {
        const points = Array.from(text);
        const short =
            points.length > kCodePointsMax ? `${points.slice(0, kCodePointsMax).join("")}…` : text;
        this.#region.append(h("div", {}, `${from}: ${short}`));
        while (this.#region.childElementCount > kKept) this.#region.firstElementChild?.remove();
    }

    clear() {
        this.#region.replaceChildren();
    }
}
