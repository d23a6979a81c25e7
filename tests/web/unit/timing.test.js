// Back-off and heartbeat, on a clock turned by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../support/fake_clock.js";
import { Backoff } from "../../../web/client/backoff.js";
import { Heartbeat } from "../../../web/client/heartbeat.js";

test("DelayHasFullJitterBelowADoublingBound", () => {
    const longest = new Backoff(() => 0.999999);
    const bounds = Array.from({ length: 8 }, () => longest.nextMs());
    assert.deepEqual(bounds, [499, 999, 1999, 3999, 7999, 15999, 19999, 19999]);
    const shortest = new Backoff(() => 0);
    assert.deepEqual([shortest.nextMs(), shortest.nextMs()], [0, 0]);
});

test("ResetBeginsAtTheFirstBoundAgain", () => {
    const backoff = new Backoff(() => 0.5);
    for (let i = 0; i < 10; i += 1) backoff.nextMs();
    backoff.reset();
    assert.equal(backoff.nextMs(), 250);
});

function heartbeat() {
    const clock = new FakeClock();
    const calls = [];
    const beat = new Heartbeat(clock, {
        quietMs: 35_000,
        graceMs: 10_000,
        ask: () => calls.push("ask"),
        giveUp: () => calls.push("up"),
    });
    beat.start();
    return { clock, calls, beat };
}

test("SilenceIsAskedAboutAndThenGivenUp", () => {
    const { clock, calls } = heartbeat();
    clock.advance(34_999);
    assert.deepEqual(calls, []);
    clock.advance(1);
    assert.deepEqual(calls, ["ask"]);
    clock.advance(10_000);
    assert.deepEqual(calls, ["ask", "up"]);
    assert.equal(clock.timers, 0);
});

test("AnyFrameCountsAsALife", () => {
    const { clock, calls, beat } = heartbeat();
    clock.advance(30_000);
    beat.heard();
    clock.advance(30_000);
    assert.deepEqual(calls, []);
    clock.advance(5_000);
    assert.deepEqual(calls, ["ask"]);
    beat.heard();
    clock.advance(30_000);
    assert.deepEqual(calls, ["ask"]);
});

test("ProbeAsksAtOnceAndOnlyOnce", () => {
    const { clock, calls, beat } = heartbeat();
    beat.probe();
    beat.probe();
    assert.deepEqual(calls, ["ask"]);
    clock.advance(10_000);
    assert.deepEqual(calls, ["ask", "up"]);
});
