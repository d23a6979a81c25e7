// Where a message is written: Enter sends, Shift+Enter breaks the line, and while an input method
// composes Enter is its own.
// Invariant: a draft belongs to its room and survives a change of room and a reload; a text over
// the limit is not sent and not cut.

import { recall, remember } from "./storage.js";

const kCounterFrom = 200;

export class Composer {
    #form;
    #input;
    #counter;
    #submit;
    #say;
    #room = "";
    #contentMax = 4096;
    /** @type {Record<string, string>} */
    #drafts = recall("drafts", {});

    /**
     * @param {{form: HTMLFormElement, input: HTMLTextAreaElement, counter: HTMLElement,
     *     submit: HTMLButtonElement}} elements
     * @param {(text: string) => boolean} say false: the text stays
     */
    constructor({ form, input, counter, submit }, say) {
        this.#form = form;
        this.#input = input;
        this.#counter = counter;
        this.#submit = submit;
        this.#say = say;
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.#send();
        });
        input.addEventListener("keydown", (event) => this.#pressed(event));
        input.addEventListener("input", () => this.#changed());
    }

    /** @param {string} room */
    open(room) {
        this.#room = room;
        this.#input.value = this.#drafts[room] ?? "";
        this.#input.placeholder = `Message #${room}`;
        this.#input.setAttribute("aria-label", `Message to ${room}`);
        this.#changed();
    }

    /** @param {number} contentMax in code points */
    limit(contentMax) {
        this.#contentMax = contentMax;
        this.#changed();
    }

    focus() {
        this.#input.focus();
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        // keyCode 229: Safari ends a composition before it reports the Enter that ended it.
        const composing = event.isComposing || event.keyCode === 229;
        if (event.key !== "Enter" || event.shiftKey || composing) return;
        event.preventDefault();
        this.#send();
    }

    #send() {
        const text = this.#input.value.trim();
        if (text === "" || this.#left() < 0 || !this.#say(text)) return;
        this.#input.value = "";
        this.#changed();
        this.#form.dispatchEvent(new CustomEvent("sent"));
    }

    #left() {
        return this.#contentMax - Array.from(this.#input.value).length;
    }

    #changed() {
        const left = this.#left();
        this.#counter.hidden = left > kCounterFrom;
        this.#counter.textContent = left >= 0 ? `${left} left` : `${-left} too many`;
        this.#counter.classList.toggle("over", left < 0);
        this.#submit.disabled = left < 0 || this.#input.value.trim() === "";
        if (!CSS.supports("field-sizing", "content")) this.#grow();
        if (this.#input.value === "") delete this.#drafts[this.#room];
        else this.#drafts[this.#room] = this.#input.value;
        remember("drafts", this.#drafts);
    }

    #grow() {
        this.#input.style.height = "auto";
        this.#input.style.height = `${this.#input.scrollHeight}px`;
    }
}
