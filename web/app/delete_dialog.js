// Asks before a message is deleted: its text will be gone for everybody.
// Invariant: nothing is deleted without the button that says so.

import { byId } from "./dom.js";
import { shownText } from "./message.js";
import { excerpt } from "./timeline_rows.js";

/** @typedef {import("./message.js").Message} Message */

/**
 * @param {() => void} left the dialog is closed; the focus may go on
 * @returns {(message: Message, remove: () => void) => void} opens it
 */
export function initDeleteDialog(left) {
    const dialog = byId("delete-dialog", HTMLDialogElement);
    let remove = () => {};
    byId("delete-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
    byId("delete-form", HTMLFormElement).addEventListener("submit", (event) => {
        event.preventDefault();
        dialog.close();
        remove();
    });
    dialog.addEventListener("close", left);
    return (message, confirmed) => {
        remove = confirmed;
        byId("delete-text", HTMLElement).textContent = excerpt(shownText(message));
        dialog.showModal();
    };
}
