// What the reader does in the open room: saying, answering, changing, deleting, reacting, looking
// back; and the commands that begin with a slash.
// Invariant: what the server refused is said, and what was typed is not lost.

import { parseLine } from "./commands.js";
import { initDeleteDialog } from "./delete_dialog.js";
import { wishAnswered, wishFor } from "./message.js";
import { toRoomName } from "./room_names.js";

/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */
/** @typedef {import("./composer.js").Composer} Composer */
/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./message.js").Wish} Wish */
/** @typedef {import("./room_session.js").RoomSession} RoomSession */
/** @typedef {import("./timeline_view.js").TimelineView} TimelineView */

/**
 * What a conversation needs of its page.
 * @typedef {object} Surroundings
 * @property {() => RoomSession | undefined} session of the open room
 * @property {() => RoomSession[]} sessions
 * @property {() => Composer} composer
 * @property {() => TimelineView} timeline
 * @property {(text: string) => void} notice
 * @property {(room: string) => void} open
 * @property {(room: string) => void} leave
 * @property {() => void} changed
 */

const kJumpPagesMax = 40;
const kEventBehindAckMs = 1000;

export class Conversation {
    #client;
    #page;
    #askToDelete;

    /** @param {StentorClient} client @param {Surroundings} page */
    constructor(client, page) {
        this.#client = client;
        this.#page = page;
        this.#askToDelete = initDeleteDialog(() => page.composer().focus());
    }

    /** @param {string} text @param {Message} [answered] @returns {boolean} false: the text stays */
    say(text, answered) {
        const { notice, open, leave, session } = this.#page;
        const line = parseLine(text);
        switch (line.kind) {
            case "say":
                return this.#send(line.text, answered);
            case "direct":
                return this.#direct(line.to, line.text, text);
            case "join":
                if (toRoomName(line.room) === null) notice(`"${line.room}" is no room name.`);
                else queueMicrotask(() => open(line.room));
                return toRoomName(line.room) !== null;
            case "leave":
                queueMicrotask(() => leave(session()?.room.name ?? ""));
                return true;
            case "name":
                this.#client.rename(line.name);
                return true;
            case "refused":
                notice(line.reason);
                return false;
        }
    }

    /** @param {Message} message @param {string} text */
    edit(message, text) {
        const session = this.#page.session();
        if (session === undefined) return;
        this.#wish(message, { text }, session.room.edit(message.seq, text));
    }

    /** @param {Message} message */
    remove(message) {
        const session = this.#page.session();
        this.#askToDelete(message, () => {
            if (session === undefined) return;
            this.#wish(message, { deleted: true }, session.room.delete(message.seq));
        });
    }

    /** @param {Message} message @param {string} emoji @param {boolean} on */
    react(message, emoji, on) {
        const session = this.#page.session();
        if (session === undefined) return;
        const reactions = new Map([[emoji, on]]);
        this.#wish(message, { reactions }, session.room.react(message.seq, emoji, on));
    }

    /** @param {string} id of a message that was not sent */
    discard(id) {
        this.#client.discard(id);
        for (const { model } of this.#page.sessions()) model.discard(id);
        this.#page.timeline().changed();
    }

    /** @returns {Message | undefined} the newest of one's own that can be changed */
    lastOwn() {
        return /** @type {Message | undefined} */ (
            this.#page
                .session()
                ?.model.items.findLast(
                    (item) => item.kind === "message" && item.mine && !item.deleted,
                )
        );
    }

    /** To what `answer` answers, and as far back as it takes. @param {Message} answer */
    async jump(answer) {
        const session = this.#page.session();
        if (session === undefined) return;
        const { model } = session;
        for (let pages = 0; pages < kJumpPagesMax; pages += 1) {
            const answered = model.answered(answer);
            const shown = answered !== undefined && model.at(answered.key) === answered;
            if (shown && this.#page.timeline().jump(answered.key)) return;
            model.reading = true;
            if (!session.hasOlder || !(await this.loadOlder())) break;
            if (this.#page.session() !== session) return;
        }
        this.#page.notice("That message is too far back to be shown.");
    }

    /** @returns {Promise<boolean>} there was something */
    async loadOlder() {
        const session = this.#page.session();
        if (session === undefined || !session.hasOlder) return false;
        try {
            const loaded = await session.loadOlder();
            if (loaded && session === this.#page.session()) this.#page.timeline().draw();
            return loaded;
        } catch {
            return false; // the connection is lost: the banner says so; asked again on scrolling
        } finally {
            this.#page.changed();
        }
    }

    /** @param {string} text @param {Message | undefined} answered @returns {boolean} */
    #send(text, answered) {
        const session = this.#page.session();
        if (session === undefined) return false;
        if (this.#client.outboxFull) {
            this.#page.notice("Too many messages wait to be sent.");
            return false;
        }
        // A failure shows at the message itself.
        session.room.send(text, { replyTo: answered?.seq }).catch(() => {});
        session.read();
        this.#page.timeline().toBottom();
        return true;
    }

    /** @param {string} to @param {string} text @param {string} typed @returns {boolean} */
    #direct(to, text, typed) {
        const { notice, open, composer, sessions } = this.#page;
        const known = sessions().find(({ room }) => room.direct?.name === to)?.room;
        if (known !== undefined) queueMicrotask(() => open(known.name));
        const sent = known === undefined ? this.#client.direct(to, text) : known.send(text);
        sent.then(
            (ack) => {
                open(ack.room);
                this.#page.session()?.otherIs(to);
            },
            (/** @type {Error} */ error) => {
                if (known !== undefined) return; // it shows at the message
                notice(`Not sent to ${to}: ${error.message}`);
                composer().begin(typed);
            },
        );
        if (this.#client.state.name !== "open") {
            notice("Not connected: it will be sent when the connection is back.");
        }
        return true;
    }

    // Shows at once what was asked for; the log or a refusal has the last word.
    /** @param {Message} message @param {Partial<Wish>} wish @param {Promise<unknown>} done */
    #wish(message, wish, done) {
        wishFor(message, wish);
        this.#page.timeline().changed();
        const answered = () => {
            wishAnswered(message, wish);
            this.#page.timeline().changed();
        };
        // The ack is ahead of the event by a little: no flicker back to what was before.
        const soon = () => setTimeout(answered, kEventBehindAckMs);
        done.then(soon, (/** @type {Error} */ error) => {
            answered();
            this.#page.notice(`This did not succeed: ${error.message}`);
            if (wish.text !== undefined) this.#page.composer().begin(wish.text);
        });
    }
}
