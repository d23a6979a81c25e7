// What can be done with one message: a small bar of buttons at the message under the pointer or in
// focus, and keys while a message has the focus (arrows, r, e, +, Delete, Enter, Escape).
// Invariant: there is one bar; it stands in the row of the active message, or nowhere.

import { byId, h } from "./dom.js";

/** @typedef {import("./message.js").Message} Message */

/**
 * @typedef {object} ToolActions
 * @property {(key: string) => Message | undefined} at what can be acted upon, by key
 * @property {(message: Message) => void} reply
 * @property {(message: Message) => void} edit
 * @property {(message: Message) => void} remove
 * @property {(message: Message, emoji: string, on: boolean) => void} react
 * @property {() => void} leave the keyboard goes back to where one writes
 */

/** @type {[string, string][]} */
const kEmojis = [
    ["👍", "Thumbs up"],
    ["❤️", "Heart"],
    ["😂", "Laughing"],
    ["🎉", "Party"],
    ["👏", "Applause"],
    ["🙏", "Thanks"],
    ["👀", "Eyes"],
    ["✅", "Done"],
];

export class MessageTools {
    #list;
    #actions;
    #bar = byId("tools", HTMLElement);
    #choices = byId("tool-choices", HTMLElement);
    #emojis = byId("tool-emojis", HTMLElement);
    #own = [byId("tool-edit", HTMLButtonElement), byId("tool-delete", HTMLButtonElement)];
    #reactButton = byId("tool-react", HTMLButtonElement);
    #activeKey = "";

    /** @param {HTMLOListElement} list @param {ToolActions} actions */
    constructor(list, actions) {
        this.#list = list;
        this.#actions = actions;
        for (const [emoji, name] of kEmojis) {
            const button = h("button", { type: "button", class: "icon", title: name }, emoji);
            button.setAttribute("aria-label", name);
            button.addEventListener("click", () =>
                this.#act((message) => actions.react(message, emoji, true)),
            );
            this.#emojis.append(button);
        }
        this.#onClick("tool-reply", actions.reply);
        this.#onClick("tool-edit", actions.edit);
        this.#onClick("tool-delete", actions.remove);
        this.#reactButton.addEventListener("click", () => this.#offerEmojis(true));
        this.#bar.remove(); // until a message wants it
        this.#bar.addEventListener("keydown", (event) => this.#pressedInBar(event));
        list.addEventListener("pointerover", (event) => this.#pointed(event));
        list.addEventListener("pointerleave", () => this.#pointedAway());
        // A tap does not give the focus everywhere.
        list.addEventListener("click", (event) => this.#show(rowOf(event.target)));
        list.addEventListener("focusin", (event) => this.#show(rowOf(event.target)));
        list.addEventListener("focusout", ({ relatedTarget }) => {
            if (relatedTarget instanceof Node && list.contains(relatedTarget)) return;
            const hovered = rowOf(list.querySelector("li.message:hover"));
            if (hovered === null) this.#hide();
            else this.#show(hovered);
        });
        document.addEventListener("pointerdown", ({ target }) => {
            if (!(target instanceof Node && list.contains(target))) this.#hide();
        });
        list.addEventListener("keydown", (event) => this.#pressed(event));
    }

    /** Draws rows anew: the bar and the focus stay with their message. @param {() => void} draw */
    around(draw) {
        const focused = document.activeElement;
        const focusedKey = rowOf(focused)?.dataset.key ?? "";
        const key = this.#activeKey;
        draw();
        const row = this.#row(key);
        if (row === null) this.#hide();
        else this.#show(row);
        this.#setTabStop();
        if (focusedKey === "" || document.activeElement === focused) return;
        const wanted = focused?.getAttribute("data-focus") ?? "";
        const home = this.#row(focusedKey);
        /** @type {HTMLElement | null | undefined} */
        const same = home?.querySelector(`[data-focus="${CSS.escape(wanted)}"]`);
        if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
        else (same ?? home?.querySelector("article"))?.focus();
    }

    /** @param {HTMLElement} row gets the focus of the keyboard */
    focus(row) {
        this.#show(row);
        row.querySelector("article")?.focus();
    }

    /** @param {string} id @param {(message: Message) => void} act */
    #onClick(id, act) {
        byId(id, HTMLButtonElement).addEventListener("click", () => this.#act(act));
    }

    /** @param {(message: Message) => void} act */
    #act(act) {
        const message = this.#actions.at(this.#activeKey);
        if (message === undefined) return;
        const row = this.#row(this.#activeKey);
        if (row?.contains(document.activeElement)) row.querySelector("article")?.focus();
        this.#offerEmojis(false);
        act(message);
    }

    /** @param {PointerEvent} event */
    #pointed(event) {
        if (event.pointerType === "touch") return;
        const choosing = !this.#emojis.hidden && this.#bar.isConnected;
        if (!choosing && !this.#bar.contains(document.activeElement))
            this.#show(rowOf(event.target));
    }

    #pointedAway() {
        const focused = rowOf(document.activeElement);
        if (focused === null || !this.#list.contains(focused)) this.#hide();
        else this.#show(focused);
    }

    /** @param {HTMLElement | null} row */
    #show(row) {
        if (row === null || !this.#list.contains(row)) return;
        const key = row.dataset.key ?? "";
        if (key !== this.#activeKey) this.#offerEmojis(false);
        this.#activeKey = key;
        this.#setTabStop();
        const message = this.#actions.at(key);
        if (message === undefined || message.deleted) {
            this.#bar.remove();
            return;
        }
        for (const button of this.#own) button.hidden = !message.mine;
        if (!row.contains(this.#bar)) row.append(this.#bar);
    }

    #hide() {
        this.#offerEmojis(false);
        this.#bar.remove();
        this.#activeKey = "";
        this.#setTabStop();
    }

    /** @param {boolean} offered */
    #offerEmojis(offered) {
        const inBar = this.#bar.contains(document.activeElement);
        this.#emojis.hidden = !offered;
        this.#choices.hidden = offered;
        this.#reactButton.setAttribute("aria-expanded", String(offered));
        if (!offered || !this.#bar.isConnected) {
            if (inBar) this.#reactButton.focus();
            return;
        }
        /** @type {HTMLElement | null} */
        (this.#emojis.querySelector("button"))?.focus();
    }

    // One message can be reached by Tab: the active one, or the newest.
    #setTabStop() {
        const messages = this.#list.querySelectorAll("li.message");
        const stop = this.#row(this.#activeKey) ?? messages[messages.length - 1];
        for (const article of this.#list.querySelectorAll("article[tabindex='0']")) {
            if (!stop?.contains(article)) article.setAttribute("tabindex", "-1");
        }
        stop?.querySelector("article")?.setAttribute("tabindex", "0");
    }

    /** @param {string} key @returns {HTMLElement | null} */
    #row(key) {
        if (key === "") return null;
        return this.#list.querySelector(`li[data-key="${CSS.escape(key)}"]`);
    }

    /** @param {KeyboardEvent} event */
    #pressedInBar(event) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (event.key === "Escape") {
            if (this.#emojis.hidden) this.#row(this.#activeKey)?.querySelector("article")?.focus();
            else this.#offerEmojis(false);
        } else if (step !== undefined) {
            const buttons = [...this.#bar.querySelectorAll("button")].filter(
                (button) => button.offsetParent !== null,
            );
            const at = buttons.findIndex((button) => button === document.activeElement);
            buttons[(at + step + buttons.length) % buttons.length]?.focus();
        } else return;
        event.preventDefault();
        event.stopPropagation();
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        const article = event.target;
        const row = rowOf(article);
        if (!(article instanceof HTMLElement) || article.localName !== "article" || row === null)
            return;
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const message = this.#actions.at(row.dataset.key ?? "");
        const usable = message !== undefined && !message.deleted;
        if (!this.#moved(event.key, row) && !(usable && this.#did(event.key, message))) {
            if (event.key !== "Escape") return;
            this.#actions.leave();
        }
        event.preventDefault();
    }

    /** @param {string} key @param {HTMLElement} row @returns {boolean} it was such a key */
    #moved(key, row) {
        const rows = [
            .../** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(".message")),
        ];
        const at = rows.indexOf(row);
        const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[key];
        if (to === undefined) return false;
        if (rows[to] !== undefined) this.focus(rows[to]);
        else if (key === "ArrowDown") this.#actions.leave();
        return true;
    }

    /** @param {string} key @param {Message} message @returns {boolean} */
    #did(key, message) {
        if (key === "r") this.#actions.reply(message);
        else if (key === "+") this.#offerEmojis(true);
        else if (key === "Enter") {
            /** @type {HTMLElement | null} */
            (this.#choices.querySelector("button"))?.focus();
        } else if (!message.mine) return false;
        else if (key === "e") this.#actions.edit(message);
        else if (key === "Delete") this.#actions.remove(message);
        else return false;
        return true;
    }
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function rowOf(target) {
    return target instanceof Element ? target.closest("li.message") : null;
}
