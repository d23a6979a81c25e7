// A message as the timeline shows it: what the log says of it, and what the reader wishes it were.
// Pure.
// Invariant: `revision` rises with every change that can be seen; a wish is shown until it is
// answered, and then the log alone counts.

/** @typedef {import("../client/types.js").LogEvent} LogEvent */
/** @typedef {import("../client/types.js").Message} PresentState */

/**
 * What the reader has asked for and the server has not answered yet.
 * @typedef {object} Wish
 * @property {string} [text] an edit
 * @property {boolean} [deleted]
 * @property {Map<string, boolean>} reactions by emoji: on or off
 */
/**
 * @typedef {object} Message
 * @property {"message"} kind
 * @property {string} key
 * @property {number} at
 * @property {string} user
 * @property {string} from
 * @property {string} text
 * @property {boolean} mine
 * @property {"pending" | "sent" | "failed"} state
 * @property {number} seq 0: not known yet
 * @property {number} revision
 * @property {string} [clientId]
 * @property {string} [error]
 * @property {number} [replyTo] the seq of the message that it answers
 * @property {number} [editedAt]
 * @property {boolean} [deleted]
 * @property {Map<string, Set<string>>} reactions emoji to the names of those who chose it
 * @property {Wish} [wish]
 */
/** @typedef {{emoji: string, names: string[], mine: boolean}} Chip */

/**
 * @param {LogEvent | PresentState} event @param {string} key @param {boolean} mine
 * @returns {Message}
 */
export function messageOf(event, key, mine) {
    return {
        kind: "message",
        key,
        at: event.at,
        user: event.user,
        from: event.from,
        text: event.content ?? "",
        mine,
        state: "sent",
        seq: event.seq,
        revision: 0,
        clientId: event.client_id,
        replyTo: event.reply_to,
        editedAt: event.edited_at,
        deleted: event.deleted,
        reactions: reactionsOf(event.reactions ?? {}),
    };
}

/** It was edited, deleted or reacted to. @param {Message} message @param {PresentState} now */
export function renew(message, now) {
    message.revision += 1;
    message.text = now.content ?? "";
    message.editedAt = now.edited_at;
    message.deleted = now.deleted;
    message.reactions = reactionsOf(now.reactions);
    const { text } = message;
    if (message.wish?.text === text || message.deleted)
        wishAnswered(message, { text, deleted: true });
}

/** The reader asks for a change. @param {Message} message @param {Partial<Wish>} wish */
export function wishFor(message, wish) {
    const before = message.wish ?? { reactions: new Map() };
    const reactions = new Map([...before.reactions, ...(wish.reactions ?? [])]);
    message.wish = { ...before, ...wish, reactions };
    message.revision += 1;
}

/** Granted or refused: the log says what is. @param {Message} message @param {Partial<Wish>} wish */
export function wishAnswered(message, wish) {
    const { wish: all } = message;
    if (all === undefined) return;
    message.revision += 1;
    for (const [emoji, on] of wish.reactions ?? []) {
        if (all.reactions.get(emoji) === on) all.reactions.delete(emoji);
    }
    if (wish.text !== undefined && wish.text === all.text) delete all.text;
    if (wish.deleted) delete all.deleted;
    if (all.reactions.size === 0 && all.text === undefined && !all.deleted) delete message.wish;
}

/** Wishes included, as everything that is drawn. @param {Message} message @returns {string} */
export function shownText(message) {
    return message.wish?.text ?? message.text;
}

/** @param {Message} message @returns {boolean} */
export function isGone(message) {
    return message.deleted === true || message.wish?.deleted === true;
}

/** @param {Message} message @param {string} myName @returns {Chip[]} in the order of the first */
export function chipsOf(message, myName) {
    const wished = message.wish?.reactions ?? new Map();
    const emojis = new Set([...message.reactions.keys(), ...wished.keys()]);
    return [...emojis].flatMap((emoji) => {
        const names = new Set(message.reactions.get(emoji));
        if (wished.get(emoji) === true) names.add(myName);
        if (wished.get(emoji) === false) names.delete(myName);
        return names.size === 0 ? [] : [{ emoji, names: [...names], mine: names.has(myName) }];
    });
}

/** @param {Record<string, string[]>} given @returns {Map<string, Set<string>>} */
function reactionsOf(given) {
    return new Map(Object.entries(given).map(([emoji, names]) => [emoji, new Set(names)]));
}
