// One room at its home: runs, pages, positions, who is in it.
#include "chat/home/room_home.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "chat/log/memory_log.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

class RoomHomeTest : public testing::Test, public HomeFixture {
protected:
    RoomHomeTest() { room.begin({.key = 1, .failed = false, .epoch = "e1", .head = 0}); }

    static Join join_of(ConnectionId connection, UserId user, std::uint32_t history = 0) {
        return {.connection = connection,
                .number = 1,
                .local_room = {connection.slot, 1},
                .user = user,
                .name = "n" + std::to_string(user.value),
                .room = "lobby",
                .command_id = "j",
                .takes_twin = false,
                .resume = false,
                .since = {},
                .history = history};
    }
    Box<Joined> join(const Join& ask) {
        room.handle(ask);
        for (Envelope& tell : told(ask.connection.shard)) {
            if (auto* joined = std::get_if<Box<Joined>>(&tell)) {
                return std::move(*joined);
            }
        }
        return nullptr;
    }
    Box<Joined> resume(const std::string& epoch, std::uint64_t seq) {
        Join ask = join_of(connection(2, 9), user(9), 5);
        ask.resume = true;
        ask.since = {epoch, seq};
        return join(ask);
    }
    void leave(ConnectionId connection, bool dropped) {
        room.handle(Leave{connection, 0, dropped, false, "lobby", {}});
    }
    // From the log, numbered.
    void store(std::size_t content_bytes, const std::string& id = {}) {
        auto publish = std::make_unique<Publish>();
        publish->connection = connection(1, 1);
        publish->user = user(1);
        publish->name = "n1";
        publish->command_id = id;
        publish->content.assign(content_bytes, 'x');
        publish = room.handle(std::move(publish));
        ASSERT_NE(publish, nullptr);
        publish->seq = ++head;
        room.on_stored({room.key(), std::move(publish), true});
    }
    std::vector<Deliver> delivered(std::uint32_t shard) {
        std::vector<Deliver> events;
        for (Envelope& tell : told(shard)) {
            if (auto* deliver = std::get_if<Deliver>(&tell); deliver && deliver->first_seq > 0) {
                events.push_back(std::move(*deliver));
            }
        }
        return events;
    }
    Box<HistoryRead> read(const ReadHistory& ask) {
        room.handle(ask);
        std::vector<Envelope> tells = told(1);
        return std::move(std::get<Box<HistoryRead>>(tells.back()));
    }
    ReadHistory page(bool from_oldest, std::uint64_t after, std::uint64_t before,
                     std::uint32_t limit) {
        return {connection(1, 1), "lobby", "h", from_oldest, after, before, limit};
    }
    static std::vector<std::uint64_t> seqs(const EventsPage& page) {
        std::vector<std::uint64_t> all;
        for (std::string_view rest = page.events.text();;) {
            const std::size_t at = rest.find(R"("seq":)");
            if (at == std::string_view::npos) return all;
            rest.remove_prefix(at + 6);
            all.push_back(std::stoull(std::string(rest.substr(0, 20))));
        }
    }

    MemoryLog log{clock, random};  // it is asked for nothing: the tests number
    RoomServices services{.context = context, .log = log, .directory = nullptr};
    RoomHome room{services, 1, "lobby"};
    std::uint64_t head = 0;
};

using testing::ElementsAre;
constexpr std::uint64_t kSeqMax = (std::uint64_t{1} << 53) - 1;

TEST_F(RoomHomeTest, EventsOfATurnAreOneRun) {
    // One delivery for each shard with members, however many events, and none for the others.
    join(join_of(connection(1, 1), user(1)));
    join(join_of(connection(2, 2), user(2)));
    for (int i = 0; i < 5; ++i) store(10);
    room.tell_what_is_new();
    for (const std::uint32_t shard : {1u, 2u}) {
        const auto runs = delivered(shard);
        ASSERT_EQ(runs.size(), 1u);
        EXPECT_EQ(runs[0].first_seq, 1u);
        EXPECT_EQ(runs[0].last_seq, 5u);
        EXPECT_EQ(runs[0].local_room.slot, shard);
    }
    EXPECT_TRUE(told(0).empty());
}

TEST_F(RoomHomeTest, ARunHoldsAQuarterOfAnOutboxFrom16To64KiB) {
    // It takes what fits; one over the bound is one event.
    join(join_of(connection(1, 1), user(1)));
    for (const auto& [outbox, bound] :
         {std::pair{16u, 16u}, {128u, 32u}, {256u, 64u}, {999u, 64u}}) {
        limits.outbox_bytes = outbox * 1024;
        std::uint64_t next = head + 1;
        for (int i = 0; i < 40; ++i) store(5000);
        store(70000);
        store(10);
        room.tell_what_is_new();
        std::size_t most = 0;
        for (const Deliver& run : delivered(1)) {
            EXPECT_EQ(run.first_seq, next);
            next = run.last_seq + 1;
            EXPECT_TRUE(run.frames.size() <= bound * 1024 || run.first_seq == run.last_seq);
            most = std::max<std::size_t>(most, next - run.first_seq);
        }
        EXPECT_EQ(most, bound * 1024 / 5100) << outbox;
        EXPECT_EQ(next, head + 1);
    }
}

TEST_F(RoomHomeTest, ARunEndsWhereTheMembershipChanges) {
    // Who joins in the middle of a turn gets the earlier events by the page, the later ones live;
    // who leaves gets no later one.
    join(join_of(connection(1, 1), user(1)));
    store(10);
    const auto joined = join(join_of(connection(2, 2), user(2), 10));
    EXPECT_EQ(joined->page.head, 1u);
    EXPECT_THAT(seqs(joined->page), ElementsAre(1));
    store(10);
    leave(connection(2, 2), false);
    store(10);
    room.tell_what_is_new();
    const auto runs = delivered(2);
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].first_seq, 2u);
    EXPECT_EQ(runs[0].last_seq, 2u);
}

TEST_F(RoomHomeTest, TheAckStandsBeforeTheRunThatHoldsTheMessage) {
    // On the sender's lane, also when the run is closed early by its size.
    join(join_of(connection(1, 1), user(1)));
    for (int i = 1; i <= 5; ++i) {
        store(9000, "m" + std::to_string(i));
    }
    room.tell_what_is_new();
    std::uint64_t acked = 0;
    for (const Envelope& tell : told(1)) {
        if (const auto* ack = std::get_if<Acked>(&tell)) {
            acked = ack->publish->seq;
        } else if (const auto* run = std::get_if<Deliver>(&tell); run && run->first_seq > 0) {
            EXPECT_LE(run->last_seq, acked);
        }
    }
    EXPECT_EQ(acked, 5u);
}

TEST_F(RoomHomeTest, ASendWithoutAnIdGetsNoAck) {
    // Only the event itself comes back.
    join(join_of(connection(1, 1), user(1)));
    store(10);
    for (const Envelope& tell : told(1)) {
        EXPECT_FALSE(std::holds_alternative<Acked>(tell));
    }
}

TEST_F(RoomHomeTest, APageHoldsAHundredEventsOrItsBytes) {
    // From the oldest `more` says that newer ones remain, from the newest that older ones do; one
    // event always fits.
    join(join_of(connection(1, 1), user(1)));
    for (int i = 0; i < 150; ++i) {
        store(10);
    }
    auto got = read(page(true, 0, 0, 500));
    EXPECT_EQ(seqs(got->page).front(), 1u);
    EXPECT_EQ(seqs(got->page).size(), 100u);
    EXPECT_TRUE(got->page.more);
    got = read(page(true, 100, 0, 100));
    EXPECT_EQ(seqs(got->page).size(), 50u);
    EXPECT_FALSE(got->page.more);
    got = read(page(false, 0, 0, 100));
    EXPECT_EQ(seqs(got->page).back(), 150u);
    EXPECT_TRUE(got->page.more);
    limits.outbox_bytes = 20000;
    store(9000);
    store(9000);
    got = read(page(true, 150, 0, 100));
    EXPECT_THAT(seqs(got->page), ElementsAre(151));
    EXPECT_TRUE(got->page.more);
    store(30000);
    got = read(page(false, 0, 0, 100));
    EXPECT_THAT(seqs(got->page), ElementsAre(153));
}

TEST_F(RoomHomeTest, BoundsOfHistoryAreExclusiveAndMayBeCombined) {
    // Also bounds that lie outside of what there is.
    join(join_of(connection(1, 1), user(1)));
    for (int i = 0; i < 6; ++i) {
        store(10);
    }
    EXPECT_THAT(seqs(read(page(true, 2, 5, 100))->page), ElementsAre(3, 4));
    EXPECT_THAT(seqs(read(page(false, 0, 3, 100))->page), ElementsAre(1, 2));
    EXPECT_THAT(seqs(read(page(false, 0, 3, 1))->page), ElementsAre(2));
    EXPECT_THAT(seqs(read(page(false, 0, 1, 100))->page), ElementsAre());
    EXPECT_THAT(seqs(read(page(true, 6, 0, 100))->page), ElementsAre());
    EXPECT_THAT(seqs(read(page(true, kSeqMax, 0, 100))->page), ElementsAre());
    EXPECT_THAT(seqs(read(page(false, 0, kSeqMax, 2))->page), ElementsAre(5, 6));
    EXPECT_THAT(seqs(read(page(true, 4, 4, 100))->page), ElementsAre());
}

TEST_F(RoomHomeTest, APositionIsRecoveredOrTheTruthIsTold) {
    // Within what is kept and at the head: recovered, from behind it. Another epoch, too old or
    // above the head: not, and the newest instead.
    join(join_of(connection(1, 1), user(1)));
    for (int i = 0; i < 10; ++i) {
        store(10);
    }
    room.tell_what_is_new();
    for (int i = 0; i < 3; ++i) {
        room.drop_oldest_event();  // first is 4
    }
    struct Row {
        const char* epoch;
        std::uint64_t seq;
        bool recovered;
        std::vector<std::uint64_t> events;
    };
    const Row rows[] = {{"e1", 7, true, {8, 9, 10}},
                        {"e1", 10, true, {}},
                        {"e1", 3, true, {4, 5, 6, 7, 8, 9, 10}},
                        {"e1", 2, false, {6, 7, 8, 9, 10}},
                        {"e1", 0, false, {6, 7, 8, 9, 10}},
                        {"e1", 11, false, {6, 7, 8, 9, 10}},
                        {"e0", 7, false, {6, 7, 8, 9, 10}},
                        {"", 0, false, {6, 7, 8, 9, 10}}};
    for (const Row& row : rows) {
        const auto joined = resume(row.epoch, row.seq);
        EXPECT_EQ(joined->recovered, row.recovered) << row.epoch << ' ' << row.seq;
        EXPECT_EQ(seqs(joined->page), row.events) << row.epoch << ' ' << row.seq;
        EXPECT_EQ(joined->page.first, 4u);
        EXPECT_EQ(joined->page.head, 10u);
    }
}

TEST_F(RoomHomeTest, AnEmptyRoomSaysWhereItWillBegin) {
    // first is seq + 1 when nothing is kept, and a position of nothing seen is recovered.
    const auto joined = resume("e1", 0);
    EXPECT_TRUE(joined->recovered);
    EXPECT_EQ(joined->page.first, 1u);
    EXPECT_EQ(joined->page.head, 0u);
    EXPECT_FALSE(joined->page.more);
}

TEST_F(RoomHomeTest, ARoomKeepsAThousandEventsAndOneMiB) {
    // Whichever bound comes first; the gauge is what is kept.
    join(join_of(connection(1, 1), user(1)));
    for (int i = 0; i < 1100; ++i) {
        store(10);
    }
    room.tell_what_is_new();
    EXPECT_EQ(read(page(true, 0, 0, 1))->page.first, 101u);
    for (int i = 0; i < 200; ++i) {
        store(15000);
    }
    room.tell_what_is_new();
    EXPECT_LE(room.history_bytes(), kRoomBytesMax);
    EXPECT_EQ(gauge(ShardGauge::kHistoryBytes), static_cast<std::int64_t>(room.history_bytes()));
}

TEST_F(RoomHomeTest, WhoDropsStaysTenSecondsAndWhoLeavesDoesNot) {
    // A return within that time is no news; the count follows.
    join(join_of(connection(1, 1), user(1)));
    join(join_of(connection(1, 2), user(2)));
    join(join_of(connection(1, 3), user(3)));
    leave(connection(1, 2), true);
    leave(connection(1, 3), false);
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers), 2);
    pass(kDroppedUserStays / 2);
    room.on_timer();
    join(join_of(connection(2, 7), user(2)));
    leave(connection(2, 7), true);
    pass(kDroppedUserStays / 2);
    room.on_timer();  // the first drop is void
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers), 2);
    pass(kDroppedUserStays / 2);
    room.on_timer();
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers), 1);
    leave(connection(1, 1), false);
    EXPECT_TRUE(room.deserted());
}

TEST_F(RoomHomeTest, ASecondTabIsNoSecondJoin) {
    // Presence is per user: only the first session comes and only the last one goes.
    join(join_of(connection(1, 1), user(1)));
    join(join_of(connection(1, 2), user(2)));
    room.tell_what_is_new();
    told(1);
    join(join_of(connection(2, 3), user(2)));
    room.tell_what_is_new();
    EXPECT_TRUE(told(1).empty());
    leave(connection(1, 2), false);
    room.tell_what_is_new();
    EXPECT_TRUE(told(1).empty());
    leave(connection(2, 3), false);
    room.tell_what_is_new();
    EXPECT_EQ(told(1).size(), 1u);
}

TEST_F(RoomHomeTest, WhoIsNotInItIsRefused) {
    // Each verb is answered, an explicit leave too; the leave of a dead connection is not.
    room.handle(ListMembers{connection(1, 5), "lobby", "a", {}, 10});
    EXPECT_EQ(only_told<Box<Refused>>(1)->code, ErrorCode::kNotInRoom);
    room.handle(ReadHistory{connection(1, 5), "lobby", "b", false, 0, 0, 10});
    EXPECT_EQ(only_told<Box<Refused>>(1)->command_id, "b");
    room.handle(Leave{connection(1, 5), 3, false, false, "lobby", "c"});
    EXPECT_EQ(only_told<Box<Refused>>(1)->command_id, "c");
    auto publish = std::make_unique<Publish>();
    publish->connection = connection(1, 5);
    publish->command_id = "d";
    EXPECT_EQ(room.handle(std::move(publish)), nullptr);
    EXPECT_EQ(only_told<Box<Refused>>(1)->command_id, "d");
    leave(connection(1, 5), true);
    EXPECT_TRUE(told(1).empty());
}

TEST_F(RoomHomeTest, AReplyNeedsItsMessage) {
    // reply_to above the head is refused, and the room waits for no log.
    join(join_of(connection(1, 1), user(1)));
    auto publish = std::make_unique<Publish>();
    publish->connection = connection(1, 1);
    publish->user = user(1);
    publish->reply_to = 1;
    EXPECT_EQ(room.handle(std::move(publish)), nullptr);
    EXPECT_EQ(only_told<Box<Refused>>(1)->code, ErrorCode::kNoSuchMessage);
    leave(connection(1, 1), false);
    EXPECT_TRUE(room.deserted());
}

TEST_F(RoomHomeTest, TheTwinGoesToShardsThatWantItWhileTheyDo) {
    // From the join of a session that takes it to its leave or death, whichever way it goes.
    Join deflating = join_of(connection(2, 2), user(2));
    deflating.takes_twin = true;
    join(join_of(connection(1, 1), user(1)));
    const auto tell_one = [&] {
        store(1000);
        room.tell_what_is_new();
        const auto plain = delivered(1);
        EXPECT_TRUE(plain.at(0).twin.empty());
        return delivered(2);
    };
    tell_one();
    EXPECT_EQ(context.metrics.counters[ShardCounter::kDeflated].value(), 0u);
    for (const bool dropped : {false, true}) {
        join(deflating);
        join(deflating);  // anew: it is one session
        EXPECT_EQ(gauge(ShardGauge::kHomeTwinSessions), 1);
        const auto twins = tell_one();
        ASSERT_EQ(twins.size(), 1u);
        EXPECT_FALSE(twins[0].twin.empty());
        EXPECT_LT(twins[0].twin.size(), twins[0].frames.size());
        room.handle(Leave{deflating.connection, 0, dropped, true, "lobby", {}});
        EXPECT_EQ(gauge(ShardGauge::kHomeTwinSessions), 0);
    }
    const std::uint64_t before = context.metrics.counters[ShardCounter::kDeflated].value();
    tell_one();
    EXPECT_EQ(context.metrics.counters[ShardCounter::kDeflated].value(), before);
}

TEST_F(RoomHomeTest, PagesHoldPlainEvents) {
    // Whoever wants the twin or not: a page is compressed as one answer, if at all.
    Join deflating = join_of(connection(1, 1), user(1));
    deflating.takes_twin = true;
    join(deflating);
    store(1000);
    room.tell_what_is_new();
    told(1);
    const auto read_back = read(page(true, 0, 0, 10));
    EXPECT_THAT(seqs(read_back->page), ElementsAre(1));
    EXPECT_EQ(read_back->page.events.text().front(), '{');
}

}  // namespace
}  // namespace stentor::chat
