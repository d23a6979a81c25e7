// Where a message is written, answered or changed: Enter sends, Shift+Enter breaks the line, and
// while an input method composes Enter is its own. Up in an empty field changes one's last message.
// Invariant: a draft belongs to its room and survives a change of room and a reload; a text over
// the limit is not sent and not cut; what is typed as a change never becomes a draft.

import { h } from "./dom.js";
import { shownText } from "./message.js";
import { nameTag } from "./message_row.js";
import { NameList } from "./name_list.js";
import { recall, remember } from "./storage.js";
import { excerpt } from "./timeline_rows.js";

/** @typedef {import("./message.js").Message} Message */

/**
 * @typedef {object} ComposerElements
 * @property {HTMLFormElement} form
 * @property {HTMLTextAreaElement} input
 * @property {HTMLElement} counter
 * @property {HTMLButtonElement} submit
 * @property {HTMLElement} context what is answered or changed
 * @property {HTMLElement} contextText
 * @property {HTMLButtonElement} contextCancel
 * @property {HTMLUListElement} names
 */
/**
 * @typedef {object} ComposerActions
 * @property {(text: string, answered: Message | undefined) => boolean} say false: the text stays
 * @property {(message: Message, text: string) => void} edited
 * @property {() => Message | undefined} lastOwn what Up changes
 * @property {(on: boolean) => void} writing something for others is being written
 * @property {() => string[]} names that can be completed
 */

const kCounterFrom = 200;

export class Composer {
    #at;
    #input;
    #actions;
    #nameList;
    #room = "";
    #contentMax = 4096;
    /** @type {Message | undefined} */
    #edited;
    /** @type {Map<string, Message>} by room */
    #answered = new Map();
    /** @type {Record<string, string>} */
    #drafts = recall("drafts", {});

    /** @param {ComposerElements} elements @param {ComposerActions} actions */
    constructor(elements, actions) {
        this.#at = elements;
        this.#input = elements.input;
        this.#actions = actions;
        this.#nameList = new NameList(elements.input, elements.names, actions.names);
        elements.form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.#send();
        });
        elements.contextCancel.addEventListener("click", () => this.cancel());
        this.#input.addEventListener("keydown", (event) => this.#pressed(event));
        this.#input.addEventListener("input", () => {
            this.#changed();
            const text = this.#input.value;
            const aside = text.trim() === "" || /^\/(?!\/)/.test(text);
            if (this.#edited === undefined) actions.writing(!aside);
        });
    }

    /** @param {string} room @param {string} title as people call it */
    open(room, title) {
        this.#edited = undefined;
        this.#room = room;
        this.#input.value = this.#drafts[room] ?? "";
        this.titled(title);
        this.#nameList.close();
        this.#showContext();
        this.#changed();
    }

    /** @param {string} title */
    titled(title) {
        this.#input.placeholder = `Message ${title}`;
        this.#input.setAttribute("aria-label", `Message to ${title.replace(/^#/, "")}`);
    }

    /** @param {number} contentMax in code points */
    limit(contentMax) {
        this.#contentMax = contentMax;
        this.#changed();
    }

    focus() {
        this.#input.focus();
    }

    /** @param {string} text @returns {boolean} false: something else is being written */
    begin(text) {
        const free = this.#edited === undefined && this.#input.value.trim() === "";
        if (free) this.#write(text);
        this.focus();
        return free;
    }

    /** @param {Message} message */
    reply(message) {
        if (this.#edited !== undefined) this.cancel();
        this.#answered.set(this.#room, message);
        this.#showContext();
        this.focus();
    }

    /** @param {Message} message */
    edit(message) {
        this.#edited = message;
        this.#write(shownText(message));
        this.#showContext();
        this.focus();
        this.#input.setSelectionRange(this.#input.value.length, this.#input.value.length);
    }

    /** No answer, no change: the draft is back. */
    cancel() {
        if (this.#edited === undefined) this.#answered.delete(this.#room);
        else this.#endEdit();
        this.#showContext();
        this.focus();
    }

    /**
     * A message is gone from the log; it cannot be changed or answered any more.
     * @param {Message} message
     */
    gone(message) {
        if (this.#edited === message) this.#endEdit();
        if (this.#answered.get(this.#room) === message) this.#answered.delete(this.#room);
        this.#showContext();
    }

    /** @param {KeyboardEvent} event */
    #pressed(event) {
        if (this.#nameList.pressed(event)) return;
        // keyCode 229: Safari ends a composition before it reports the Enter that ended it.
        const composing = event.isComposing || event.keyCode === 229;
        if (composing) return;
        if (event.key === "Enter" && !event.shiftKey) this.#send();
        else if (event.key === "Escape" && !this.#at.context.hidden) this.cancel();
        else if (event.key === "ArrowUp" && this.#input.value === "") {
            const own = this.#actions.lastOwn();
            if (own === undefined || this.#edited !== undefined) return;
            this.edit(own);
        } else return;
        event.preventDefault();
        event.stopPropagation();
    }

    #send() {
        const text = this.#input.value.trim();
        if (text === "" || this.#left() < 0) return;
        if (this.#edited !== undefined) {
            const message = this.#edited;
            this.#endEdit();
            this.#showContext();
            if (text !== shownText(message)) this.#actions.edited(message, text);
            return;
        }
        if (!this.#actions.say(text, this.#answered.get(this.#room))) return;
        this.#answered.delete(this.#room);
        this.#showContext();
        this.#write("");
        this.#actions.writing(false);
    }

    #endEdit() {
        this.#edited = undefined;
        this.#write(this.#drafts[this.#room] ?? "");
    }

    /** @param {string} text */
    #write(text) {
        this.#input.value = text;
        this.#nameList.close();
        this.#changed();
    }

    #left() {
        return this.#contentMax - Array.from(this.#input.value).length;
    }

    #showContext() {
        const answered = this.#answered.get(this.#room);
        const { form, context, contextText } = this.#at;
        context.hidden = this.#edited === undefined && answered === undefined;
        form.classList.toggle("editing", this.#edited !== undefined);
        if (this.#edited !== undefined) {
            contextText.replaceChildren(h("strong", {}, "Changing your message"));
        } else if (answered !== undefined) {
            const text = h("span", { class: "quote-text", dir: "auto" }, excerpt(answered.text));
            contextText.replaceChildren("Answering ", nameTag(answered.from), " ", text);
        }
    }

    #changed() {
        const left = this.#left();
        const { counter, submit } = this.#at;
        counter.hidden = left > kCounterFrom;
        counter.textContent = left >= 0 ? `${left} left` : `${-left} too many`;
        counter.classList.toggle("over", left < 0);
        submit.disabled = left < 0 || this.#input.value.trim() === "";
        if (!CSS.supports("field-sizing", "content")) this.#grow();
        if (this.#edited !== undefined) return;
        if (this.#input.value === "") delete this.#drafts[this.#room];
        else this.#drafts[this.#room] = this.#input.value;
        remember("drafts", this.#drafts);
    }

    #grow() {
        this.#input.style.height = "auto";
        this.#input.style.height = `${this.#input.scrollHeight}px`;
    }
}
