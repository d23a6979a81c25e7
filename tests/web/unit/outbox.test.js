// What waits to be acknowledged: bounded, in order, and giving way where it failed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { StentorError } from "../../../web/client/errors.js";
import { Outbox } from "../../../web/client/outbox.js";

const draft = (id, content = "hello", room = "lobby") => ({
    id,
    verb: /** @type {const} */ ("send"),
    room,
    command: { type: "send", room, content },
    at: 1,
});
const why = new StentorError("forbidden", "no");

test("FullInEntriesRefuses", () => {
    const outbox = new Outbox({ entriesMax: 2 });
    outbox.add(draft("a"));
    outbox.add(draft("b"));
    assert.equal(outbox.full, true);
    assert.throws(() => outbox.add(draft("c")), { code: "outbox_full" });
    outbox.settle("a");
    assert.equal(outbox.full, false);
    outbox.add(draft("c"));
});

test("FullInBytesRefusesAndCountsThemAsOnTheWire", () => {
    const outbox = new Outbox({ bytesMax: 1000 });
    outbox.add(draft("a", "x".repeat(500)));
    assert.throws(() => outbox.add(draft("b", "é".repeat(240))), { code: "outbox_full" });
    outbox.add(draft("c", "x".repeat(300)));
    outbox.discard("a");
    outbox.add(draft("d", "é".repeat(240)));
});

test("WhatFailedGivesWayToWhatIsNew", () => {
    const outbox = new Outbox({ entriesMax: 3 });
    for (const id of ["a", "b", "c"]) outbox.add(draft(id));
    outbox.fail("a", why);
    outbox.fail("c", why);
    assert.equal(outbox.full, false);
    outbox.add(draft("d"));
    assert.equal(outbox.get("a"), undefined);
    assert.equal(outbox.get("c")?.state, "failed");
});

test("RevivedEntryGoesToTheEnd", () => {
    const outbox = new Outbox();
    for (const id of ["a", "b"]) outbox.add(draft(id));
    assert.equal(outbox.revive("a"), undefined);
    outbox.fail("a", why);
    assert.deepEqual(
        outbox.pending().map(({ id }) => id),
        ["b"],
    );
    outbox.revive("a");
    assert.deepEqual(
        outbox.pending().map(({ id }) => id),
        ["b", "a"],
    );
});
