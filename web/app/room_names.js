// Room names as people type them, and as they stand behind the # of the page's address. Pure.
// Invariant: what comes out is a name that the server takes (docs/protocol.md, "Frames"), or null.

const kRoomName = /^[\p{L}\p{M}\p{Nd}._-]{1,64}$/u;

/** "#My Room " becomes "My-Room". @param {string} typed @returns {string | null} */
export function toRoomName(typed) {
    const name = typed.normalize("NFC").trim().replace(/^#+/, "").trim().replace(/\s+/g, "-");
    return kRoomName.test(name) && !name.startsWith("dm.") ? name : null;
}

/** @param {string} hash as in location.hash @returns {string | null} */
export function roomOfHash(hash) {
    try {
        return toRoomName(decodeURIComponent(hash.slice(1)));
    } catch {
        return null;
    }
}

/** @param {string} room @returns {string} */
export function hashOfRoom(room) {
    return "#" + encodeURIComponent(room);
}
