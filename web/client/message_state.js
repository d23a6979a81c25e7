// One message in its present state: what the server said of it, and the changes that came since.
// Pure. Changes may come in any order and more than once, also such as a page had counted in.
// Invariant: content and each reaction of each user are what the change with the highest seq says;
// once deleted, a message stays so and holds no text.

/** @typedef {import("./types.js").LogEvent} LogEvent */
/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Reactions} Reactions */

export class MessageState {
    /** @type {Message} */
    message;
    /** Up to this seq all changes are in what the server said. */
    #asOf;
    /** @type {Reactions} as the server said */
    #reactions;
    /** @type {LogEvent | null} */
    #edit = null;
    /** @type {Map<string, LogEvent>} by user and emoji: the newest of each */
    #reacted = new Map();
    #reactedSeq = 0;

    /** @param {LogEvent} event of type `message` @param {number} asOf */
    constructor(event, asOf) {
        this.#asOf = asOf;
        this.message = presentState(event);
        this.#reactions = this.message.reactions;
    }

    /** The server said it again. @param {LogEvent} event @param {number} asOf */
    renew(event, asOf) {
        if (asOf <= this.#asOf || this.message.deleted) return;
        this.#asOf = asOf;
        this.message = presentState(event);
        this.#reactions = this.message.reactions;
        if (this.message.deleted) return;
        if (this.#edit !== null && this.#edit.seq > asOf) this.#edited(this.#edit);
        this.#reactAll();
    }

    /** @param {LogEvent} change whose target this is */
    apply(change) {
        if (change.seq <= this.#asOf || this.message.deleted) return;
        if (change.type === "deleted") {
            this.message = tombstone(this.message);
            this.#reacted.clear();
        } else if (change.type === "edited") {
            const older = this.#edit !== null && change.seq <= this.#edit.seq;
            if (!older && !change.deleted) this.#edited(change);
        } else if (change.type === "reacted") {
            const pair = `${change.user} ${change.emoji}`;
            const before = this.#reacted.get(pair);
            if (before !== undefined && change.seq <= before.seq) return;
            this.#reacted.set(pair, change);
            if (change.seq < this.#reactedSeq) return this.#reactAll();
            this.#reactedSeq = change.seq;
            if (before?.on) this.#react({ ...before, on: false }); // perhaps by another name
            this.#react(change);
        }
    }

    /** @param {LogEvent} change */
    #edited(change) {
        this.#edit = change;
        this.message = { ...this.message, content: change.content, edited_at: change.at };
    }

    // In order of seq, so that the names stand in the order in which they came.
    #reactAll() {
        this.message = { ...this.message, reactions: this.#reactions };
        const since = [...this.#reacted.values()].filter(({ seq }) => seq > this.#asOf);
        for (const change of since.sort((a, b) => a.seq - b.seq)) this.#react(change);
    }

    /** @param {LogEvent} change */
    #react({ emoji = "", on = true, from }) {
        const { [emoji]: before, ...others } = this.message.reactions;
        // An emoji may be any word, also one that every object has.
        const known = Object.hasOwn(this.message.reactions, emoji) ? before : [];
        const names = known.filter((name) => name !== from);
        if (on) names.push(from);
        const reactions = names.length > 0 ? { ...others, [emoji]: names } : others;
        this.message = { ...this.message, reactions };
    }
}

/** @param {LogEvent} event @returns {Message} */
function presentState(event) {
    const { target: _t, emoji: _e, on: _o, ...rest } = event;
    const type = /** @type {const} */ ("message");
    const message = { ...rest, type, reactions: { ...event.reactions } };
    return message.deleted ? tombstone(message) : message;
}

/** @param {Message} message @returns {Message} that it was there is all that is left */
function tombstone(message) {
    const { content: _gone, edited_at: _when, ...rest } = message;
    return { ...rest, deleted: true, reactions: {} };
}
