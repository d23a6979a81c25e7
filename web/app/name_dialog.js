// The dialog behind one's own name: another name, or out.
// Invariant: it closes only when the server has given the name, or by the user's wish.

import { byId } from "./dom.js";

/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */

/** @param {StentorClient} client @param {() => void} signOut @returns {() => void} opens it */
export function initNameDialog(client, signOut) {
    const dialog = byId("name-dialog", HTMLDialogElement);
    const form = byId("name-form", HTMLFormElement);
    const input = byId("name-input", HTMLInputElement);
    const status = byId("name-status", HTMLElement);
    let asked = "";

    form.addEventListener("submit", (event) => {
        event.preventDefault();
        asked = input.value.trim();
        if (asked === "" || asked === client.me?.name) return dialog.close();
        status.textContent = "Asking the server…";
        client.rename(asked);
    });
    byId("name-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());
    byId("sign-out", HTMLButtonElement).addEventListener("click", () => {
        dialog.close();
        signOut();
    });
    client.on("refused", (error) => {
        if (!dialog.open) return;
        asked = "";
        status.textContent = error.message;
        input.select();
    });
    client.on("identity", () => {
        if (!dialog.open || asked === "") return;
        asked = "";
        dialog.close();
    });
    return () => {
        input.value = client.me?.name ?? "";
        status.textContent = "";
        dialog.showModal();
        input.select();
    };
}
