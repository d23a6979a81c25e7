// The order of a room's events on the client, whatever order they arrive in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kEmptyRoom, message } from "../support/fake_socket.js";
import { RoomLog } from "../../../web/client/room_log.js";

const joined = (fields) => ({ room: "lobby", ...kEmptyRoom, ...fields });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));
const seqs = (steps) =>
    steps.map((s) => (s.kind === "event" ? s.event.seq : `lost ${s.from}-${s.to}`));
/** @param {RoomLog} log */
const holeOf = (log) => /** @type {import("../../../web/client/room_log.js").Hole} */ (log.hole);
const page = (events, fields) => ({
    epoch: "e1",
    first: 1,
    seq: 0,
    events,
    more: false,
    ...fields,
});

test("RecentHistoryIsYieldedInOrder", () => {
    const log = new RoomLog();
    const steps = log.joined(joined({ seq: 12, events: range(10, 12), more: true }), false);
    assert.deepEqual(seqs(steps), [10, 11, 12]);
    assert.deepEqual(log.position, { epoch: "e1", seq: 12 });
    assert.equal(log.hole, null);
    assert.equal(log.olderThan, 10);
});

test("EventSeenTwiceIsYieldedOnce", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 2, events: range(1, 2) }), false);
    assert.deepEqual(seqs(log.live(message(2))), []);
    assert.deepEqual(seqs(log.live(message(3))), [3]);
    assert.deepEqual(seqs(log.joined(joined({ seq: 4, events: range(3, 4) }), true)), [4]);
});

test("EventSeenTwiceLeavesNoTraceInTheHole", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 5, events: range(1, 5) }), false);
    log.live(message(3));
    log.gap({ epoch: "e1", to: 9 });
    assert.deepEqual(log.hole, { after: 5, before: 10 });
});

test("LiveEventsWaitForThePagesBeforeThem", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 1, events: range(1, 1) }), false);
    assert.deepEqual(
        seqs(log.joined(joined({ seq: 250, events: range(2, 101), more: true }), true)).length,
        100,
    );
    assert.deepEqual(seqs(log.live(message(251))), []);
    assert.deepEqual(log.hole, { after: 101, before: 251 });
    assert.deepEqual(seqs(log.page(holeOf(log), page(range(102, 201)))).at(-1), 201);
    assert.deepEqual(log.hole, { after: 201, before: 251 });
    assert.deepEqual(seqs(log.page(holeOf(log), page(range(202, 250)))).at(-1), 251);
    assert.equal(log.hole, null);
});

test("PageOfTheNewestEndOfAHoleIsTakenToo", () => {
    const log = new RoomLog();
    log.joined(joined({}), false);
    log.gap({ epoch: "e1", to: 150 });
    assert.deepEqual(seqs(log.page(holeOf(log), page(range(51, 150)))), []);
    assert.deepEqual(log.hole, { after: 0, before: 51 });
    assert.equal(log.page(holeOf(log), page(range(1, 50))).length, 150);
});

test("GapOfAnotherEpochIsIgnored", () => {
    const log = new RoomLog();
    log.joined(joined({}), false);
    log.gap({ epoch: "e0", to: 9 });
    assert.equal(log.hole, null);
});

test("WhatTheServerNoLongerKeepsIsSaid", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 1, events: range(1, 1) }), false);
    log.gap({ epoch: "e1", to: 10 });
    const steps = log.page(holeOf(log), page(range(6, 10), { first: 6 }));
    assert.deepEqual(seqs(steps), ["lost 2-5", 6, 7, 8, 9, 10]);
});

test("EmptyPageEndsTheHoleInsteadOfAskingForEver", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 1, events: range(1, 1) }), false);
    log.gap({ epoch: "e1", to: 3 });
    assert.deepEqual(seqs(log.page(holeOf(log), page([]))), ["lost 2-3"]);
    assert.equal(log.hole, null);
});

test("RefusedPageIsSaidToBeLost", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 1, events: range(1, 1) }), false);
    log.live(message(4));
    assert.deepEqual(seqs(log.page(holeOf(log), null)), ["lost 2-3", 4]);
});

test("NewEpochStartsAgainAndSaysSo", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 40, events: range(31, 40) }), false);
    const again = joined({ epoch: "e2", seq: 2, recovered: false, events: range(1, 2) });
    const steps = log.joined(again, true);
    assert.equal(steps[0].kind === "lost" && steps[0].reason, "epoch");
    assert.deepEqual(seqs(steps).slice(1), [1, 2]);
    assert.deepEqual(log.position, { epoch: "e2", seq: 2 });
});

test("NewEpochThatGivesNothingIsPagedFromItsFirst", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 5, events: range(1, 5) }), false);
    log.joined(joined({ epoch: "e2", seq: 7, first: 4, recovered: false }), true);
    assert.deepEqual(log.hole, { after: 3, before: 8 });
});

test("PositionOlderThanRetentionGoesOnBehindAMark", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 5, events: range(1, 5) }), false);
    const steps = log.joined(
        joined({ seq: 31, first: 30, recovered: false, events: range(30, 31) }),
        true,
    );
    assert.deepEqual(seqs(steps), ["lost 6-29", 30, 31]);
});

test("LongAbsenceSkipsToTheNewestHundred", () => {
    const log = new RoomLog(1000);
    log.joined(joined({ seq: 1, events: range(1, 1) }), false);
    const steps = log.joined(joined({ seq: 5000, events: range(2, 101), more: true }), true);
    assert.equal(seqs(steps).at(-1), "lost 102-4900");
    assert.deepEqual(log.hole, { after: 4900, before: 5001 });
});

test("OlderPagesStopWhereTheServersHistoryBegins", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 20, first: 5, events: range(15, 20) }), false);
    assert.deepEqual(
        log.older(page(range(10, 14))).map((e) => e.seq),
        [10, 11, 12, 13, 14],
    );
    assert.equal(log.olderThan, 10);
    log.older(page(range(5, 9), { first: 5 }));
    assert.equal(log.olderThan, 0);
});

test("SamePageAskedForTwiceIsTakenOnceAndEndsNothing", () => {
    const log = new RoomLog();
    log.joined(joined({ seq: 20, first: 5, events: range(15, 20) }), false);
    log.older(page(range(10, 14)));
    assert.deepEqual(log.older(page(range(10, 14))), []);
    assert.equal(log.olderThan, 10);
    log.older(page([]));
    assert.equal(log.olderThan, 0);
});

test("AnyArrivalOrderYieldsTheSameOrder", () => {
    // Seeded: 300 shuffles of live events, pages answered from either end.
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    for (let round = 0; round < 300; round += 1) {
        const log = new RoomLog();
        const got = [];
        const keep = (steps) => got.push(...seqs(steps));
        keep(log.joined(joined({}), false));
        const total = 1 + Math.floor(random() * 40);
        for (const event of range(1, total)) if (random() < 0.5) keep(log.live(event));
        log.gap({ epoch: "e1", to: total });
        for (let turn = 0; log.hole !== null; turn += 1) {
            assert.ok(turn < 100);
            const { after, before } = log.hole;
            const inside = range(after + 1, before - 1);
            keep(
                log.page(holeOf(log), page(random() < 0.5 ? inside.slice(0, 3) : inside.slice(-3))),
            );
        }
        assert.deepEqual(
            got,
            range(1, total).map((event) => event.seq),
        );
    }
});
