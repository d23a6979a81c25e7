// The list of who is in the open room, oneself first.
// Invariant: sorted by name; at most kShownMax entries, the rest as a number.

import { h } from "./dom.js";
import { monogram, nameTag } from "./message_row.js";

/** @typedef {import("../client/room.js").Room} Room */

const kShownMax = 200;
const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

export class PeoplePanel {
    #list;
    #scheduled = false;
    /** @type {Room | null} */
    #room = null;
    #isMe;

    /** @param {HTMLUListElement} list @param {(user: string) => boolean} isMe */
    constructor(list, isMe) {
        this.#list = list;
        this.#isMe = isMe;
    }

    /** @param {Room} room */
    show(room) {
        this.#room = room;
        this.changed();
    }

    changed() {
        if (this.#scheduled) return;
        this.#scheduled = true;
        requestAnimationFrame(() => {
            this.#scheduled = false;
            this.#draw();
        });
    }

    #draw() {
        if (this.#room === null) return;
        const { list, count } = this.#room.people;
        const people = list
            .map(({ user, name }) => ({ name, me: this.#isMe(user) }))
            .sort((a, b) => Number(b.me) - Number(a.me) || byName.compare(a.name, b.name));
        const shown = people
            .slice(0, kShownMax)
            .map(({ name, me }) =>
                h(
                    "li",
                    {},
                    monogram(name),
                    nameTag(name),
                    me ? h("span", { class: "you" }, "you") : null,
                ),
            );
        const others = count - shown.length;
        if (others > 0) shown.push(h("li", { class: "others" }, `and ${others} more`));
        this.#list.replaceChildren(...shown);
    }
}

/** @param {number} count @returns {string} */
export function peopleCount(count) {
    return count === 1 ? "1 person" : `${count.toLocaleString()} people`;
}
