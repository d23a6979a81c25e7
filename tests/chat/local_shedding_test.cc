// What slow readers give up when memory is short, and who gives up nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/direct_room.h"
#include "chat/local_rooms.h"
#include "tests/chat/support/heard.h"
#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class Shedding : public testing::Test {
protected:
    void shed(core::Duration age) {
        Port& control = cluster.queue.port(cluster.plan.shards);
        control.push(0, Context::rank(Rank::kTell), RelieveMemory{age});
        control.publish();
        cluster.settle();
    }
    void say(std::string_view room, std::string_view text) {
        writer.ask(Client::send_command(room, "s" + std::to_string(++sent), text));
    }
    void enter(Client& client, std::string_view name, std::initializer_list<const char*> rooms) {
        client.log_in(name);
        for (const char* room : rooms) client.join(room);
        client.heard();
    }

    SmallCluster cluster;
    Client writer{cluster};
    Client reader{cluster};
    Client slow{cluster};
    int sent = 0;
};

// The rooms of which a connection holds something old go into gap mode for it, those of which it
// holds nothing that old do not, and neither does anybody who reads; the gap says what is missed,
// and behind it the room is live again.
TEST_F(Shedding, WhatWaitsLongestGoesAndNothingElse) {
    enter(writer, "writer", {"busy", "calm"});
    enter(reader, "reader", {"busy", "calm"});
    enter(slow, "slow", {"busy", "calm"});
    say("busy", "one");
    say("busy", "two");
    reader.heard();
    cluster.pass(seconds{2});
    say("calm", "later");
    shed(seconds{3});
    EXPECT_EQ(cluster.counter(ShardCounter::kShedForMemory), 0u);
    shed(seconds{1});
    EXPECT_EQ(cluster.counter(ShardCounter::kShedForMemory), 1u);
    const std::string heard = slow.heard();
    EXPECT_THAT(heard, HasSubstr(R"("type":"gap","room":"busy")"));
    EXPECT_THAT(heard, HasSubstr(R"("from":1,"to":2)"));
    EXPECT_THAT(heard, Not(HasSubstr("\"one\"")));
    EXPECT_THAT(heard, HasSubstr("\"later\""));
    EXPECT_THAT(reader.heard(), Not(HasSubstr("gap")));
    say("busy", "three");
    EXPECT_THAT(slow.heard(), HasSubstr("\"three\""));
    EXPECT_EQ(cluster.gauge(ShardGauge::kGapped), 0);
}

// Rooms in which nobody is go with what they hold; a room with members keeps all of it.
TEST_F(Shedding, EmptyRoomsGo) {
    enter(writer, "writer", {"left", "busy"});
    say("left", "one");
    say("busy", "two");
    writer.ask(R"({"type":"leave","id":"v","room":"left"})");
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeRooms), 2);
    shed(seconds{8});
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeRooms), 1);
    EXPECT_EQ(cluster.counter(ShardCounter::kRoomsForgotten), 1u);
    EXPECT_THAT(writer.ask(R"({"type":"history","id":"h","room":"busy","limit":9})"),
                HasSubstr("\"two\""));
}

// What a direct room said is let go in the same way, for who never joined it too.
TEST_F(Shedding, DirectRoomsBecomeGapsToo) {
    const UserId to = user_of(slow.log_in("slow"));
    const UserId from = user_of(writer.log_in("writer"));
    writer.ask(R"({"type":"direct","id":"d","to":"slow","content":"psst"})");
    cluster.pass(seconds{1});
    shed(seconds{1});
    const std::string heard = slow.heard();
    EXPECT_THAT(heard, Not(HasSubstr("psst")));
    EXPECT_THAT(heard, HasSubstr("\"gap\",\"room\":\"" + DirectRoom::of(from, to).to_string()));
}

// A message that was begun is sent to its end, whatever is let go behind it.
TEST_F(Shedding, WhatIsBegunIsFinished) {
    enter(writer, "writer", {"busy"});
    enter(slow, "slow", {"busy"});
    say("busy", "one");
    say("busy", "two");
    EXPECT_EQ(slow.heard(5), "");
    cluster.pass(seconds{1});
    shed(seconds{1});
    const std::string heard = slow.heard();
    EXPECT_THAT(heard, HasSubstr("\"one\""));
    EXPECT_THAT(heard, HasSubstr(R"("from":2,"to":2)"));
}

// While joins are refused who is in a room stays, and may join it anew; another room is for later.
TEST_F(Shedding, NoJoinsAtThatLevel) {
    MemoryPressure& memory = cluster.memory;
    enter(writer, "writer", {"busy"});
    while (!memory.at_least(MemoryPressure::Level::kNoJoins)) memory.look(SIZE_MAX);
    EXPECT_THAT(writer.join("busy"), HasSubstr("\"joined\""));
    EXPECT_THAT(writer.join("calm"), HasSubstr(R"("code":"unavailable")"));
    EXPECT_THAT(
        writer.ask(R"({"type":"sync","id":"y","rooms":[{"room":"calm","epoch":"e","seq":1}]})"),
        HasSubstr(R"("code":"unavailable")"));
    EXPECT_EQ(cluster.counter(ShardCounter::kRefusedForMemory), 2u);
    Client newcomer(cluster);
    EXPECT_THAT(newcomer.head, HasSubstr("HTTP/1.1 101 "));
}

// While connections are refused an upgrade is answered by 503, and who is connected stays; with
// room again all is as before.
TEST_F(Shedding, NoUpgradesAtThatLevel) {
    MemoryPressure& memory = cluster.memory;
    enter(writer, "writer", {"busy"});
    while (!memory.at_least(MemoryPressure::Level::kNoConnections)) memory.look(SIZE_MAX);
    Client refused(cluster);
    EXPECT_THAT(refused.head, HasSubstr("HTTP/1.1 503 "));
    EXPECT_THAT(refused.head, HasSubstr("Retry-After"));
    EXPECT_EQ(cluster.answers(503), 1u);
    EXPECT_THAT(writer.ask(Client::send_command("busy", "1", "still here")), HasSubstr("\"ack\""));
    while (memory.level() != MemoryPressure::Level::kNone) memory.look(0);
    Client later(cluster);
    EXPECT_THAT(later.log_in("later"), HasSubstr("\"logged_in\""));
    EXPECT_THAT(later.join("busy"), HasSubstr("\"joined\""));
}

}  // namespace
}  // namespace stentor::chat
