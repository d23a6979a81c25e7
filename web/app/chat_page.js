// The chat itself: which rooms are joined, which is open, and what each part of the page shows of
// it.
// Invariant: `#open` is a joined room or "", and the address' # names it.

import { Announcer } from "./announcer.js";
import { initBanner } from "./banner.js";
import { parseLine } from "./commands.js";
import { Composer } from "./composer.js";
import { byId, h } from "./dom.js";
import { initDrawers } from "./drawers.js";
import { monogram, nameTag } from "./message_row.js";
import { initNameDialog } from "./name_dialog.js";
import { makeNotices } from "./notices.js";
import { PeoplePanel, peopleCount } from "./people_panel.js";
import { RoomSession } from "./room_session.js";
import { hashOfRoom, toRoomName } from "./room_names.js";
import { RoomsPanel } from "./rooms_panel.js";
import { remember } from "./storage.js";
import { TimelineView } from "./timeline_view.js";

/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */

export class ChatPage {
    #client;
    /** @type {Map<string, RoomSession>} */
    #sessions = new Map();
    #open = "";
    #scheduled = false;
    #view = byId("chat", HTMLElement);
    #notice = makeNotices(byId("notice", HTMLElement));
    #announcer = new Announcer(byId("announcer", HTMLElement));
    #older = byId("older", HTMLButtonElement);
    #timeline;
    #composer;
    #people;
    #rooms;
    #closeDrawers;

    /** @param {StentorClient} client @param {() => void} signOut */
    constructor(client, signOut) {
        this.#client = client;
        this.#timeline = new TimelineView(
            {
                region: byId("timeline", HTMLElement),
                list: byId("messages", HTMLOListElement),
                pill: byId("latest", HTMLButtonElement),
            },
            {
                myName: () => client.me?.name ?? "",
                resend: (id) => client.resend(id),
                discard: (id) => this.#discard(id),
            },
        );
        this.#composer = new Composer(
            {
                form: byId("composer", HTMLFormElement),
                input: byId("text", HTMLTextAreaElement),
                counter: byId("counter", HTMLElement),
                submit: byId("send", HTMLButtonElement),
            },
            (text) => this.#said(text),
        );
        this.#people = new PeoplePanel(byId("people-list", HTMLUListElement), (u) =>
            client.isMe(u),
        );
        this.#rooms = new RoomsPanel(
            {
                list: byId("room-list", HTMLUListElement),
                form: byId("join-form", HTMLFormElement),
                input: byId("join-room", HTMLInputElement),
                error: byId("join-error", HTMLElement),
            },
            { join: (room) => this.open(room), leave: (room) => this.#leave(room) },
        );
        this.#closeDrawers = initDrawers(
            [
                {
                    drawer: byId("rooms", HTMLElement),
                    button: byId("show-rooms", HTMLButtonElement),
                },
                {
                    drawer: byId("people", HTMLElement),
                    button: byId("show-people", HTMLButtonElement),
                },
            ],
            byId("backdrop", HTMLElement),
        );
        this.#listen(initNameDialog(client, signOut));
    }

    /** @param {() => void} openNameDialog */
    #listen(openNameDialog) {
        const client = this.#client;
        initBanner(byId("banner", HTMLElement), client);
        byId("me", HTMLButtonElement).addEventListener("click", openNameDialog);
        this.#older.addEventListener("click", () => this.#loadOlder());
        byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
            event.preventDefault();
            byId("timeline", HTMLElement).focus();
        });
        client.on("identity", ({ name, renamedFrom }) => {
            byId("me", HTMLButtonElement).replaceChildren(
                monogram(name),
                nameTag(name),
                h("span", { class: "unseen" }, " (you): change name"),
            );
            this.#composer.limit(client.limits.content);
            if (renamedFrom) this.#notice(`You are now ${name} (before: ${renamedFrom}).`);
        });
        client.on("error", (error) => this.#notice(error.message));
        document.addEventListener("visibilitychange", () => this.#cameBack());
        window.addEventListener("focus", () => this.#cameBack());
    }

    /** @param {string[]} rooms @param {string} open */
    show(rooms, open) {
        this.#view.hidden = false;
        for (const room of rooms) this.#session(room);
        this.open(open);
    }

    hide() {
        this.#view.hidden = true;
        for (const room of this.#sessions.keys()) this.#client.leave(room);
        this.#sessions.clear();
        this.#open = "";
        document.title = "stentor";
    }

    /** @param {string} typed */
    open(typed) {
        const name = toRoomName(typed);
        if (name === null || this.#view.hidden) return;
        const before = this.#sessions.get(this.#open);
        if (name === this.#open && before !== undefined) return this.#closeDrawers();
        if (before !== undefined) before.model.unreadFrom = "";
        const session = this.#session(name);
        this.#open = name;
        session.read();
        if (location.hash !== hashOfRoom(name)) location.hash = hashOfRoom(name);
        byId("room-name", HTMLElement).textContent = name;
        this.#timeline.show(session.model);
        this.#composer.open(name);
        this.#people.show(session.room);
        this.#announcer.clear();
        this.#remember();
        this.#changed();
        this.#closeDrawers();
        if (matchMedia("(hover: hover)").matches) this.#composer.focus();
    }

    /** @param {string} name @returns {RoomSession} */
    #session(name) {
        const known = this.#sessions.get(name);
        if (known !== undefined) return known;
        const session = new RoomSession(this.#client.join(name), this.#client, {
            isRead: (which) => this.#isRead(which),
            changed: (which, change) => this.#sessionChanged(which, change),
            arrived: (which, { from, text }) => {
                if (which.room.name === this.#open) this.#announcer.say(from, text);
            },
        });
        this.#sessions.set(name, session);
        return session;
    }

    /** @param {string} name */
    #leave(name) {
        this.#client.leave(name);
        this.#sessions.delete(name);
        if (name === this.#open) {
            this.#open = "";
            this.open([...this.#sessions.keys()][0] ?? "lobby");
        }
        this.#remember();
        this.#changed();
    }

    /** @param {RoomSession} session */
    #isRead(session) {
        return session.room.name === this.#open && !document.hidden && document.hasFocus();
    }

    #cameBack() {
        if (!document.hidden) this.#client.probe();
        const session = this.#sessions.get(this.#open);
        if (session === undefined || !this.#isRead(session)) return;
        session.read();
        this.#changed();
    }

    /** @param {RoomSession} session @param {{came?: boolean}} change */
    #sessionChanged(session, change) {
        if (session.room.name === this.#open) {
            this.#timeline.changed(change);
            this.#people.changed();
        }
        this.#changed();
    }

    // Title, rooms and header, once for all that happens in one task.
    #changed() {
        if (this.#scheduled) return;
        this.#scheduled = true;
        queueMicrotask(() => {
            this.#scheduled = false;
            this.#draw();
        });
    }

    #draw() {
        const sessions = [...this.#sessions.values()];
        this.#rooms.draw(
            sessions.map(({ room, unread, mentioned, failure }) => ({
                name: room.name,
                unread,
                mentioned,
                failed: failure !== "",
            })),
            this.#open,
        );
        const unread = sessions.reduce((sum, session) => sum + session.unread, 0);
        if (this.#open !== "") {
            document.title = `${unread > 0 ? `(${unread}) ` : ""}#${this.#open} · stentor`;
        }
        byId("show-rooms", HTMLButtonElement).dataset.unread = unread > 0 ? String(unread) : "";
        const session = this.#sessions.get(this.#open);
        if (session === undefined) return;
        const { room, model, failure } = session;
        const { count } = room.people;
        byId("room-people", HTMLElement).textContent =
            failure || (count > 0 ? peopleCount(count) : "");
        byId("people-count", HTMLElement).textContent = count > 0 ? count.toLocaleString() : "";
        this.#older.hidden = !room.hasOlder || model.full || room.state !== "joined";
        byId("empty", HTMLElement).hidden =
            room.state !== "joined" ||
            room.hasOlder ||
            model.outgoing.size + model.items.filter((item) => item.kind === "message").length > 0;
    }

    async #loadOlder() {
        const session = this.#sessions.get(this.#open);
        if (session === undefined) return;
        this.#older.disabled = true;
        try {
            const events = await session.room.loadOlder();
            session.model.prepend(events, (user) => this.#client.isMe(user));
            if (session.room.name === this.#open) this.#timeline.prepended();
        } catch {
            this.#notice("Earlier messages could not be loaded.");
        }
        this.#older.disabled = false;
        this.#changed();
    }

    /** @param {string} text @returns {boolean} */
    #said(text) {
        const line = parseLine(text);
        switch (line.kind) {
            case "say":
                return this.#send(line.text);
            case "join":
                if (toRoomName(line.room) === null) this.#notice(`"${line.room}" is no room name.`);
                else queueMicrotask(() => this.open(line.room));
                return toRoomName(line.room) !== null;
            case "leave":
                queueMicrotask(() => this.#leave(this.#open));
                return true;
            case "name":
                this.#client.rename(line.name);
                return true;
            case "refused":
                this.#notice(line.reason);
                return false;
        }
    }

    /** @param {string} text @returns {boolean} */
    #send(text) {
        const room = this.#sessions.get(this.#open)?.room;
        if (room === undefined) return false;
        if (this.#client.outboxFull) {
            this.#notice("Too many messages wait to be sent.");
            return false;
        }
        room.send(text).catch(() => {}); // a failure shows at the message itself
        this.#sessions.get(this.#open)?.read();
        this.#timeline.toBottom();
        return true;
    }

    /** @param {string} id */
    #discard(id) {
        this.#client.discard(id);
        for (const { model } of this.#sessions.values()) model.discard(id);
        this.#timeline.changed();
    }

    #remember() {
        const joinable = [...this.#sessions.values()].filter(({ failure }) => failure === "");
        remember(
            "rooms",
            joinable.map(({ room }) => room.name),
        );
        remember("room", this.#open);
    }
}
