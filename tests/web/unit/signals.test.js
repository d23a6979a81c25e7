// Typing and read positions: when something is told, and when what was heard ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../support/fake_clock.js";
import { Signals } from "../../../web/client/signals.js";

function signals() {
    const clock = new FakeClock();
    const told = [];
    const heard = [];
    /** @type {any} */
    const wire = {
        now: clock.now,
        later: clock.setTimeout,
        isMe: (user) => user === "u-me",
        tell: ({ type, on, seq }) => told.push(type === "typing" ? on : seq),
    };
    const of = new Signals("lobby", wire, {
        typing: ({ from, on }) => heard.push(`${from} ${on ? "on" : "off"}`),
        read: (positions) => heard.push(...positions.map(({ user, seq }) => `${user} ${seq}`)),
    });
    of.opened();
    return { clock, told, heard, of };
}
const eve = (on) => ({ user: "u-eve", from: "eve", on });

test("TypingIsToldOnceInThreeSecondsAndEndsWhenIdle", () => {
    const { clock, told, of } = signals();
    for (let i = 0; i < 8; i += 1) {
        of.typing(true); // every half a second
        clock.advance(500);
    }
    assert.deepEqual(told, [true, true]);
    clock.advance(4000);
    assert.deepEqual(told, [true, true]);
    clock.advance(1000);
    assert.deepEqual(told, [true, true, false]);
    clock.advance(60_000);
    assert.deepEqual(told, [true, true, false]);
});

test("TypingThatEndedIsToldAtOnceAndOnlyIfItWasOn", () => {
    const { told, of } = signals();
    of.typing(false);
    of.typing(true);
    of.typing(false);
    of.typing(true);
    assert.deepEqual(told, [true, false, true]);
});

test("TypistWhoIsNotHeardOfAgainHasStopped", () => {
    const { clock, heard, of } = signals();
    of.heardTyping(eve(true));
    clock.advance(5000);
    of.heardTyping(eve(true));
    clock.advance(5000);
    assert.deepEqual(of.typists, [{ user: "u-eve", name: "eve" }]);
    clock.advance(2000);
    assert.deepEqual(heard, ["eve on", "eve off"]);
    assert.deepEqual(of.typists, []);
});

test("EveryTypistStopsWhenTheConnectionIsGone", () => {
    const { clock, heard, told, of } = signals();
    of.heardTyping(eve(true));
    of.typing(true);
    of.interrupted();
    clock.advance(60_000);
    assert.deepEqual(heard, ["eve on", "eve off"]);
    assert.deepEqual(told, [true]);
});

test("ReadPositionIsToldOnceASecondTheNewestAndNeverBack", () => {
    const { clock, told, of } = signals();
    for (const seq of [3, 5, 4, 9]) of.read(seq);
    assert.deepEqual(told, [3]);
    clock.advance(1000);
    assert.deepEqual(told, [3, 9]);
    of.read(2);
    clock.advance(5000);
    assert.deepEqual(told, [3, 9]);
    assert.equal(of.positions.own, 9);
});

test("ReadPositionThatMayNotHaveArrivedIsToldAgain", () => {
    const { clock, told, of } = signals();
    of.read(3);
    of.interrupted();
    of.read(4);
    assert.deepEqual(told, [3]);
    clock.advance(2000);
    of.opened();
    assert.deepEqual(told, [3, 4]);
    clock.advance(60_000);
    of.interrupted();
    of.opened();
    assert.deepEqual(told, [3, 4]);
});

test("PositionsOfOthersNeverGoBack", () => {
    const { heard, of } = signals();
    of.heardRead([{ user: "u-eve", seq: 5 }]);
    of.heardRead([
        { user: "u-eve", seq: 4 },
        { user: "u-bob", seq: 2 },
    ]);
    assert.deepEqual(heard, ["u-eve 5", "u-bob 2"]);
    assert.equal(of.positions.others.get("u-eve"), 5);
});

test("WhatAnotherTabHasReadIsRead", () => {
    const { told, of } = signals();
    of.heardRead([{ user: "u-me", seq: 7 }]);
    of.read(6);
    assert.equal(of.positions.own, 7);
    assert.deepEqual(told, []);
});
