// Where the server is: beside the page. With the room that this connection is mostly for, which lets
// the server put it where that room is at home; it joins nothing by it. Pure.
// Invariant: no direct room stands in a URL, for its name says who talks with whom, and URLs are
// written down by proxies.

import { isDirectName } from "./room_names.js";

/** @param {string} page its address @param {string} room "" for none @returns {string} */
export function serverUrl(page, room) {
    const url = new URL("/ws", page);
    url.protocol = url.protocol.replace("http", "ws");
    if (room !== "" && !isDirectName(room)) url.searchParams.set("room", room);
    return url.href;
}
