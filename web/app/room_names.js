// Room names as people type them, and as they stand behind the # of the page's address. Pure.
// Invariant: what comes out is a name that the server takes (docs/protocol.md, "Frames"), or null;
// nobody types the name of a direct room, but the address may hold one.

const kRoomName = /^[\p{L}\p{M}\p{Nd}._-]{1,64}$/u;
const kDirectName = /^dm\.[\p{L}\p{Nd}_-]+\.[\p{L}\p{Nd}_-]+$/u;

/** "#My Room " becomes "My-Room". @param {string} typed @returns {string | null} */
export function toRoomName(typed) {
    const name = typed.normalize("NFC").trim().replace(/^#+/, "").trim().replace(/\s+/g, "-");
    return kRoomName.test(name) && !/^dm\./i.test(name.normalize("NFKC")) ? name : null;
}

/** @param {string} hash as in location.hash @returns {string | null} */
export function roomOfHash(hash) {
    try {
        const written = decodeURIComponent(hash.slice(1));
        return isDirectName(written) ? written : toRoomName(written);
    } catch {
        return null;
    }
}

/** @param {string} room @returns {string} */
export function hashOfRoom(room) {
    return "#" + encodeURIComponent(room);
}

/** @param {string} room @returns {boolean} */
export function isDirectName(room) {
    return kDirectName.test(room);
}
