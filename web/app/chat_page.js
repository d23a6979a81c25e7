// The chat itself: which rooms are joined, which is open, and what each part of the page shows of
// it.
// Invariant: `#open` is a joined room or "", and the address' # names it.

import { Announcer } from "./announcer.js";
import { initBanner } from "./banner.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { byId, h } from "./dom.js";
import { initDrawers } from "./drawers.js";
import { monogram, nameTag } from "./message_row.js";
import { ListedRooms } from "./listed_rooms.js";
import { initNameDialog } from "./name_dialog.js";
import { makeNotices } from "./notices.js";
import { PeoplePanel, peopleCount } from "./people_panel.js";
import { RoomSession } from "./room_session.js";
import { hashOfRoom, isDirectName, toRoomName } from "./room_names.js";
import { RoomsPanel } from "./rooms_panel.js";
import { remember } from "./storage.js";
import { initShortcuts } from "./shortcuts.js";
import { TimelineView } from "./timeline_view.js";
import { showTyping } from "./typing_line.js";

/** @typedef {import("../client/room.js").Room} Room */
/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */
/** @typedef {import("../client/types.js").Member} Member */
/** @typedef {import("../client/types.js").RoomSummary} RoomSummary */

export class ChatPage {
    #client;
    /** @type {Map<string, RoomSession>} */
    #sessions = new Map();
    #listed;
    #open = "";
    #scheduled = false;
    #view = byId("chat", HTMLElement);
    #notice = makeNotices(byId("notice", HTMLElement));
    #announcer = new Announcer(byId("announcer", HTMLElement));
    #older = byId("older", HTMLButtonElement);
    /** @type {Conversation} */
    #conversation;
    /** @type {TimelineView} */
    #timeline;
    /** @type {Composer} */
    #composer;
    #people;
    #rooms;
    #closeDrawers;

    /** @param {StentorClient} client @param {() => void} signOut */
    constructor(client, signOut) {
        this.#client = client;
        this.#listed = new ListedRooms(client, (summary) => this.#summed(summary));
        this.#conversation = new Conversation(client, {
            session: () => this.#sessions.get(this.#open),
            sessions: () => [...this.#sessions.values()],
            composer: () => this.#composer,
            timeline: () => this.#timeline,
            notice: this.#notice,
            open: (room) => this.open(room),
            leave: (room) => this.#leave(room),
            changed: () => this.#changed(),
        });
        this.#timeline = this.#makeTimeline();
        this.#composer = this.#makeComposer();
        this.#people = new PeoplePanel(byId("people-list", HTMLUListElement), {
            isMe: (user) => client.isMe(user),
            write: (member) => this.#writeTo(member),
        });
        this.#rooms = new RoomsPanel(
            {
                list: byId("room-list", HTMLUListElement),
                form: byId("join-form", HTMLFormElement),
                input: byId("join-room", HTMLInputElement),
                error: byId("join-error", HTMLElement),
                direct: byId("direct", HTMLElement),
                directList: byId("direct-list", HTMLUListElement),
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

    /** @returns {string} its name, or "" */
    get openRoom() {
        return this.#open;
    }

    #makeTimeline() {
        const client = this.#client;
        const talk = this.#conversation;
        return new TimelineView(
            {
                region: byId("timeline", HTMLElement),
                list: byId("messages", HTMLOListElement),
                pill: byId("latest", HTMLButtonElement),
            },
            {
                myName: () => client.me?.name ?? "",
                resend: (id) => client.resend(id),
                discard: (id) => talk.discard(id),
                react: (message, emoji, on) => talk.react(message, emoji, on),
                jump: (answer) => void talk.jump(answer),
                at: (key) => this.#sessions.get(this.#open)?.model.at(key),
                reply: (message) => this.#composer.reply(message),
                edit: (message) => this.#composer.edit(message),
                remove: (message) => talk.remove(message),
                leave: () => this.#composer.focus(),
                nearTop: () => void talk.loadOlder(),
            },
        );
    }

    #makeComposer() {
        const talk = this.#conversation;
        return new Composer(
            {
                form: byId("composer", HTMLFormElement),
                input: byId("text", HTMLTextAreaElement),
                counter: byId("counter", HTMLElement),
                submit: byId("send", HTMLButtonElement),
                context: byId("context", HTMLElement),
                contextText: byId("context-text", HTMLElement),
                contextCancel: byId("context-cancel", HTMLButtonElement),
                names: byId("names", HTMLUListElement),
            },
            {
                say: (text, answered) => talk.say(text, answered),
                edited: (message, text) => talk.edit(message, text),
                lastOwn: () => talk.lastOwn(),
                writing: (on) => this.#sessions.get(this.#open)?.room.typing(on),
                names: () => this.#namesKnown(),
            },
        );
    }

    /** @param {() => void} openNameDialog */
    #listen(openNameDialog) {
        const client = this.#client;
        initBanner(byId("banner", HTMLElement), client);
        byId("me", HTMLButtonElement).addEventListener("click", openNameDialog);
        this.#older.addEventListener("click", () => void this.#conversation.loadOlder());
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
        client.on("room", (room) => {
            if (this.#view.hidden) return;
            this.#session(room.name, room);
            void this.#listed.ask(); // whose it is
        });
        client.on("state", ({ name }) => name === "open" && void this.#listed.ask());
        initShortcuts(this.#view);
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
        this.#listed.clear();
        this.#open = "";
        document.title = "stentor";
    }

    /** @param {string} typed a room, or the name of a direct room as the address has it */
    open(typed) {
        const name = isDirectName(typed) ? typed : toRoomName(typed);
        if (name === null || this.#view.hidden) return;
        const before = this.#sessions.get(this.#open);
        if (name === this.#open && before !== undefined) return this.#closeDrawers();
        before?.room.typing(false);
        before?.left();
        const session = this.#session(name);
        this.#open = name;
        if (location.hash !== hashOfRoom(name)) location.hash = hashOfRoom(name);
        this.#timeline.show(session.model);
        session.read();
        this.#composer.open(name, titleOf(session));
        this.#people.show(() => session.people);
        this.#announcer.clear();
        this.#showTyping(session);
        this.#remember();
        this.#changed();
        this.#closeDrawers();
        if (matchMedia("(hover: hover)").matches) this.#composer.focus();
    }

    /** @param {string} name @param {Room} [known] @returns {RoomSession} */
    #session(name, known = this.#client.join(name)) {
        const before = this.#sessions.get(name);
        if (before !== undefined) return before;
        const session = new RoomSession(known, this.#client, {
            isRead: (which) => this.#isRead(which),
            changed: (which, change) => this.#sessionChanged(which, change),
            typing: (which) => this.#showTyping(which),
            arrived: (which, { from, text }) => {
                if (which.room.name === this.#open) this.#announcer.say(from, text);
            },
            deleted: (which, message) => {
                if (which.room.name === this.#open) this.#composer.gone(message);
            },
        });
        this.#sessions.set(name, session);
        const summary = this.#listed.take(name);
        if (summary !== undefined) session.summed(summary);
        return session;
    }

    /** @param {RoomSummary} summary @returns {boolean} its room is open on this page */
    #summed(summary) {
        const room = this.#client.room(summary.room);
        if (this.#view.hidden) return true;
        if (room?.direct) this.#session(room.name, room);
        const session = this.#sessions.get(summary.room);
        session?.summed(summary);
        this.#changed();
        return session !== undefined;
    }

    /** @param {Member} member */
    #writeTo({ user, name }) {
        const sessions = [...this.#sessions.values()];
        const open = sessions.find(({ room }) => room.direct?.user === user)?.room.name;
        const known = open ?? this.#listed.roomWith(user);
        this.#closeDrawers();
        if (known !== undefined) this.open(known);
        else if (!this.#composer.begin(`/msg ${name} `)) {
            this.#notice("Send or clear first what you are writing.");
        }
    }

    /** Names that can be completed: who is here, and who has spoken. @returns {string[]} */
    #namesKnown() {
        const session = this.#sessions.get(this.#open);
        if (session === undefined) return [];
        const spoke = session.model.items.flatMap((item) =>
            item.kind === "message" && !item.mine ? [item.from] : [],
        );
        const others = session.people.list.filter(({ user }) => !this.#client.isMe(user));
        return [...others.map(({ name }) => name), ...spoke];
    }

    /** @param {RoomSession} session */
    #showTyping(session) {
        if (session.room.name !== this.#open) return;
        showTyping(
            byId("typing", HTMLElement),
            session.room.typists.map(({ name }) => name),
        );
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
        if (session.failure !== "" && session.room.direct !== null) {
            this.#leave(session.room.name); // not ours, or no longer
            return;
        }
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
        const opened = [...this.#sessions.values()].map((session) => ({
            name: session.room.name,
            title: session.title,
            direct: session.room.direct !== null,
            unread: session.unread,
            mentioned: session.mentioned,
            failed: session.failure !== "",
        }));
        const entries = [...opened, ...this.#listed.entries];
        this.#rooms.draw(entries, this.#open);
        const unread = entries.reduce((sum, entry) => sum + entry.unread, 0);
        byId("show-rooms", HTMLButtonElement).dataset.unread = unread > 0 ? String(unread) : "";
        const session = this.#sessions.get(this.#open);
        if (session === undefined) return;
        document.title = `${unread > 0 ? `(${unread}) ` : ""}${titleOf(session)} · stentor`;
        this.#drawOpen(session);
    }

    /** @param {RoomSession} session */
    #drawOpen(session) {
        const { room, model, failure, title } = session;
        byId("room-name", HTMLElement).textContent = title;
        byId("room-sign", HTMLElement).textContent = room.direct === null ? "#" : "@";
        this.#composer.titled(titleOf(session));
        const { count } = session.people;
        const here = count > 0 ? peopleCount(count) : "";
        byId("room-people", HTMLElement).textContent =
            failure || (room.direct === null ? here : "Direct messages, for you two alone");
        byId("people-count", HTMLElement).textContent = count > 0 ? count.toLocaleString() : "";
        this.#older.hidden = !session.hasOlder || room.state !== "joined";
        byId("empty", HTMLElement).hidden =
            room.state !== "joined" ||
            session.hasOlder ||
            model.outgoing.size + model.items.filter((item) => item.kind === "message").length > 0;
    }

    #remember() {
        const kept = [...this.#sessions.values()].filter(
            ({ failure, room }) => failure === "" && room.direct === null,
        );
        remember(
            "rooms",
            kept.map(({ room }) => room.name),
        );
        remember("room", this.#open);
    }
}

/** @param {RoomSession} session @returns {string} */
function titleOf({ room, title }) {
    return room.direct === null ? `#${title}` : title;
}
