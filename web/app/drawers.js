// On narrow screens the rooms and the people are drawers over the messages: one open at a time.
// Invariant: a closed drawer cannot be reached by keyboard (style/layout.css hides it); Esc, the
// backdrop and a choice close it, and the focus goes back to its button.

/**
 * @param {{drawer: HTMLElement, button: HTMLButtonElement}[]} pairs
 * @param {HTMLElement} backdrop
 * @returns {() => void} closes whatever is open
 */
export function initDrawers(pairs, backdrop) {
    /** @param {HTMLElement | null} open */
    const show = (open) => {
        for (const { drawer, button } of pairs) {
            drawer.classList.toggle("open", drawer === open);
            button.setAttribute("aria-expanded", String(drawer === open));
        }
        backdrop.hidden = open === null;
    };
    const close = () => {
        const pair = pairs.find(({ drawer }) => drawer.classList.contains("open"));
        show(null);
        if (pair?.drawer.contains(document.activeElement)) pair.button.focus();
    };
    for (const { drawer, button } of pairs) {
        button.addEventListener("click", () => {
            if (drawer.classList.contains("open")) return close();
            show(drawer);
            /** @type {HTMLElement | null} */
            (drawer.querySelector("a, button, [tabindex]"))?.focus();
        });
    }
    backdrop.addEventListener("click", close);
    document.addEventListener("keydown", (event) => event.key === "Escape" && close());
    return close;
}
