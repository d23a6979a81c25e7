// Lines of the composer that begin with a slash. Pure.
// Invariant: a line that looks like a command is never published; "//text" publishes "/text".

/**
 * @typedef {{kind: "say", text: string} | {kind: "join", room: string} | {kind: "leave"} |
 *     {kind: "name", name: string} | {kind: "direct", to: string, text: string} |
 *     {kind: "refused", reason: string}} Line
 */

/** @param {string} text @returns {Line} */
export function parseLine(text) {
    if (text.startsWith("//")) return { kind: "say", text: text.slice(1) };
    const match = /^\/([a-z]+)(?:\s+(.*))?$/s.exec(text);
    if (match === null) return { kind: "say", text };
    const argument = (match[2] ?? "").trim();
    switch (match[1]) {
        case "join":
            return argument ? { kind: "join", room: argument } : refuse("/join needs a room");
        case "leave":
            return { kind: "leave" };
        case "name":
            return argument ? { kind: "name", name: argument } : refuse("/name needs a name");
        case "msg":
            return direct(argument);
        default:
            return refuse(`There is no command /${match[1]}. To begin with a slash, type two.`);
    }
}

/** "bob the text", "@bob the text". @param {string} argument @returns {Line} */
function direct(argument) {
    const match = /^@?(\S+)\s+(.+)$/s.exec(argument);
    if (match === null) return refuse("/msg needs a name and a text: /msg ann Hello!");
    return { kind: "direct", to: match[1], text: match[2] };
}

/** @param {string} reason @returns {Line} */
function refuse(reason) {
    return { kind: "refused", reason };
}
