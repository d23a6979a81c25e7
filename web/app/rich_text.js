// Finds links and mentions in a message. Pure: text in, segments out; the segments joined are the
// text again.
// Invariant: a link is http or https, and its text is its address as it was written.

/**
 * @typedef {{kind: "text", text: string} | {kind: "link", text: string, href: string} |
 *     {kind: "mention", text: string, name: string}} Segment
 */

// A link ends at space, quotes, angle brackets, and at characters that turn the writing direction.
const kLink = /(?<link>https?:\/\/[^\s<>"\u200e\u200f\u202a-\u202e\u2066-\u2069]+)/;
const kMention = /(?<![\p{L}\p{N}_@])@(?<name>[\p{L}\p{M}\p{Nd}._-]{1,32})/u;
const kPattern = new RegExp(`${kLink.source}|${kMention.source}`, "giu");

/** @param {string} text @returns {Segment[]} */
export function parseText(text) {
    /** @type {Segment[]} */
    const segments = [];
    let done = 0;
    for (const match of text.matchAll(kPattern)) {
        if (match.index < done) continue;
        const segment = match.groups?.link ? link(match[0]) : mention(match[0]);
        if (segment === null) continue;
        if (match.index > done)
            segments.push({ kind: "text", text: text.slice(done, match.index) });
        segments.push(segment);
        done = match.index + segment.text.length;
    }
    if (done < text.length) segments.push({ kind: "text", text: text.slice(done) });
    return segments;
}

/** @param {string} text @param {string} name @returns {boolean} */
export function mentions(text, name) {
    const wanted = name.toLowerCase();
    return parseText(text).some(
        (segment) => segment.kind === "mention" && segment.name.toLowerCase() === wanted,
    );
}

/** @param {string} written @returns {Segment | null} */
function link(written) {
    const text = withoutTail(written);
    const url = URL.canParse?.(text) === false ? null : parseUrl(text);
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) return null;
    return { kind: "link", text, href: url.href };
}

/** @param {string} text @returns {URL | null} */
function parseUrl(text) {
    try {
        return new URL(text);
    } catch {
        return null;
    }
}

/** @param {string} written @returns {Segment | null} */
function mention(written) {
    const text = written.replace(/[.-]+$/u, ""); // "@ann." ends a sentence
    return text.length < 2 ? null : { kind: "mention", text, name: text.slice(1) };
}

// Punctuation behind an address is the sentence's; so is a bracket that was not opened inside.
/** @param {string} address @returns {string} */
function withoutTail(address) {
    let end = address.length;
    for (; end > 0; end -= 1) {
        const last = address[end - 1];
        if (".,;:!?'*_~".includes(last)) continue;
        const open = { ")": "(", "]": "[", "}": "{" }[last];
        if (open === undefined) break;
        const inside = address.slice(0, end);
        if (inside.split(open).length >= inside.split(last).length) break;
    }
    return address.slice(0, end);
}
