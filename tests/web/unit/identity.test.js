// Which login is tried, and which next.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Identity } from "../../../web/client/identity.js";

test("RefusedSessionIsForgottenAndTheNameTried", () => {
    const identity = new Identity({ session: "old", name: "ann" });
    assert.deepEqual(identity.credentials, { session: "old" });
    assert.equal(identity.refused("forbidden"), "again");
    assert.deepEqual(identity.credentials, { name: "ann" });
});

test("TypedNameThatIsTakenIsTheUsersToAnswer", () => {
    const identity = new Identity({ name: "ann", typed: true });
    assert.equal(identity.refused("name_taken"), "ask");
});

test("AutomaticLoginTriesNumbersThenAGuestName", () => {
    const identity = new Identity({ session: "old", name: "ann" });
    identity.refused("forbidden");
    const tried = [];
    while (identity.refused("name_taken") === "again") tried.push(identity.credentials.name);
    assert.deepEqual(tried, ["ann2", "ann3", "ann4", "ann5", undefined]);
});

test("NumberedNameStaysWithinTheBound", () => {
    const identity = new Identity({ name: "🦊".repeat(32) });
    identity.refused("name_taken");
    assert.equal(Array.from(identity.credentials.name ?? "").length, 32);
});

test("RenameThatIsRefusedKeepsTheOldName", () => {
    const identity = new Identity({ name: "ann" });
    identity.accepted({ name: "ann", session: "s" });
    identity.rename("bob");
    assert.deepEqual(identity.credentials, { session: "s", name: "bob" });
    assert.equal(identity.refused("name_taken"), "ask");
    assert.deepEqual(identity.credentials, { session: "s" });
});

test("BusyServerIsAskedLater", () => {
    assert.equal(new Identity({ name: "ann", typed: true }).refused("unavailable"), "later");
});

test("GuestWhoIsRefusedStops", () => {
    assert.equal(new Identity().refused("forbidden"), "stop");
    assert.equal(new Identity().refused("bad_name"), "stop");
});
