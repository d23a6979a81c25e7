// Keys that work wherever the focus is: Ctrl+K (or Cmd+K) goes to the field for rooms, F6 from one
// part of the page to the next, Alt with Up or Down to the next room.
// Invariant: nothing happens while a dialog is open, nor to a letter without its modifier.

import { byId } from "./dom.js";

const kParts = ["rooms", "timeline", "composer", "people"];
const kReachable = 'a[href], button, textarea, input, [tabindex="0"]';

/** @param {HTMLElement} page */
export function initShortcuts(page) {
    document.addEventListener("keydown", (event) => {
        if (page.hidden || document.querySelector("dialog[open]") !== null) return;
        const { key, altKey, shiftKey } = event;
        const control = event.ctrlKey || event.metaKey;
        if (control && !altKey && key.toLowerCase() === "k") toRooms();
        else if (key === "F6") nextPart(shiftKey ? -1 : 1);
        else if (altKey && !control && key === "ArrowDown") nextRoom(1);
        else if (altKey && !control && key === "ArrowUp") nextRoom(-1);
        else return;
        event.preventDefault();
    });
}

function toRooms() {
    const drawer = byId("show-rooms", HTMLButtonElement);
    const closed = drawer.getAttribute("aria-expanded") !== "true";
    if (drawer.offsetParent !== null && closed) drawer.click();
    byId("join-room", HTMLInputElement).focus();
}

/** @param {1 | -1} step in the order of the panel */
function nextRoom(step) {
    const links = [...byId("rooms", HTMLElement).querySelectorAll("a")];
    const at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[(at + step + links.length) % links.length];
    if (next !== undefined) location.hash = next.hash;
}

/** @param {1 | -1} step */
function nextPart(step) {
    const parts = kParts
        .map((id) => byId(id, HTMLElement))
        .filter((part) => getComputedStyle(part).visibility === "visible");
    const at = parts.findIndex((part) => part.contains(document.activeElement));
    const from = at < 0 && step < 0 ? 0 : at;
    const part = parts[(from + step + parts.length) % parts.length];
    /** @type {HTMLElement | null} */
    const inside = part.querySelector(kReachable);
    (part.matches(kReachable) ? part : inside)?.focus();
}
