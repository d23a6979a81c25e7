// Draws the timeline of the room that is open, and keeps the reader's place in it: at the bottom it
// follows, elsewhere it stays and a pill counts what came; near the top it asks for more.
// Invariant: rows in the document = rows laid out; an element is kept while key and version are.

import { h } from "./dom.js";
import { drawRow } from "./message_row.js";
import { MessageTools } from "./message_tools.js";
import { layOut } from "./timeline_rows.js";

/** @typedef {import("./timeline_model.js").TimelineModel} TimelineModel */
/** @typedef {import("./timeline_rows.js").Row} Row */
/** @typedef {{element: HTMLLIElement, version: string}} Drawn */

/**
 * @typedef {import("./message_row.js").RowActions & import("./message_tools.js").ToolActions &
 *     {nearTop: () => void}} TimelineActions
 */

const kNearBottomPx = 80;
const kAboveDividerPx = 60;
const kFoundShownMs = 1600;

export class TimelineView {
    #region;
    #list;
    #pill;
    #actions;
    #tools;
    /** @type {TimelineModel | null} */
    #model = null;
    /** @type {Map<string, Drawn>} */
    #drawn = new Map();
    #following = true;
    #missed = 0;
    #scheduled = false;

    /**
     * @param {{region: HTMLElement, list: HTMLOListElement, pill: HTMLButtonElement}} elements
     * @param {TimelineActions} actions
     */
    constructor({ region, list, pill }, actions) {
        this.#region = region;
        this.#list = list;
        this.#pill = pill;
        this.#actions = actions;
        this.#tools = new MessageTools(list, actions);
        region.addEventListener("scroll", () => this.#scrolled(), { passive: true });
        pill.addEventListener("click", () => this.toBottom());
        new ResizeObserver(() => this.#following && this.#stick()).observe(region);
    }

    /** @returns {boolean} the newest message is in sight */
    get following() {
        return this.#following;
    }

    /** Another room's timeline, from its end or from what is new. @param {TimelineModel} model */
    show(model) {
        if (this.#model !== null) this.#model.reading = false;
        this.#model = model;
        this.#drawn.clear();
        this.#list.replaceChildren();
        this.#following = true;
        this.#missed = 0;
        this.draw();
        const divider = this.#drawn.get("unread")?.element;
        if (divider === undefined || divider.offsetTop >= this.#region.scrollTop) return;
        this.#region.scrollTop = divider.offsetTop - kAboveDividerPx;
        this.#scrolled();
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

    /**
     * What the reader looks for, in the middle of the window.
     * @param {string} key @returns {boolean} it is there
     */
    jump(key) {
        this.draw();
        const element = this.#drawn.get(key)?.element;
        if (element === undefined) return false;
        element.scrollIntoView({ block: "center" });
        this.#tools.focus(element);
        element.classList.add("found");
        setTimeout(() => element.classList.remove("found"), kFoundShownMs);
        this.#scrolled();
        return true;
    }

    toBottom() {
        this.#following = true;
        this.#missed = 0;
        this.#stick();
        this.#showPill();
    }

    draw() {
        const model = this.#model;
        if (model === null) return;
        model.reading = !this.#following;
        const anchor = this.#following ? null : this.#anchor();
        this.#tools.around(() => this.#reconcile(layOut(model)));
        const element = anchor === null ? undefined : this.#drawn.get(anchor.key)?.element;
        if (anchor === null) this.#stick();
        else if (element) this.#region.scrollTop += element.offsetTop - anchor.offsetTop;
        this.#showPill();
        this.#askForMore();
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

    // The message at the top of the window, to be put back there whatever happens above it. Days and
    // dividers do not serve: one of them may go when older messages come.
    #anchor() {
        const top = this.#region.scrollTop;
        for (const [key, { element }] of this.#drawn) {
            if (!element.classList.contains("message")) continue;
            if (element.offsetTop + element.offsetHeight > top) {
                return { key, offsetTop: element.offsetTop };
            }
        }
        return null;
    }

    // About one screen early, so that one who scrolls up does not come to an end.
    #askForMore() {
        const { scrollTop, clientHeight } = this.#region;
        if (clientHeight > 0 && scrollTop < clientHeight) this.#actions.nearTop();
    }

    #stick() {
        this.#region.scrollTop = this.#region.scrollHeight;
    }

    #scrolled() {
        const { scrollTop, scrollHeight, clientHeight } = this.#region;
        this.#following = scrollHeight - scrollTop - clientHeight < kNearBottomPx;
        if (this.#following) this.#missed = 0;
        if (this.#model !== null) this.#model.reading = !this.#following;
        this.#showPill();
        this.#askForMore();
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
