// Fetches pages of a room's history: what its log misses, oldest first, and what a reader asks for.
// Invariant: at most one page for the log is under way; a refusal that passes is tried again, one
// for good makes the hole a known loss.

/** @typedef {import("./messages.js").Messages} Messages */
/** @typedef {import("./room_log.js").RoomLog} RoomLog */
/** @typedef {import("./room_log.js").Step} Step */
/** @typedef {import("./room.js").Wire} Wire */
/** @typedef {import("./types.js").HistoryPage} HistoryPage */
/** @typedef {import("./types.js").HistoryRange} HistoryRange */

const kPageEvents = 100;

export class Paging {
    #room;
    #wire;
    #log;
    #messages;
    #yielded;
    #busy = false;

    /**
     * @param {string} room @param {Wire} wire @param {RoomLog} log @param {Messages} messages
     * @param {(steps: Step[]) => void} yielded
     */
    constructor(room, wire, log, messages, yielded) {
        this.#room = room;
        this.#wire = wire;
        this.#log = log;
        this.#messages = messages;
        this.#yielded = yielded;
    }

    /** A new connection: what was under way never comes. */
    restart() {
        this.#busy = false;
    }

    /** Asks for what the log misses, until nothing is missing. */
    fill() {
        const hole = this.#log.hole;
        if (hole === null || this.#busy) return;
        this.#busy = true;
        const asOf = this.#log.head;
        /** @param {HistoryPage | null} page */
        const done = (page) => {
            this.#busy = false;
            this.#yielded(this.#log.page(hole, page, asOf));
            this.fill();
        };
        const command = { type: "history", room: this.#room, ...hole, limit: kPageEvents };
        this.#wire.ask(command, {
            answered: done,
            refused: (error) => {
                if (error.code === "disconnected") return;
                if (!error.passing) return done(null);
                this.#wire.later(() => {
                    this.#busy = false;
                    this.fill();
                }, error.retryAfterMs || 1000);
            },
        });
    }

    /** @param {HistoryRange} range @returns {Promise<HistoryPage>} */
    read({ before, after, limit = 50 }) {
        const asOf = this.#log.head;
        const command = { type: "history", room: this.#room, before, after, limit };
        return new Promise((resolve, refused) => {
            /** @param {HistoryPage} page */
            const answered = (page) => {
                if (page.epoch === this.#log.position?.epoch) {
                    this.#messages.merge(page.events, asOf);
                }
                resolve(page);
            };
            this.#wire.ask(command, { answered, refused });
        });
    }
}
