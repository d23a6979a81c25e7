// Where the page begins: the client, the login, the chat, and the address that names the room.
// Invariant: exactly one of login and chat is shown.

import { StentorClient } from "../client/index.js";
import { ChatPage } from "./chat_page.js";
import { byId } from "./dom.js";
import { initLogin } from "./login_form.js";
import { roomOfHash } from "./room_names.js";
import { serverUrl } from "./server_url.js";
import { recall, remember } from "./storage.js";
import { initTheme } from "./theme.js";
import { kReadingMax } from "./timeline_model.js";

/** @type {StentorClient} */
const client = new StentorClient({
    url: () => serverUrl(location.href, page.openRoom || firstRoom),
    messagesMax: kReadingMax,
});

let inside = false;
let firstRoom = roomOfHash(location.hash) ?? recall("room", "lobby");

const login = initLogin({
    room: firstRoom,
    enter(name, room) {
        firstRoom = room;
        client.connect({ name, typed: name !== undefined });
    },
});
const page = new ChatPage(client, signOut);
initTheme(byId("theme", HTMLButtonElement));

function enter() {
    inside = true;
    login.hide();
    page.show(recall("rooms", []), firstRoom);
}

function signOut() {
    inside = false;
    page.hide();
    client.close();
    remember("session", undefined);
    remember("rooms", undefined);
    login.show();
}

client.on("identity", ({ name, session }) => {
    remember("name", name);
    remember("session", session);
    if (!inside) enter();
});
client.on("refused", (error) => {
    if (!inside) login.show(error.message);
});
client.on("state", (state) => {
    if (inside) return;
    if (state.name === "waiting") login.waiting("The server does not answer. Trying again…");
    if (state.name === "closed" && state.reason) login.show(state.reason.message);
});
window.addEventListener("hashchange", () => {
    const room = roomOfHash(location.hash);
    if (inside && room !== null) page.open(room);
});
window.addEventListener("online", () => client.probe());

const session = recall("session", undefined);
if (typeof session === "string") {
    // Known from an earlier visit: straight in, whatever the network does meanwhile.
    client.connect({ session, name: recall("name", undefined) });
    enter();
} else {
    login.show();
}
