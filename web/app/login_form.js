// The first page: a name, or none, and a room.
// Invariant: it is shown exactly until a login succeeded; an error is said next to the field.

import { byId } from "./dom.js";
import { recall } from "./storage.js";
import { toRoomName } from "./room_names.js";

/**
 * @param {{room: string, enter: (name: string | undefined, room: string) => void}} options
 * @returns {{show: (problem?: string) => void, waiting: (text: string) => void, hide: () => void}}
 */
export function initLogin({ room, enter }) {
    const view = byId("login", HTMLElement);
    const form = byId("login-form", HTMLFormElement);
    const nameInput = byId("login-name", HTMLInputElement);
    const roomInput = byId("login-room", HTMLInputElement);
    const status = byId("login-status", HTMLElement);
    const submit = byId("login-submit", HTMLButtonElement);

    const label = () => {
        submit.textContent = nameInput.value.trim() === "" ? "Enter as a guest" : "Enter";
    };
    /** @param {string} text @param {boolean} problem */
    const say = (text, problem) => {
        status.textContent = text;
        status.classList.toggle("problem", problem);
    };
    nameInput.value = recall("name", "");
    roomInput.value = room;
    label();
    nameInput.addEventListener("input", label);
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const wanted = toRoomName(roomInput.value || "lobby");
        if (wanted === null) {
            say("A room's name has letters, digits, . _ - and at most 64 of them.", true);
            roomInput.focus();
            return;
        }
        say("Connecting…", false);
        enter(nameInput.value.trim() || undefined, wanted);
    });
    return {
        show(problem = "") {
            view.hidden = false;
            say(problem, true);
            nameInput.focus();
            if (problem !== "") nameInput.select();
        },
        waiting: (text) => say(text, false),
        hide() {
            view.hidden = true;
        },
    };
}
