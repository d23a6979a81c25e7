// The list of who is in the open room, oneself first; the others can be written to directly.
// Invariant: sorted by name; at most kShownMax entries, the rest as a number.

import { h } from "./dom.js";
import { monogram, nameTag } from "./message_row.js";

/** @typedef {import("../client/types.js").Member} Member */
/** @typedef {{list: Member[], count: number}} People */

const kShownMax = 200;
const byName = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

export class PeoplePanel {
    #list;
    #scheduled = false;
    /** @type {() => People} */
    #people = () => ({ list: [], count: 0 });
    #actions;

    /**
     * @param {HTMLUListElement} list
     * @param {{isMe: (user: string) => boolean, write: (member: Member) => void}} actions
     */
    constructor(list, actions) {
        this.#list = list;
        this.#actions = actions;
    }

    /** @param {() => People} people */
    show(people) {
        this.#people = people;
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
        const { list, count } = this.#people();
        const focused = document.activeElement?.getAttribute("data-focus");
        const { isMe } = this.#actions;
        const shown = list
            .map((member) => ({ member, me: isMe(member.user) }))
            .sort(
                (a, b) =>
                    Number(b.me) - Number(a.me) || byName.compare(a.member.name, b.member.name),
            )
            .slice(0, kShownMax)
            .map(({ member, me }) => (me ? drawMe(member) : this.#drawOther(member)));
        const others = count - shown.length;
        if (others > 0) shown.push(h("li", { class: "others" }, `and ${others} more`));
        this.#list.replaceChildren(...shown);
        if (!focused) return;
        /** @type {HTMLElement | null} */
        (this.#list.querySelector(`[data-focus="${CSS.escape(focused)}"]`))?.focus();
    }

    /** @param {Member} member */
    #drawOther(member) {
        const title = `Write to ${member.name}`;
        const button = h(
            "button",
            { type: "button", class: "person", title, "data-focus": `person ${member.user}` },
            monogram(member.name),
            nameTag(member.name),
            h("span", { class: "unseen" }, ": write a direct message"),
        );
        button.addEventListener("click", () => this.#actions.write(member));
        return h("li", {}, button);
    }
}

/** @param {Member} member */
function drawMe({ name }) {
    return h("li", {}, monogram(name), nameTag(name), h("span", { class: "you" }, "you"));
}

/** @param {number} count @returns {string} */
export function peopleCount(count) {
    return count === 1 ? "1 person" : `${count.toLocaleString()} people`;
}
