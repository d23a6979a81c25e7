// The parts of the page that need no browser.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { kWebFolder, readManifest } from "../support/manifest.js";
import { message } from "../support/fake_socket.js";
import { parseLine } from "../../../web/app/commands.js";
import { contrast, kBackgrounds, nameColor } from "../../../web/app/name_color.js";
import { mentions, parseText } from "../../../web/app/rich_text.js";
import { hashOfRoom, roomOfHash, toRoomName } from "../../../web/app/room_names.js";
import { serverUrl } from "../../../web/app/server_url.js";
import { kItemsMax, TimelineModel } from "../../../web/app/timeline_model.js";
import { layOut } from "../../../web/app/timeline_rows.js";
import { dayName } from "../../../web/app/times.js";

test("EveryNameIsLegibleInBothThemes", () => {
    // WCAG AA, 4.5:1 on every background, for ten thousand names of several scripts.
    const byte = (hex, at) => parseInt(hex.slice(at, at + 2), 16);
    /** @returns {[number, number, number]} */
    const rgb = (hex) => [byte(hex, 1), byte(hex, 3), byte(hex, 5)];
    for (let i = 0; i < 10_000; i += 1) {
        const name = ["user", "Ève", "имя", "名", "guest-"][i % 5] + i;
        const color = nameColor(name);
        for (const ground of kBackgrounds.light) {
            assert.ok(contrast(rgb(color.light), ground) >= 4.5, `${name} on light`);
        }
        for (const ground of kBackgrounds.dark) {
            assert.ok(contrast(rgb(color.dark), ground) >= 4.5, `${name} on dark`);
        }
    }
});

test("NameKeepsItsColourAndNamesSpread", () => {
    assert.deepEqual(nameColor("Ann"), nameColor("ann"));
    const colors = new Set(Array.from({ length: 500 }, (_, i) => nameColor(`n${i}`).light));
    assert.ok(colors.size > 250, `${colors.size} colours for 500 names`);
});

test("LinksAreHttpOnlyAndLeaveTheSentenceItsPunctuation", () => {
    const links = (text) =>
        parseText(text)
            .filter((s) => s.kind === "link")
            .map((s) => s.text);
    assert.deepEqual(links("see http://a.b/c, or (https://d.e/f_(g))."), [
        "http://a.b/c",
        "https://d.e/f_(g)",
    ]);
    assert.deepEqual(links("javascript:alert(1) data:text/html,x ftp://a.b http://"), []);
    assert.deepEqual(links("http://a.b/\u202egpj.exe"), ["http://a.b/"]);
});

test("SegmentsJoinedAreTheText", () => {
    for (const text of ["", "@ann: hi", "x@y.z", "a http://b.c @d. e", "@", "<b>@a</b>", "@@a"]) {
        assert.equal(
            parseText(text)
                .map((segment) => segment.text)
                .join(""),
            text,
        );
    }
});

test("MentionIsAWholeNameInAnyCase", () => {
    assert.equal(mentions("hello @Ann.", "ann"), true);
    assert.equal(mentions("hello @anna", "ann"), false);
    assert.equal(mentions("mail@ann", "ann"), false);
});

test("CommandIsNeverPublished", () => {
    assert.deepEqual(parseLine("hello /x"), { kind: "say", text: "hello /x" });
    assert.deepEqual(parseLine("//join"), { kind: "say", text: "/join" });
    assert.deepEqual(parseLine("/join  #dev "), { kind: "join", room: "#dev" });
    assert.deepEqual(parseLine("/msg @bob  a secret\nin two lines"), {
        kind: "direct",
        to: "bob",
        text: "a secret\nin two lines",
    });
    assert.equal(parseLine("/msg bob").kind, "refused");
    assert.equal(parseLine("/mgs bob secret").kind, "refused");
    assert.equal(parseLine("/etc/passwd is a file").kind, "say");
});

test("RoomNamesSurviveTheAddress", () => {
    assert.equal(toRoomName(" #My Room "), "My-Room");
    for (const reserved of ["dm.x", "Dm.x", "\uff24\uff2d.x"]) assert.equal(toRoomName(reserved), null);
    assert.equal(toRoomName("<b>"), null);
    assert.equal(roomOfHash(hashOfRoom("größe-名")), "größe-名");
    assert.equal(roomOfHash("#%"), null);
    assert.equal(roomOfHash(hashOfRoom("dm.u1.u2")), "dm.u1.u2");
    assert.equal(roomOfHash("#dm.u1"), null);
});

test("TheServerIsToldTheRoomUnlessItIsADirectOne", () => {
    const page = "https://chat.example:8443/some/page?x=1#garden";
    assert.equal(serverUrl(page, ""), "wss://chat.example:8443/ws");
    assert.equal(serverUrl(page, "garden"), "wss://chat.example:8443/ws?room=garden");
    assert.equal(serverUrl(page, "dm.u1.u2"), "wss://chat.example:8443/ws");
    assert.match(serverUrl("http://[::1]:80/", "größe-名.a_1"), /^ws:\/\/\[::1\]\/ws\?room=gr%C3%B6/);
    for (const room of ["größe-名.a_1", "a&b=c+d %#?"])
        assert.equal(new URL(serverUrl(page, room)).searchParams.get("room"), room);
});

test("DaysHaveNamesOfTheirOwn", () => {
    const noon = new Date(2026, 4, 5, 12).getTime();
    assert.equal(dayName(noon - 3600_000, noon), "Today");
    assert.equal(dayName(noon - 13 * 3600_000, noon), "Yesterday");
});

const rowsOf = (model) =>
    layOut(model).map((row) =>
        row.kind === "message" ? `${row.head ? "+" : "-"}${row.message.text}` : row.kind,
    );
const out = (id, state) => ({
    id,
    verb: /** @type {const} */ ("send"),
    room: "lobby",
    content: id,
    command: { type: "send" },
    bytes: 40,
    at: 2000,
    state,
    refusals: 0,
});
const me = { user: "u-ann", name: "ann" };

test("MessagesOfOneAuthorWithinFiveMinutesAreOneGroup", () => {
    const model = new TimelineModel();
    const at = new Date(2026, 4, 5, 12).getTime();
    model.message(message(1, { at }), false);
    model.message(message(2, { at: at + 299_000 }), false);
    model.message(message(3, { at: at + 900_000 }), false);
    model.message(message(4, { at: at + 900_001, user: "u-c" }), false);
    model.message(message(5, { at: at + 86_400_000, user: "u-c" }), false);
    assert.deepEqual(rowsOf(model), [
        "day",
        "+text 1",
        "-text 2",
        "+text 3",
        "+text 4",
        "day",
        "+text 5",
    ]);
});

test("OwnMessageStandsOnceFromPendingToSent", () => {
    const model = new TimelineModel();
    model.sending(out("id-1", "pending"), me);
    model.sending(out("id-1", "sent"), me);
    assert.deepEqual(rowsOf(model), ["day", "+id-1"]);
    const own = message(1, { user: "u-ann", from: "ann", content: "id-1", client_id: "id-1" });
    model.message(own, true);
    model.sending(out("id-1", "sent"), me);
    assert.deepEqual(rowsOf(model), ["day", "+id-1"]);
    assert.equal(model.outgoing.size, 0);
});

test("MessageThatSurvivedARestartIsNotDoubled", () => {
    const model = new TimelineModel();
    model.message(message(1, { client_id: "a" }), false);
    model.message(message(2, { client_id: "b" }), false);
    model.lost({ kind: "lost", from: 0, to: 0, reason: "epoch" }, 1500);
    model.message(message(1, { client_id: "b", content: "text 2" }), false);
    assert.deepEqual(rowsOf(model), ["day", "+text 1", "note", "+text 2"]);
});

test("ComingsAndGoingsAreOneNetLine", () => {
    const model = new TimelineModel();
    const member = (name) => ({ user: `u-${name}`, name });
    model.presence({ joined: [member("a"), member("b")], left: [] }, 1);
    model.presence({ joined: [], left: [member("b"), member("c")] }, 2);
    const line = layOut(model)[1];
    assert.equal(
        line.kind === "note" && line.text.replace(/[\u2068\u2069]/g, ""),
        "a joined · c left",
    );
    model.presence({ joined: [member("c")], left: [member("a")] }, 3);
    assert.deepEqual(layOut(model), []);
});

test("TimelineIsBounded", () => {
    const model = new TimelineModel();
    for (let seq = 1; seq <= 5000; seq += 1)
        model.message(message(seq, { client_id: `c${seq}` }), false);
    assert.equal(model.items.length, kItemsMax);
    assert.equal(layOut(model).at(-1)?.key, "m0-5000");
});

test("ManifestNamesEveryFileOfThePage", () => {
    const listed = new Set(
        [...readManifest().values()].map(({ file }) => file.slice(kWebFolder.length)),
    );
    for (const folder of ["app", "client", "style"]) {
        for (const file of readdirSync(kWebFolder + folder)) {
            if (file === "types.js" || !/\.(js|css)$/.test(file)) continue; // never fetched
            assert.ok(listed.has(`${folder}/${file}`), `${folder}/${file} is not in manifest.txt`);
        }
    }
    for (const { file } of readManifest().values()) assert.ok(existsSync(file), file);
});
