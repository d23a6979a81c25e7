// The rooms of a shard: opening, waiting, forgetting.
#include "chat/home/room_homes.h"

#include <gtest/gtest.h>

#include "chat/log/memory_log.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

// A log that opens when the test says so, and then numbers at once.
class SlowLog final : public RoomLog {
public:
    SlowLog(const core::Clock& clock, RandomSource& random) : memory_(clock, random) {}
    void open(RoomKey key, std::string_view room, LogSink& sink) override {
        keys.push_back(key);
        if (at_once) {
            memory_.open(key, room, sink);
        }
    }
    void append(RoomKey key, std::unique_ptr<Publish> publish, LogSink& sink) override {
        memory_.append(key, std::move(publish), sink);
    }
    void read(const ReadLog& wanted) override { memory_.read(wanted); }
    void renew_epoch(RoomKey key, LogSink& sink) override { memory_.renew_epoch(key, sink); }
    void close(RoomKey key) override {
        ++closed;
        memory_.close(key);
    }
    void on_answer(Envelope&&, LogSink&) override {}
    void open_now(RoomKey key, LogSink& sink) { memory_.open(key, "", sink); }

    bool at_once = true;
    std::vector<RoomKey> keys;
    int closed = 0;

private:
    MemoryLog memory_;
};

class RoomHomesTest : public testing::Test, public HomeFixture {
protected:
    void join(std::uint32_t slot, const std::string& room, JoinNumber number = 1) {
        auto ask = std::make_unique<Join>();
        ask->connection = connection(1, slot);
        ask->number = number;
        ask->local_room = {slot, 1};
        ask->user = user(slot + 1);
        ask->name = "n" + std::to_string(slot);
        ask->room = room;
        ask->history = 0;
        ask->resume = false;
        homes.handle(std::move(ask));
    }
    void publish(std::uint32_t slot, const std::string& room, const std::string& id,
                 const std::string& content = "hello") {
        auto ask = std::make_unique<Publish>();
        ask->connection = connection(1, slot);
        ask->user = user(slot + 1);
        ask->name = "n" + std::to_string(slot);
        ask->room = room;
        ask->command_id = id;
        ask->content = content;
        homes.handle(std::move(ask));
    }
    void leave(std::uint32_t slot, const std::string& room) {
        homes.handle(
            std::make_unique<Leave>(Leave{connection(1, slot), 0, false, false, room, {}}));
    }
    void turn() {
        context.timers.advance(context.now, [this](core::Timer& timer) { homes.on_timer(timer); });
        homes.end_turn();
    }
    // What was told, a letter each: Joined, Acked, Delivered, Refused, join refuseD as X.
    std::string story() {
        std::string letters;
        for (const Envelope& tell : told(1)) {
            letters += std::holds_alternative<Box<Joined>>(tell)        ? 'J'
                       : std::holds_alternative<Acked>(tell)            ? 'A'
                       : std::holds_alternative<Box<Refused>>(tell)     ? 'R'
                       : std::holds_alternative<Box<JoinRefused>>(tell) ? 'X'
                       : std::holds_alternative<Deliver>(tell)          ? 'D'
                                                                        : '?';
        }
        return letters;
    }

    SlowLog log{clock, random};
    RoomHomes homes{context, log};
};

TEST_F(RoomHomesTest, AsksWaitForTheLogInTheirOrder) {
    // Nothing is told before the room is open; then everything, as it was asked.
    log.at_once = false;
    join(1, "lobby");
    publish(1, "lobby", "a");
    join(2, "lobby");
    publish(3, "lobby", "b");
    turn();
    EXPECT_EQ(story(), "");
    EXPECT_EQ(gauge(ShardGauge::kWaitingAsks), 4);
    log.open_now(log.keys[0], homes);
    publish(2, "lobby", "c");  // behind those that wait
    turn();
    EXPECT_EQ(story(), "JADJRADD");
    EXPECT_EQ(gauge(ShardGauge::kWaitingAsks), 0);
}

TEST_F(RoomHomesTest, WaitingIsBounded) {
    // What does not fit is refused as unavailable at once, and the rest stays in order.
    log.at_once = false;
    for (std::uint32_t i = 0; i < kWaitingForLogMax + 10; ++i) {
        join(i, "lobby");
    }
    EXPECT_EQ(story(), "XXXXXXXXXX");
    EXPECT_EQ(gauge(ShardGauge::kWaitingAsks), static_cast<std::int64_t>(kWaitingForLogMax));
    EXPECT_EQ(context.metrics.counters[ShardCounter::kRefusedBusy].value(), 10u);
}

TEST_F(RoomHomesTest, WhoseNewestJoinIsRefusedIsNotInTheRoomByAnOlderOne) {
    // With the list full, all that waited of the same connection is refused with it.
    log.at_once = false;
    for (std::uint32_t i = 0; i < kWaitingForLogMax; ++i) {
        join(i, "lobby");
    }
    join(5, "lobby", 2);
    EXPECT_EQ(story(), "XX");
    log.open_now(log.keys[0], homes);
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers),
              static_cast<std::int64_t>(kWaitingForLogMax - 1));
    EXPECT_EQ(gauge(ShardGauge::kWaitingAsks), 0);
}

TEST_F(RoomHomesTest, ARoomThatDoesNotOpenIsUnavailable) {
    // After five seconds the asks are answered; a log that opens it later finds nobody, and the
    // next join is served.
    log.at_once = false;
    join(1, "lobby");
    publish(1, "lobby", "a");
    pass(kRoomOpenTimeout);
    turn();
    pass(std::chrono::milliseconds{10});
    turn();
    EXPECT_EQ(story(), "XR");
    EXPECT_EQ(gauge(ShardGauge::kWaitingAsks), 0);
    log.open_now(log.keys[0], homes);
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 0);
    log.at_once = true;
    join(1, "lobby");
    turn();
    EXPECT_EQ(story(), "JD");
}

TEST_F(RoomHomesTest, ALogThatFailsToOpenRefusesAndIsAskedAgain) {
    // The room is gone, and a later join opens anew.
    log.at_once = false;
    join(1, "lobby");
    homes.on_log_opened({.key = log.keys[0], .failed = true, .epoch = {}, .head = 0});
    EXPECT_EQ(story(), "X");
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 0);
    join(1, "lobby");
    EXPECT_EQ(log.keys.size(), 2u);
}

TEST_F(RoomHomesTest, ARoomWithoutHistoryIsForgottenWithItsLastMember) {
    // One with history stays for who comes back.
    join(1, "silent");
    join(1, "spoken");
    publish(1, "spoken", "a");
    turn();
    leave(1, "silent");
    leave(1, "spoken");
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 1);
    EXPECT_EQ(log.closed, 1);
}

TEST_F(RoomHomesTest, TheLongestEmptyRoomMakesRoomForANewOne) {
    // At the limit; with nobody's room to give the join is refused.
    limits.rooms_per_shard_max = 2;
    for (const std::string room : {"one", "two"}) {
        join(1, room);
        publish(1, room, "a");
        turn();
        leave(1, room);
        turn();
    }
    join(2, "three");
    turn();
    story();
    join(2, "two");  // still there, with its history
    publish(2, "two", "b");
    turn();
    EXPECT_EQ(context.metrics.counters[ShardCounter::kRoomsForgotten].value(), 1u);
    join(3, "four");
    turn();
    EXPECT_EQ(story(), "JADDX");
}

TEST_F(RoomHomesTest, ARoomSomebodyEnteredInThisTurnIsNotForgotten) {
    // An empty room is no longer empty from the join on, not only from the end of the turn.
    limits.rooms_per_shard_max = 1;
    join(1, "one");
    publish(1, "one", "a");
    turn();
    leave(1, "one");
    turn();
    story();
    join(2, "one");
    join(3, "two");
    publish(2, "one", "b");
    turn();
    EXPECT_EQ(story(), "JXADD");
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers), 1);
}

TEST_F(RoomHomesTest, HistoryOfAllRoomsStaysWithinItsBudget) {
    // First empty rooms go, then the oldest events of the room that grows.
    limits.history_bytes_per_shard_max = 50'000;
    join(1, "one");
    publish(1, "one", "a", std::string(10'000, 'x'));
    turn();
    leave(1, "one");
    turn();
    join(2, "two");
    for (int i = 0; i < 20; ++i) {
        publish(2, "two", std::to_string(i), std::string(10'000, 'x'));
        turn();
        EXPECT_LE(gauge(ShardGauge::kHistoryBytes), 50'000);
    }
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 1);
    EXPECT_GT(gauge(ShardGauge::kHistoryBytes), 30'000);
}

TEST_F(RoomHomesTest, ShortOfMemoryTheLongestEmptyRoomsGoAFewAtATime) {
    // At least an eighth of what all hold at a time, until none is empty; then it changes nothing.
    for (int i = 0; i < 20; ++i) {
        const std::string room = "room" + std::to_string(i);
        join(1, room);
        publish(1, room, "a", std::string(1000, 'x'));
        turn();
        leave(1, room);
        turn();
    }
    join(2, "room0");  // no longer empty
    turn();
    homes.let_empty_rooms_go();
    EXPECT_TRUE(homes.ready());
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 17);
    join(3, "room4");  // still there, with its history
    join(3, "room3");  // opened anew
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 18);
    for (int i = 0; i < 20; ++i) {
        homes.let_empty_rooms_go();
        turn();
    }
    EXPECT_FALSE(homes.ready());
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 3);
    EXPECT_GT(gauge(ShardGauge::kHistoryBytes), 2000);
}

TEST_F(RoomHomesTest, TheSameIdIsAnsweredByTheFirstAck) {
    // Stored once; another text under it is refused, another user's id is its own.
    join(1, "lobby");
    join(2, "lobby");
    publish(1, "lobby", "a");
    publish(1, "lobby", "a");
    publish(1, "lobby", "a", "another text");
    publish(2, "lobby", "a");
    turn();
    EXPECT_EQ(story(), "JJAARADD");
    EXPECT_EQ(context.metrics.counters[ShardCounter::kPublished].value(), 2u);
    EXPECT_EQ(context.metrics.counters[ShardCounter::kDuplicates].value(), 1u);
}

TEST_F(RoomHomesTest, ADroppedUserLeavesByTheRoomsTimer) {
    // Ten seconds later, without another ask; then the silent room is gone too.
    join(1, "lobby");
    homes.handle(std::make_unique<Leave>(Leave{connection(1, 1), 0, true, false, "lobby", {}}));
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers), 1);
    pass(kDroppedUserStays + std::chrono::milliseconds{20});
    turn();
    EXPECT_EQ(gauge(ShardGauge::kHomeRoomMembers), 0);
    EXPECT_EQ(gauge(ShardGauge::kHomeRooms), 0);
}

}  // namespace
}  // namespace stentor::chat
