// The list of rooms one is in, with what is unread in each, the field to join another, and below
// them the direct conversations by the other's name.
// Invariant: each entry is a link to #room, so it can be opened, copied and reached by keyboard.

import { h } from "./dom.js";
import { monogram } from "./message_row.js";
import { hashOfRoom, toRoomName } from "./room_names.js";

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} title as people call it
 * @property {boolean} direct
 * @property {number} unread
 * @property {boolean} mentioned
 * @property {boolean} failed
 */

export class RoomsPanel {
    #at;
    #leave;

    /**
     * @param {{list: HTMLUListElement, form: HTMLFormElement, input: HTMLInputElement,
     *     error: HTMLElement, direct: HTMLElement, directList: HTMLUListElement}} elements
     * @param {{join: (room: string) => void, leave: (room: string) => void}} actions
     */
    constructor(elements, actions) {
        this.#at = elements;
        this.#leave = actions.leave;
        const { form, input, error } = elements;
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            const room = toRoomName(input.value);
            const empty = input.value.trim() === "";
            error.textContent =
                room === null && !empty ? "Letters, digits, . _ - only, 64 at most." : "";
            if (room === null) return;
            input.value = "";
            actions.join(room);
        });
    }

    /** @param {Entry[]} entries @param {string} open */
    draw(entries, open) {
        const { list, direct, directList } = this.#at;
        const focused = document.activeElement?.getAttribute("data-focus");
        /** @param {Entry} entry */
        const draw = (entry) => this.#entry(entry, entry.name === open);
        const conversations = entries.filter((entry) => entry.direct);
        list.replaceChildren(...entries.filter((entry) => !entry.direct).map(draw));
        directList.replaceChildren(...conversations.map(draw));
        direct.hidden = conversations.length === 0;
        if (!focused) return;
        // The lists were made anew: the keyboard stays where it was.
        const same = `[data-focus="${CSS.escape(focused)}"]`;
        /** @type {HTMLElement | null} */
        (list.querySelector(same) ?? directList.querySelector(same))?.focus();
    }

    /** @param {Entry} entry @param {boolean} open */
    #entry({ name, title, direct, unread, mentioned, failed }, open) {
        const loud = mentioned || direct;
        const badge =
            unread === 0
                ? null
                : h(
                      "span",
                      { class: loud ? "badge for-me" : "badge" },
                      unread > 99 ? "99+" : String(unread),
                      h("span", { class: "unseen" }, " unread"),
                  );
        const attributes = {
            href: hashOfRoom(name),
            "data-focus": `room ${name}`,
            "aria-current": open && "page",
            class: failed ? "failed" : "",
        };
        const sign = direct
            ? monogram(title)
            : h("span", { class: "hash", "aria-hidden": "true" }, "#");
        const link = h("a", attributes, sign, h("bdi", {}, title), badge);
        return h("li", {}, link, direct ? null : this.#leaveButton(name));
    }

    /** @param {string} name */
    #leaveButton(name) {
        const label = `Leave ${name}`;
        const leave = h(
            "button",
            {
                type: "button",
                class: "icon",
                "aria-label": label,
                title: label,
                "data-focus": label,
            },
            "×",
        );
        leave.addEventListener("click", () => this.#leave(name));
        return leave;
    }
}
