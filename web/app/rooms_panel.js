// The list of rooms one is in, with what is unread in each, and the field to join another.
// Invariant: each entry is a link to #room, so it can be opened, copied and reached by keyboard.

import { h } from "./dom.js";
import { hashOfRoom, toRoomName } from "./room_names.js";

/** @typedef {{name: string, unread: number, mentioned: boolean, failed: boolean}} Entry */

export class RoomsPanel {
    #list;
    #leave;

    /**
     * @param {{list: HTMLUListElement, form: HTMLFormElement, input: HTMLInputElement,
     *     error: HTMLElement}} elements
     * @param {{join: (room: string) => void, leave: (room: string) => void}} actions
     */
    constructor({ list, form, input, error }, actions) {
        this.#list = list;
        this.#leave = actions.leave;
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
        const focused = document.activeElement?.getAttribute("data-focus");
        this.#list.replaceChildren(
            ...entries.map((entry) => this.#entry(entry, entry.name === open)),
        );
        // The list was made anew: the keyboard stays where it was.
        if (focused) {
            /** @type {HTMLElement | null} */
            (this.#list.querySelector(`[data-focus="${CSS.escape(focused)}"]`))?.focus();
        }
    }

    /** @param {Entry} entry @param {boolean} open */
    #entry({ name, unread, mentioned, failed }, open) {
        const badge =
            unread === 0
                ? null
                : h(
                      "span",
                      { class: mentioned ? "badge for-me" : "badge" },
                      unread > 99 ? "99+" : String(unread),
                      h("span", { class: "unseen" }, " unread"),
                  );
        const attributes = {
            href: hashOfRoom(name),
            "data-focus": `room ${name}`,
            "aria-current": open && "page",
            class: failed ? "failed" : "",
        };
        const link = h(
            "a",
            attributes,
            h("span", { class: "hash", "aria-hidden": "true" }, "#"),
            h("bdi", {}, name),
            badge,
        );
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
        return h("li", {}, link, leave);
    }
}
