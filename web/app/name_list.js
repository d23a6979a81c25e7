// The names that fit what is being typed, above the composer (ARIA's listbox, driven from the text
// field). What fits is decided in name_completion.js.
// Invariant: the focus stays in the text field; a closed list changes no key.

import { h } from "./dom.js";
import { monogram, nameTag } from "./message_row.js";
import { choices, complete, placeOf } from "./name_completion.js";

/** @typedef {import("./name_completion.js").Place} Place */

export class NameList {
    #input;
    #list;
    #names;
    /** @type {Place | null} */
    #place = null;
    /** @type {string[]} */
    #shown = [];
    #active = -1;
    #moved = false;

    /**
     * @param {HTMLTextAreaElement} input
     * @param {HTMLUListElement} list
     * @param {() => string[]} names all that can be completed
     */
    constructor(input, list, names) {
        this.#input = input;
        this.#list = list;
        this.#names = names;
        input.setAttribute("aria-autocomplete", "list");
        input.setAttribute("aria-controls", list.id);
        input.addEventListener("input", () => this.#update());
        input.addEventListener("click", () => this.#update());
        input.addEventListener("blur", () => this.close());
    }

    /** @param {KeyboardEvent} event @returns {boolean} it was meant for the list */
    pressed(event) {
        if (this.#list.hidden || event.isComposing) return false;
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (step !== undefined) {
            const { length } = this.#shown;
            const from = this.#active < 0 && step < 0 ? 0 : this.#active;
            this.#active = (from + step + length) % length;
            this.#moved = true;
            this.#mark();
        } else if (event.key === "Escape") this.close();
        else if (event.key === "Tab" && !event.shiftKey) this.#choose(Math.max(0, this.#active));
        else if (event.key === "Enter" && !event.shiftKey && this.#wanted()) {
            this.#choose(this.#active);
        } else {
            // Moving in the text ends it, typing goes on to filter.
            if (/^(Arrow|Home|End|Page)/.test(event.key)) this.close();
            return false;
        }
        event.preventDefault();
        event.stopPropagation();
        return true;
    }

    close() {
        this.#list.hidden = true;
        this.#list.replaceChildren();
        this.#input.removeAttribute("aria-activedescendant");
        this.#place = null;
    }

    // A name that was typed in full is no reason to keep the Enter that sends.
    #wanted() {
        if (this.#active < 0) return false;
        const whole = this.#shown[this.#active].toLowerCase() === this.#place?.prefix.toLowerCase();
        return this.#moved || !whole;
    }

    #update() {
        const { value, selectionStart, selectionEnd } = this.#input;
        const place = selectionStart === selectionEnd ? placeOf(value, selectionStart) : null;
        this.#shown = place === null ? [] : choices(place.prefix, this.#names());
        if (this.#shown.length === 0) return this.close();
        this.#place = place;
        this.#active = place?.prefix === "" ? -1 : 0;
        this.#moved = false;
        this.#list.replaceChildren(...this.#shown.map((name, i) => this.#option(name, i)));
        this.#list.hidden = false;
        this.#mark();
    }

    /** @param {string} name @param {number} i */
    #option(name, i) {
        const option = h("li", { id: `name-${i}`, role: "option" }, monogram(name), nameTag(name));
        option.addEventListener("pointerdown", (event) => {
            event.preventDefault(); // the text field keeps the focus
            this.#choose(i);
        });
        return option;
    }

    #mark() {
        [...this.#list.children].forEach((option, i) => {
            option.setAttribute("aria-selected", String(i === this.#active));
            if (i === this.#active) option.scrollIntoView({ block: "nearest" });
        });
        if (this.#active < 0) this.#input.removeAttribute("aria-activedescendant");
        else this.#input.setAttribute("aria-activedescendant", `name-${this.#active}`);
    }

    /** @param {number} i */
    #choose(i) {
        if (this.#place === null) return;
        const { text, caret } = complete(this.#input.value, this.#place, this.#shown[i]);
        this.#input.value = text;
        this.#input.setSelectionRange(caret, caret);
        this.close();
        this.#input.dispatchEvent(new Event("input"));
        this.close(); // "/msg ann " is no beginning of another name
    }
}
