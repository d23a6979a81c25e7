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
    #editSeq = 0;
    /** @type {Map<string, LogEvent>} by user and emoji: the newest of each */
    #reacted = new Map();

    /** @param {LogEvent} event of type `message` @param {number} asOf */
    constructor(event, asOf) {
        this.#asOf = asOf;
        this.message = presentState(event);
    }

    /** The server said it again. @param {LogEvent} event @param {number} asOf */
    renew(event, asOf) {
        if (asOf <= this.#asOf) return;
        const before = this.message;
        this.#asOf = asOf;
        this.message = presentState(event);
        if (before.deleted) this.#delete();
        else if (this.#editSeq > asOf) this.#edit(before.content, before.edited_at);
        for (const change of this.#reacted.values()) if (change.seq > asOf) this.#react(change);
    }

    /** @param {LogEvent} change whose target this is @returns {boolean} it changed something */
    apply(change) {
        if (change.seq <= this.#asOf || this.message.deleted) return false;
        if (change.type === "deleted") {
            this.#delete();
        } else if (change.type === "edited") {
            if (change.seq <= this.#editSeq || change.deleted) return false;
            this.#editSeq = change.seq;
            this.#edit(change.content, change.at);
        } else if (change.type === "reacted") {
            const pair = `${change.user} ${change.emoji}`;
            const before = this.#reacted.get(pair);
            if (before !== undefined && before.seq >= change.seq) return false;
            if (before?.on) this.#react({ ...before, on: false }); // perhaps by another name
            this.#reacted.set(pair, change);
            this.#react(change);
        }
        return true;
    }

    /** @param {string | undefined} content @param {number | undefined} at */
    #edit(content, at) {
        if (this.message.deleted) return;
        this.message = { ...this.message, content, edited_at: at };
    }

    #delete() {
        const { content: _gone, ...rest } = this.message;
        this.#reacted.clear();
        this.message = { ...rest, deleted: true, reactions: {} };
    }

    /** @param {LogEvent} change */
    #react({ emoji = "", on = true, from }) {
        if (this.message.deleted) return;
        const { [emoji]: before, ...others } = this.message.reactions;
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
    const reactions = Object.fromEntries(
        Object.entries(event.reactions ?? {}).map(([emoji, names]) => [emoji, [...names]]),
    );
    return { ...rest, type: "message", reactions };
}
