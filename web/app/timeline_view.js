// Draws the timeline of the room that is open, and keeps the reader's place in it: at the bottom it
// follows, elsewhere it stays and a pill counts what came.
// Invariant: rows in the document = rows laid out; an element is kept while key and version are.

import { h } from "./dom.js";
import { drawRow } from "./message_row.js";
import { layOut } from "./timeline_rows.js";

/** @typedef {import("./timeline_model.js").TimelineModel} TimelineModel */
/** @typedef {import("./timeline_rows.js").Row} Row */
/** @typedef {{element: HTMLLIElement, version: string}} Drawn */

const kNearBottomPx = 80;

export class TimelineView {
    #region;
    #list;
    #pill;
    #actions;
    /** @type {TimelineModel | null} */
    #model = null;
    /** @type {Map<string, Drawn>} */
    #drawn = new Map();
    #following = true;
    #missed = 0;
    #scheduled = false;

    /**
     * @param {{region: HTMLElement, list: HTMLOListElement, pill: HTMLButtonElement}} elements
     * @param {import("./message_row.js").RowActions} actions
     */
    constructor({ region, list, pill }, actions) {
        this.#region = region;
        this.#list = list;
        this.#pill = pill;
        this.#actions = actions;
        region.addEventListener("scroll", () => this.#scrolled(), { passive: true });
        pill.addEventListener("click", () => this.toBottom());
        new ResizeObserver(() => this.#following && this.#stick()).observe(region);
    }

    /** @returns {boolean} the newest message is in sight */
    get following() {
        return this.#following;
    }

    /** Another room's timeline. @param {TimelineModel} model */
    show(model) {
        this.#model = model;
        this.#drawn.clear();
        this.#list.replaceChildren();
        this.#following = true;
        this.#missed = 0;
        this.draw();
    }

    /** The model has changed; drawn with the next frame. @param {{came?: boolean}} [change] */
    changed({ came = false } = {}) {
        if (came && !this.#following) this.#missed += 1;
        if (this.#scheduled) return;
        this.#scheduled = true;
        requestAnimationFrame(() => {
            this.#scheduled = false;
            this.draw();
        });
    }

    /** Older messages stand on top now; the reader stays with those that he was reading. */
    prepended() {
        this.#following = false;
        this.draw();
        this.#scrolled();
    }

    toBottom() {
        this.#following = true;
        this.#missed = 0;
        this.#stick();
        this.#showPill();
    }

    draw() {
        if (this.#model === null) return;
        const anchor = this.#following ? null : this.#anchor();
        this.#reconcile(layOut(this.#model));
        if (anchor === null) this.#stick();
        else this.#region.scrollTop += anchor.element.offsetTop - anchor.offsetTop;
        this.#showPill();
    }

    /** @param {Row[]} rows */
    #reconcile(rows) {
        /** @type {Map<string, Drawn>} */
        const drawn = new Map();
        for (const row of rows) {
            const before = this.#drawn.get(row.key);
            const keep = before !== undefined && before.version === row.version;
            const element = keep ? before.element : drawRow(row, this.#actions);
            drawn.set(row.key, { element, version: row.version });
        }
        for (const [key, { element }] of this.#drawn) {
            if (drawn.get(key)?.element !== element) element.remove();
        }
        this.#drawn = drawn;
        let next = this.#list.firstElementChild;
        for (const { element } of drawn.values()) {
            if (element === next) next = element.nextElementSibling;
            else this.#list.insertBefore(element, next);
        }
    }

    // The row at the top of the window, to be put back there whatever happens above it.
    #anchor() {
        const top = this.#region.scrollTop;
        for (const { element } of this.#drawn.values()) {
            if (element.offsetTop + element.offsetHeight > top) {
                return { element, offsetTop: element.offsetTop };
            }
        }
        return null;
    }

    #stick() {
        this.#region.scrollTop = this.#region.scrollHeight;
    }

    #scrolled() {
        const { scrollTop, scrollHeight, clientHeight } = this.#region;
        this.#following = scrollHeight - scrollTop - clientHeight < kNearBottomPx;
        if (this.#following) this.#missed = 0;
        this.#showPill();
    }

    #showPill() {
        this.#pill.hidden = this.#following;
        const count = this.#missed === 1 ? "1 new message" : `${this.#missed} new messages`;
        this.#pill.replaceChildren(
            h("span", { "aria-hidden": "true" }, "↓ "),
            this.#missed === 0 ? "Jump to latest" : count,
        );
    }
}
