// The parts of the page that know of answers, changes, reactions and looking back; no browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { message } from "../support/fake_socket.js";
import { chipsOf, isGone, shownText, wishAnswered, wishFor } from "../../../web/app/message.js";
import { choices, complete, placeOf } from "../../../web/app/name_completion.js";
import { kItemsMax, kReadingMax, TimelineModel } from "../../../web/app/timeline_model.js";
import { layOut } from "../../../web/app/timeline_rows.js";
import { typingLine } from "../../../web/app/typing_line.js";

const isMe = (user) => user === "u-ann";
const now = (seq, more) => ({ ...message(seq), reactions: {}, ...more });
const rowOf = (model, key) => {
    const row = layOut(model).find((one) => one.key === key);
    assert.ok(row?.kind === "message");
    return row;
};

test("ChangedMessageIsDrawnAnewAndOthersAreNot", () => {
    const model = new TimelineModel();
    for (const seq of [1, 2, 3]) model.message(message(seq), false);
    const before = new Map(layOut(model).map(({ key, version }) => [key, version]));
    model.renew(now(2, { content: "corrected", edited_at: 5000 }));
    const changed = layOut(model).filter(({ key, version }) => before.get(key) !== version);
    assert.deepEqual(
        changed.map((row) => row.kind === "message" && shownText(row.message)),
        ["corrected"],
    );
});

test("WishShowsAtOnceAndTheLogHasTheLastWord", () => {
    const model = new TimelineModel();
    const own = model.message(message(1), true);
    wishFor(own, { text: "wished" });
    wishFor(own, { reactions: new Map([["👍", true]]) });
    assert.equal(shownText(own), "wished");
    assert.deepEqual(chipsOf(own, "ann"), [{ emoji: "👍", names: ["ann"], mine: true }]);
    // The edit is granted, the reaction refused.
    model.renew(now(1, { content: "wished", edited_at: 1 }));
    wishAnswered(own, { reactions: new Map([["👍", true]]) });
    assert.equal(own.wish, undefined);
    assert.equal(shownText(own), "wished");
    assert.deepEqual(chipsOf(own, "ann"), []);
});

test("LaterWishOutlivesTheAnswerToAnEarlierOne", () => {
    const model = new TimelineModel();
    const own = model.message(message(1), true);
    wishFor(own, { text: "first" });
    wishFor(own, { text: "second" });
    wishAnswered(own, { text: "first" });
    assert.equal(shownText(own), "second");
});

test("DeletedMessageShowsNoTextNorReactions", () => {
    const model = new TimelineModel();
    const one = model.message(now(1, { reactions: { "👍": ["bob"] } }), false);
    assert.deepEqual(chipsOf(one, "ann"), [{ emoji: "👍", names: ["bob"], mine: false }]);
    model.renew({ ...now(1), content: undefined, deleted: true });
    assert.equal(isGone(one), true);
    assert.equal(shownText(one), "");
    assert.deepEqual(chipsOf(one, "ann"), []);
});

test("AnswerQuotesWhatItAnswersAlsoWhenThatIsChangedOrNotShown", () => {
    const model = new TimelineModel();
    model.message(message(7, { content: "one\ntwo" }), false);
    model.message(message(8, { reply_to: 7 }), false);
    model.message(message(9, { reply_to: 2 }), false);
    const quoteOf = (seq) => rowOf(model, model.keyOf(seq)).quote;
    assert.deepEqual(quoteOf(8), { seq: 7, from: message(7).from, text: "one two" });
    assert.deepEqual(quoteOf(9), { seq: 2, from: "", text: "an earlier message" });
    model.quote(message(2, { content: "long ago", from: "zoe" }));
    assert.deepEqual(quoteOf(9), { seq: 2, from: "zoe", text: "long ago" });
    const { version } = rowOf(model, model.keyOf(8));
    model.renew({ ...now(7), content: undefined, deleted: true });
    assert.equal(quoteOf(8)?.text, "(deleted)");
    assert.notEqual(rowOf(model, model.keyOf(8)).version, version);
});

test("OlderPageStandsBeforeTheRestOnceAndInItsOwnEpoch", () => {
    const model = new TimelineModel();
    for (const seq of [5, 6]) model.message(message(seq), false);
    assert.equal(model.olderThan, 5);
    model.prepend([message(3), message(4)], isMe);
    model.prepend([message(3), message(4)], isMe);
    const texts = () =>
        model.items.map((item) => (item.kind === "message" ? item.text : item.kind));
    assert.deepEqual(texts(), ["text 3", "text 4", "text 5", "text 6"]);
    assert.equal(model.olderThan, 3);
    model.lost({ kind: "lost", from: 0, to: 0, reason: "epoch" }, 1);
    model.message(message(9, { content: "anew 9" }), false);
    model.prepend([message(8, { content: "anew 8" })], isMe);
    assert.deepEqual(texts().slice(3), ["text 6", "lost", "anew 8", "anew 9"]);
});

test("WhatIsTrimmedCanBeLoadedAgain", () => {
    const model = new TimelineModel();
    for (let seq = 1; seq <= kItemsMax + 10; seq += 1) model.message(message(seq), false);
    assert.equal(model.olderThan, 11);
    model.prepend([message(9), message(10)], isMe);
    assert.equal(model.olderThan, 9);
    assert.equal(model.items.length, kItemsMax + 2);
});

test("ReadersPlaceIsNotTrimmedAwayButTheTimelineStaysBounded", () => {
    const model = new TimelineModel();
    model.reading = true;
    for (let seq = 1; seq <= kReadingMax + 50; seq += 1) model.message(message(seq), false);
    assert.equal(model.items.length, kReadingMax);
    model.reading = false;
    model.message(message(kReadingMax + 51), false);
    assert.equal(model.items.length, kItemsMax);
});

test("NameIsCompletedWhereItIsBegun", () => {
    const at = (text) => placeOf(text, text.length)?.prefix ?? null;
    assert.equal(at("hello @an"), "an");
    assert.equal(at("@"), "");
    assert.equal(at("mail me at ann@exa"), null);
    assert.equal(at("@ann hi"), null);
    assert.equal(at("/msg bo"), "bo");
    assert.equal(at("/msg @bo"), "bo");
    assert.equal(at("/msg bob he"), null);
    assert.equal(placeOf("hello @ann", 8), null); // in the middle of a name
    const place = placeOf("so @an, yes", 6);
    assert.ok(place);
    assert.deepEqual(complete("so @an, yes", place, "ann"), { text: "so @ann, yes", caret: 7 });
    const last = placeOf("so @an", 6);
    assert.ok(last);
    assert.deepEqual(complete("so @an", last, "ann"), { text: "so @ann ", caret: 8 });
});

test("ChoicesBeginWithWhatWasTypedInAnyCase", () => {
    const names = ["zoe", "Anna", "ann", "joan.ann", "bob", "ann"];
    assert.deepEqual(choices("AN", names), ["ann", "Anna", "joan.ann"]);
    assert.deepEqual(choices("bob", names), []); // whole already
    assert.deepEqual(choices("x", names), []);
    assert.equal(
        choices(
            "",
            Array.from({ length: 30 }, (_, i) => `n${i}`),
        ).length,
        8,
    );
});

test("TypingLineNamesThreeAtMost", () => {
    const line = (...names) =>
        typingLine(names)
            .map(({ text }) => text)
            .join("");
    assert.equal(line(), "");
    assert.equal(line("ann"), "ann is typing…");
    assert.equal(line("ann", "bob"), "ann and bob are typing…");
    assert.equal(line("ann", "bob", "zoe"), "ann, bob and zoe are typing…");
    assert.equal(line("ann", "bob", "zoe", "yan"), "Several people are typing…");
});
