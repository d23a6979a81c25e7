// The present state of a message, and the list of a room's messages with their holes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { message } from "../support/fake_socket.js";
import { MessageState } from "../../../web/client/message_state.js";
import { Messages } from "../../../web/client/messages.js";
import { SeqRanges } from "../../../web/client/seq_ranges.js";

const kUser = { room: "lobby", at: 5000, user: "u-bob", from: "bob" };
const edited = (seq, target, content) =>
    /** @type {const} */ ({ type: "edited", seq, target, content, ...kUser, at: 5000 + seq });
const deleted = (seq, target) => /** @type {const} */ ({ type: "deleted", seq, target, ...kUser });
const reacted = (seq, target, emoji, on = true, name = "bob") =>
    /** @type {const} */ ({
        type: "reacted",
        seq,
        target,
        emoji,
        on,
        ...kUser,
        user: `u-${name}`,
        from: name,
    });
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));

/** Live, as a room's log yields them. */
function listOf(...events) {
    const messages = new Messages();
    for (const event of events) messages.next(event, event.seq);
    return messages;
}
const shape = (messages) =>
    messages.list.map((item) =>
        item.type === "hole" ? `${item.from}-${item.to} ${item.reason}` : item.seq,
    );

test("LastEditWinsInWhateverOrderTheyCome", () => {
    const changes = [edited(2, 1, "b"), edited(5, 1, "e"), edited(3, 1, "c")];
    for (const order of [changes, [...changes].reverse(), [changes[1], changes[0], changes[2]]]) {
        const state = new MessageState(message(1), 1);
        for (const change of order) state.apply(change);
        assert.equal(state.message.content, "e");
        assert.equal(state.message.edited_at, 5005);
    }
});

test("ChangeThatThePageHadCountedInIsNotAppliedAgain", () => {
    const given = message(1, { content: "c", edited_at: 5003, reactions: { "👍": ["eve"] } });
    const state = new MessageState(given, 9);
    for (const change of [edited(2, 1, "b"), edited(3, 1, "c"), reacted(4, 1, "👍")])
        state.apply(change);
    assert.equal(state.message.content, "c");
    assert.deepEqual(state.message.reactions, { "👍": ["eve"] });
    state.apply(edited(10, 1, "k"));
    assert.equal(state.message.content, "k");
});

test("PageOlderThanTheChangesTakesNothingBack", () => {
    const state = new MessageState(message(1), 1);
    state.apply(edited(8, 1, "new"));
    state.apply(reacted(9, 1, "👍"));
    state.renew(message(1, { content: "old", reactions: { "🎉": ["eve"] } }), 6);
    assert.equal(state.message.content, "new");
    assert.deepEqual(state.message.reactions, { "🎉": ["eve"], "👍": ["bob"] });
});

test("DeletedMessageStaysSoAndHoldsNoText", () => {
    const state = new MessageState(message(1, { reply_to: 7 }), 1);
    state.apply(reacted(2, 1, "👍"));
    state.apply(deleted(4, 1));
    state.apply(edited(3, 1, "late"));
    state.renew(message(1, { content: "old" }), 2);
    assert.equal(state.message.deleted, true);
    assert.equal("content" in state.message, false);
    assert.deepEqual(state.message.reactions, {});
    assert.equal(state.message.reply_to, 7);
});

test("EditOfAMessageThatIsGoneSaysNothing", () => {
    const state = new MessageState(message(1), 1);
    state.apply({ ...edited(2, 1, undefined), deleted: true });
    assert.equal(state.message.content, "text 1");
});

test("ReactionIsOnePerUserAndEmojiAndCanBeTakenBack", () => {
    const state = new MessageState(message(1), 1);
    for (const change of [
        reacted(2, 1, "👍"),
        reacted(3, 1, "👍", true, "eve"),
        reacted(4, 1, "👍"),
        reacted(5, 1, "🎉"),
        reacted(6, 1, "👍", false),
    ])
        state.apply(change);
    assert.deepEqual(state.message.reactions, { "👍": ["eve"], "🎉": ["bob"] });
});

test("LastReactionOfAUserWinsInWhateverOrderTheyCome", () => {
    const changes = [
        reacted(2, 1, "👍"),
        reacted(3, 1, "👍", true, "eve"),
        reacted(9, 1, "👍", false),
    ];
    for (const order of [changes, [...changes].reverse()]) {
        const state = new MessageState(message(1), 1);
        for (const change of order) state.apply(change);
        assert.deepEqual(state.message.reactions, { "👍": ["eve"] });
    }
});

test("NamesStandInTheOrderOfTheirReactions", () => {
    const state = new MessageState(message(1, { reactions: { "👍": ["zoe"] } }), 1);
    state.apply(reacted(9, 1, "👍", true, "eve"));
    state.apply(reacted(4, 1, "👍", true, "bob"));
    assert.deepEqual(state.message.reactions, { "👍": ["zoe", "bob", "eve"] });
});

test("OlderPageThanTheOneThatIsKnownSaysNothingNew", () => {
    const state = new MessageState(message(1, { content: "c" }), 9);
    state.renew(message(1, { content: "b" }), 6);
    assert.equal(state.message.content, "c");
});

test("EmojiMayBeAWordThatEveryObjectHas", () => {
    const state = new MessageState(message(1), 1);
    for (const emoji of ["constructor", "__proto__", "toString"])
        state.apply(reacted(emoji.length, 1, emoji));
    assert.deepEqual(Object.keys(state.message.reactions).sort(), [
        "__proto__",
        "constructor",
        "toString",
    ]);
});

test("StateGivenOutIsNeverChangedInPlace", () => {
    const messages = listOf(message(1));
    const before = messages.get(1);
    messages.next(edited(2, 1, "b"), 2);
    assert.equal(before?.content, "text 1");
    assert.equal(messages.get(1)?.content, "b");
});

test("EventTellsTheMessageThatItChanged", () => {
    const messages = listOf(message(1));
    assert.equal(messages.next(edited(2, 1, "b"), 2)?.content, "b");
    assert.equal(messages.next(edited(3, 99, "b"), 3), undefined);
});

test("ChangesSinceThePageWasAskedForAreInIt", () => {
    const messages = listOf(...range(50, 51));
    // Asked for while 51 was the newest; 52 came before the answer.
    messages.next(edited(52, 3, "edited"), 52);
    messages.merge(range(1, 49), 51);
    assert.equal(messages.get(3)?.content, "edited");
    assert.equal(messages.size, 51);
});

test("LostAndUnreadPartsAreShownUntilTheyAreRead", () => {
    const messages = listOf(...range(1, 2));
    messages.lost({ kind: "lost", from: 3, to: 8, reason: "skipped" });
    for (const event of range(9, 10)) messages.next(event, event.seq);
    assert.deepEqual(shape(messages), [1, 2, "3-8 skipped", 9, 10]);
    messages.merge(range(5, 6), 10);
    assert.deepEqual(shape(messages), [1, 2, "3-4 skipped", 5, 6, "7-8 skipped", 9, 10]);
    messages.merge([edited(3, 1, "b"), ...range(4, 8)], 10);
    assert.deepEqual(shape(messages), [1, 2, 4, 5, 6, 7, 8, 9, 10]);
});

test("PageFromAfarLeavesAHoleBeforeWhatIsKnown", () => {
    const messages = listOf(...range(20, 21));
    messages.merge(range(5, 6), 21);
    assert.deepEqual(shape(messages), [5, 6, "7-19 unread", 20, 21]);
});

test("LossAtTheEndIsShown", () => {
    const messages = listOf(...range(1, 2));
    messages.lost({ kind: "lost", from: 3, to: 4, reason: "failed" });
    assert.deepEqual(shape(messages), [1, 2, "3-4 failed"]);
});

test("NewEpochEmptiesTheList", () => {
    const messages = listOf(...range(1, 2));
    messages.lost({ kind: "lost", from: 0, to: 0, reason: "epoch" });
    messages.next(message(1, { content: "anew" }), 1);
    assert.deepEqual(
        messages.list.map((item) => item.type === "message" && item.content),
        ["anew"],
    );
});

test("OldestGiveWayAndOlderPagesFillWhatIsFree", () => {
    const messages = new Messages(5);
    for (const event of range(1, 8)) messages.next(event, event.seq);
    assert.deepEqual(shape(messages), [4, 5, 6, 7, 8]);
    messages.merge(range(1, 3), 8);
    assert.deepEqual(shape(messages), [4, 5, 6, 7, 8]);
    const roomy = new Messages(5);
    for (const event of range(7, 8)) roomy.next(event, event.seq);
    roomy.merge(range(1, 6), 8);
    assert.deepEqual(shape(roomy), [4, 5, 6, 7, 8]);
});

test("RangesJoinWhenTheyTouch", () => {
    const ranges = new SeqRanges();
    for (const seq of [5, 1, 3, 9, 2]) ranges.add(seq, seq);
    assert.deepEqual(ranges.all, [
        { from: 1, to: 3 },
        { from: 5, to: 5 },
        { from: 9, to: 9 },
    ]);
    assert.deepEqual(ranges.missing({ from: 1, to: 10 }), [
        { from: 4, to: 4 },
        { from: 6, to: 8 },
        { from: 10, to: 10 },
    ]);
    ranges.add(4, 8);
    assert.deepEqual(ranges.all, [{ from: 1, to: 9 }]);
    ranges.trim(6);
    assert.deepEqual(ranges.all, [{ from: 6, to: 9 }]);
});
