// What changes a message, direct rooms, and what is said in passing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/log/memory_log.h"
#include "tests/chat/support/homes_fixture.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

struct OwnLog {
    core::ManualClock log_clock;
    SeededRandom log_random{5};
    MemoryLog log{log_clock, log_random};
};

class RoomHomeEvents : public testing::Test, private OwnLog, public HomesFixture {
protected:
    RoomHomeEvents() : HomesFixture(log) { join(1); }
    ErrorCode refused() { return last<Box<Refused>>()->code; }
    void react(std::uint32_t n, std::uint64_t target, const std::string& emoji, bool on = true) {
        ask(publish_of(n, EventKind::kReacted, emoji, target, on));
    }
};

TEST_F(RoomHomeEvents, AnEditShowsInHistoryAndAtItsOwnSeq) {
    // The message has its new text, and the room hears of it as an event of its own.
    send(1, "hello");
    send(1, "between");
    told(1);
    ask(publish_of(1, EventKind::kEdited, "hullo", 1));
    const Deliver told_now = last<Deliver>();
    EXPECT_EQ(told_now.first_seq, 3u);
    EXPECT_THAT(std::string(told_now.frames.text()), HasSubstr(R"("type":"edited")"));
    EXPECT_THAT(shown(1), HasSubstr(R"("content":"hullo","edited_at":)"));
    EXPECT_THAT(shown(2), HasSubstr("between"));
    EXPECT_THAT(shown(3), HasSubstr(R"("target":1,"content":"hullo")"));
}

TEST_F(RoomHomeEvents, ADeletedTextIsGoneFromItsEditsToo) {
    // Message and edits stay where they are, without content; others are untouched.
    send(1, "secret one");
    send(1, "secret two");
    ask(publish_of(1, EventKind::kEdited, "secret three", 1));
    ask(publish_of(1, EventKind::kEdited, "open", 2));
    ask(publish_of(1, EventKind::kDeleted, "", 1));
    const std::string page(history(1, 0)->page.events.text());
    EXPECT_THAT(page, Not(HasSubstr("secret one")));
    EXPECT_THAT(page, Not(HasSubstr("secret three")));
    EXPECT_THAT(page, HasSubstr(R"("target":2,"content":"open")"));
    EXPECT_THAT(shown(1), HasSubstr(R"("deleted":true)"));
    EXPECT_THAT(shown(3), HasSubstr(R"("deleted":true)"));
}

TEST_F(RoomHomeEvents, ReactionsAreCountedByUserAndShownByName) {
    // Twice is once, and taking back takes back one's own, also under another name.
    join(2);
    send(1, "hello");
    react(1, 1, "+1");
    react(1, 1, "+1");
    react(2, 1, "+1");
    react(2, 1, "x");
    EXPECT_THAT(shown(1), HasSubstr(R"("reactions":{"+1":["n1","n2"],"x":["n2"]})"));
    Publish renamed = publish_of(1, EventKind::kReacted, "+1", 1, false);
    renamed.name = "other";
    ask(std::move(renamed));
    react(2, 1, "x", false);
    EXPECT_THAT(shown(1), HasSubstr(R"("reactions":{"+1":["n2"]})"));
    react(2, 1, "+1", false);
    EXPECT_THAT(shown(1), Not(HasSubstr("reactions")));
    EXPECT_THAT(shown(2), HasSubstr(R"("emoji":"+1","on":true)"));
}

TEST_F(RoomHomeEvents, AMessageChangedInItsOwnTurnIsShownAsItIsNow) {
    // Though both are told as they were, in order.
    told(1);
    homes.handle(std::make_unique<Publish>(publish_of(1, EventKind::kMessage, "first")));
    homes.handle(std::make_unique<Publish>(publish_of(1, EventKind::kEdited, "second", 1)));
    homes.handle(std::make_unique<Publish>(publish_of(1, EventKind::kReacted, "!", 1)));
    homes.end_turn();
    std::uint64_t next = 1;
    for (const Deliver& run : all<Deliver>()) {
        if (run.first_seq == 0) continue;
        EXPECT_EQ(run.first_seq, next);
        next = run.last_seq + 1;
    }
    EXPECT_EQ(next, 4u);
    EXPECT_THAT(shown(1), HasSubstr(R"("content":"second","edited_at":)"));
    EXPECT_THAT(shown(1), HasSubstr(R"("reactions":{"!":["n1"]})"));
}

TEST_F(RoomHomeEvents, WhatMayNotBeChangedIsRefused) {
    // No such message, no message at all, a deleted one, another's.
    join(2);
    send(1, "hello");
    ask(publish_of(1, EventKind::kEdited, "x", 9));
    EXPECT_EQ(refused(), ErrorCode::kNoSuchMessage);
    ask(publish_of(2, EventKind::kEdited, "x", 1));
    EXPECT_EQ(refused(), ErrorCode::kForbidden);
    ask(publish_of(2, EventKind::kDeleted, "", 1));
    EXPECT_EQ(refused(), ErrorCode::kForbidden);
    react(2, 1, "+1");
    react(1, 2, "+1");
    EXPECT_EQ(refused(), ErrorCode::kNoSuchMessage);
    ask(publish_of(1, EventKind::kDeleted, "", 1));
    react(2, 1, "+1");
    EXPECT_EQ(refused(), ErrorCode::kNoSuchMessage);
}

TEST_F(RoomHomeEvents, TypingIsForTheOthersAndFirstToBeShed) {
    // Of who is in the room; where tells wait for room there is none for it.
    told(1);
    ask(SayTyping{connection(1, 1), user(1), "n1", "lobby", true});
    const auto typing = last<Box<DeliverToOthers>>();
    EXPECT_EQ(typing->except, user(1));
    EXPECT_THAT(std::string(typing->frame.text()), HasSubstr(R"({"type":"typing","room":"lobby")"));
    ask(SayTyping{connection(1, 5), user(5), "n5", "lobby", true});
    EXPECT_TRUE(told(1).empty());
    context.port.publish();
    // So many that the lane is full and others wait.
    for (int i = 0; i < 5000; ++i) context.tell(1, UserFound{});
    context.port.publish();
    ask(SayTyping{connection(1, 1), user(1), "n1", "lobby", true});
    EXPECT_EQ(last<Box<DeliverToOthers>>(), nullptr);
    EXPECT_GT(context.metrics.counters[ShardCounter::kEphemeralShed].value(), 0u);
}

TEST_F(RoomHomeEvents, PositionsAreNotedAndToldTogetherOnceASecond) {
    // Not farther than the room goes, and never back.
    join(2);
    for (int i = 0; i < 5; ++i) send(1, "x");
    turn();
    told(1);
    ask(ReadUpTo{connection(1, 1), user(1), "lobby", 3});
    EXPECT_THAT(std::string(last<Deliver>().frames.text()),
                HasSubstr(R"("positions":[{"user":"u0000000000000001","seq":3}])"));
    ask(ReadUpTo{connection(1, 1), user(1), "lobby", 2});
    ask(ReadUpTo{connection(1, 1), user(1), "lobby", 900});
    ask(ReadUpTo{connection(1, 2), user(2), "lobby", 1});
    EXPECT_TRUE(told(1).empty());
    pass(kReadInterval + std::chrono::milliseconds{20});
    turn();
    EXPECT_THAT(
        std::string(last<Deliver>().frames.text()),
        HasSubstr(
            R"([{"user":"u0000000000000001","seq":5},{"user":"u0000000000000002","seq":1}])"));
    EXPECT_EQ(directory.lines, "1 read lobby 3\n1 read lobby 5\n2 read lobby 1\n");
}

TEST_F(RoomHomeEvents, APositionOfAnEarlierRoomOfThatNameSaysNothing) {
    // All of the room is unread to who had read the one that was forgotten.
    join(2);
    send(2, "one");
    send(2, "two");
    const std::string epoch = history(1, 0)->page.epoch;
    LookAtRooms look{connection(1, 1), user(1), {}};
    look.rooms.push_back({.room = "lobby", .epoch = epoch, .read = 1});
    look.rooms.push_back({.room = "lobby", .epoch = "earlier", .read = 1});
    homes.handle(std::move(look));
    const auto listed = last<Box<RoomsListed>>();
    EXPECT_EQ(listed->rooms.at(0).unread, 1u);
    EXPECT_EQ(listed->rooms.at(1).read, 0u);
    EXPECT_EQ(listed->rooms.at(1).unread, 2u);
}

class DirectRooms : public RoomHomeEvents {
protected:
    const std::string room = DirectRoom::of(user(1), user(2)).to_string();
    void send_direct(std::uint32_t n, const std::string& content) {
        Publish publish = publish_of(n, EventKind::kMessage, content);
        publish.room = room;
        publish.command_id = content;
        ask(std::move(publish));
    }
    // The name of the other one in the list of user n's rooms.
    std::string with(std::uint32_t n, const std::string& known = {}) {
        LookAtRooms look{connection(1, n), user(n), {}};
        look.rooms.push_back({.room = room, .epoch = {}, .with = known});
        homes.handle(std::move(look));
        return last<Box<RoomsListed>>()->rooms.at(0).with;
    }
};

TEST_F(DirectRooms, AListSaysWhatTheOtherOneIsCalled) {
    // Of who is in it, its name now; of others that of their newest event; what a store knew stays.
    send_direct(1, "hello");
    EXPECT_EQ(with(2), "n1");
    EXPECT_EQ(with(1), "");  // never heard of here
    Publish renamed = publish_of(1, EventKind::kMessage, "again");
    renamed.room = room;
    renamed.name = "ann";
    ask(std::move(renamed));
    EXPECT_EQ(with(2), "ann");
    join(2, room);
    EXPECT_EQ(with(1), "n2");
    EXPECT_EQ(with(2, "anna"), "anna");
}

TEST_F(DirectRooms, ItsUsersNeedNotBeInIt) {
    // A message opens it, and every shard is told whose it is.
    told(1);
    send_direct(1, "hello");
    for (const std::uint32_t shard : {0u, 1u, 2u}) {
        const auto told_now = all<Box<DeliverDirect>>(shard);
        ASSERT_EQ(told_now.size(), 1u);
        EXPECT_EQ(told_now[0]->room, room);
        EXPECT_EQ(told_now[0]->users[0], user(1));
        EXPECT_EQ(told_now[0]->users[1], user(2));
        EXPECT_EQ(told_now[0]->first_seq, 1u);
    }
    EXPECT_EQ(directory.lines, "1 has " + room + "\n2 has " + room + "\n");
    ReadHistory ask_back = history_of(2, 0);
    ask_back.room = room;
    ask(std::move(ask_back));
    EXPECT_THAT(std::string(last<Box<HistoryRead>>()->page.events.text()), HasSubstr("hello"));
    join(2, room);
    send_direct(2, "there");
    for (const Envelope& tell : told(1)) {
        const auto* deliver = std::get_if<Deliver>(&tell);
        EXPECT_TRUE(deliver == nullptr || deliver->first_seq == 0);
    }
}

TEST_F(DirectRooms, OthersAreRefusedWhateverTheyTry) {
    // Nothing of theirs opens it, and a name that is none of a direct room is no room.
    send_direct(3, "let me in");
    EXPECT_EQ(refused(), ErrorCode::kForbidden);
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 1);
    ReadHistory peek = history_of(3, 0);
    peek.room = room;
    ask(std::move(peek));
    EXPECT_EQ(refused(), ErrorCode::kForbidden);
    ask(ListMembers{connection(1, 3), room, "m", {}, 10, user(3)});
    EXPECT_EQ(refused(), ErrorCode::kForbidden);
    ask(join_of(3, room));
    EXPECT_EQ(last<Box<JoinRefused>>()->code, ErrorCode::kForbidden);
    ask(join_of(3, "dm.nobody"));
    EXPECT_EQ(last<Box<JoinRefused>>()->code, ErrorCode::kBadRoom);
    ask(SayTyping{connection(1, 3), user(3), "n3", room, true});
    ask(ReadUpTo{connection(1, 3), user(3), room, 1});
    EXPECT_TRUE(told(1).empty());
}

TEST_F(DirectRooms, TypingAndReadingGoToBothOnAllShards) {
    // The one who types need not hear of it.
    send_direct(1, "hello");
    told(2);
    ask(SayTyping{connection(1, 2), user(2), "n2", room, true});
    const auto typing = all<Box<DeliverDirect>>(2);
    ASSERT_EQ(typing.size(), 1u);
    EXPECT_EQ(typing[0]->except, user(2));
    EXPECT_EQ(typing[0]->first_seq, 0u);
    ask(ReadUpTo{connection(1, 2), user(2), room, 1});
    const auto read = all<Box<DeliverDirect>>(2);
    ASSERT_EQ(read.size(), 1u);
    EXPECT_THAT(std::string(read[0]->frames.text()), HasSubstr(R"("type":"read")"));
}

}  // namespace
}  // namespace stentor::chat
