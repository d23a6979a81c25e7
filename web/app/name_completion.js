// Completes names behind "@" and "/msg". Pure: text and caret in, a choice or a new text out.
// Invariant: only what stands between the sign and the caret is replaced.

/** @typedef {{from: number, to: number, prefix: string, sign: "@" | ""}} Place */

const kNameCharacter = /[\p{L}\p{M}\p{Nd}._-]/u;
const kChoicesMax = 8;

/** @param {string} text @param {number} caret @returns {Place | null} a name is being written */
export function placeOf(text, caret) {
    const before = text.slice(0, caret);
    const command = /^\/msg\s+@?(?<prefix>\S*)$/u.exec(before);
    if (command !== null) {
        const prefix = command.groups?.prefix ?? "";
        return { from: caret - prefix.length, to: caret, prefix, sign: "" };
    }
    const match = /(?<![\p{L}\p{N}_@])@(?<prefix>[\p{L}\p{M}\p{Nd}._-]{0,32})$/u.exec(before);
    if (match === null || kNameCharacter.test(text.charAt(caret))) return null;
    const prefix = match.groups?.prefix ?? "";
    return { from: caret - prefix.length, to: caret, prefix, sign: "@" };
}

/**
 * Names that begin so, and behind them names of which a later part begins so.
 * @param {string} prefix
 * @param {string[]} names
 * @returns {string[]} none when the name is already whole
 */
export function choices(prefix, names) {
    const wanted = fold(prefix);
    const sorted = [...new Set(names)].sort((a, b) => a.localeCompare(b));
    const first = sorted.filter((name) => fold(name).startsWith(wanted));
    const inside = sorted.filter(
        (name) => !first.includes(name) && fold(name).split(/[._-]/).some(startsWith(wanted)),
    );
    const found = [...first, ...inside].slice(0, kChoicesMax);
    return found.length === 1 && found[0] === prefix ? [] : found;
}

/**
 * @param {string} text @param {Place} place @param {string} name
 * @returns {{text: string, caret: number}}
 */
export function complete(text, place, name) {
    const rest = text.slice(place.to);
    const space = rest === "" ? " " : "";
    const caret = place.from + name.length + (/^\s/.test(space + rest) ? 1 : 0);
    return { text: text.slice(0, place.from) + name + space + rest, caret };
}

/** @param {string} wanted @returns {(part: string) => boolean} */
function startsWith(wanted) {
    return (part) => part.startsWith(wanted);
}

/** @param {string} name @returns {string} */
function fold(name) {
    return name.normalize("NFKC").toLowerCase();
}
