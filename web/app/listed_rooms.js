// What the server lists of this user's rooms: how much is unread in each, and the direct rooms that
// are not open on this page yet.
// Invariant: at most one question is under way; a direct room is listed here or has a session.

/** @typedef {import("../client/stentor_client.js").StentorClient} StentorClient */
/** @typedef {import("../client/types.js").RoomSummary} RoomSummary */
/** @typedef {import("./rooms_panel.js").Entry} Entry */

export class ListedRooms {
    #client;
    #taken;
    #asking = false;
    #again = false;
    /** @type {Map<string, RoomSummary>} */
    #unopened = new Map();

    /**
     * @param {StentorClient} client
     * @param {(summary: RoomSummary) => boolean} taken the room has a session, which knows it now
     */
    constructor(client, taken) {
        this.#client = client;
        this.#taken = taken;
    }

    /** After each login, and when a direct room is new. */
    async ask() {
        this.#again = true;
        if (this.#asking) return;
        this.#asking = true;
        while (this.#again) {
            this.#again = false;
            const summaries = await this.#client.rooms().catch(() => []);
            for (const summary of summaries) {
                const open = this.#taken(summary);
                if (!open && summary.with !== undefined) this.#unopened.set(summary.room, summary);
            }
        }
        this.#asking = false;
    }

    /** It is opened. @param {string} room @returns {RoomSummary | undefined} */
    take(room) {
        const summary = this.#unopened.get(room);
        this.#unopened.delete(room);
        return summary;
    }

    /** @param {string} user @returns {string | undefined} the direct room with this user */
    roomWith(user) {
        return [...this.#unopened.values()].find((summary) => summary.with?.user === user)?.room;
    }

    clear() {
        this.#unopened.clear();
    }

    /** @returns {Entry[]} */
    get entries() {
        return Array.from(this.#unopened.values(), ({ room, unread, with: other }) => ({
            name: room,
            title: other?.name ?? "…",
            direct: true,
            unread,
            mentioned: false,
            failed: false,
        }));
    }
}
