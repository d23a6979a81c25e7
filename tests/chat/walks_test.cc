// Commands of several asks: direct, rooms, sync.
#include "chat/walks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chat/direct_room.h"
#include "tests/chat/support/heard.h"
#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string direct_command(std::string_view to, std::string_view id, std::string_view content) {
    return R"({"type":"direct","to":")" + std::string(to) + R"(","id":")" + std::string(id) +
           R"(","content":")" + std::string(content) + R"("})";
}
std::string wanted(std::string_view room, std::string_view epoch, std::uint64_t seq) {
    return R"({"room":")" + std::string(room) + R"(","epoch":")" + std::string(epoch) +
           R"(","seq":)" + std::to_string(seq) + '}';
}
std::string sync_command(std::string_view rooms) {
    return R"({"type":"sync","id":"s","rooms":[)" + std::string(rooms) + "]}";
}

TEST(Walks, ADirectMessageReachesBothUsersAndNobodyElse) {
    // By name and by user id, on every connection of both, joined or not; the ack names the room.
    SmallCluster cluster({.shards = 3});
    Client ann(cluster, 0);
    Client bob(cluster, 1);
    Client bob_too(cluster, 2);
    Client carl(cluster, 1);
    const UserId ann_id = user_of(ann.log_in("ann"));
    const std::string bob_logged_in = bob.log_in("bob");
    const UserId bob_id = user_of(bob_logged_in);
    bob_too.ask(R"({"type":"login","session":")" + text_of(bob_logged_in, "session") + R"("})");
    carl.log_in("carl");
    const std::string room = DirectRoom::of(ann_id, bob_id).to_string();
    for (Client* client : {&bob, &bob_too, &carl}) {
        client->heard();
    }

    const std::string heard = ann.ask(direct_command("BOB", "1", "psst"));
    EXPECT_THAT(heard, HasSubstr(R"("type":"ack","id":"1","room":")" + room));
    EXPECT_EQ(count_of(heard, R"("content":"psst")"), 1u);
    EXPECT_LT(heard.find(R"("type":"ack")"), heard.find("psst"));
    EXPECT_EQ(count_of(bob.heard(), R"("content":"psst")"), 1u);
    EXPECT_EQ(count_of(bob_too.heard(), R"("content":"psst")"), 1u);
    EXPECT_EQ(carl.heard(), "");

    bob.ask(direct_command(ann_id.to_string(), "2", "yes?"));
    EXPECT_EQ(count_of(ann.heard(), R"("content":"yes?")"), 1u);
    EXPECT_EQ(count_of(bob_too.heard(), R"("content":"yes?")"), 1u);
    EXPECT_EQ(carl.heard(), "");
}

TEST(Walks, WhoIsNobodyGetsNoDirectMessage) {
    // By a name that nobody has, an id that was never logged in, and what is neither.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster);
    ann.log_in("ann");
    for (const char* to : {"bob", "u00000000000000ff", "\\u0001", "a b"}) {
        const std::string heard = ann.ask(direct_command(to, "1", "psst"));
        EXPECT_THAT(heard, HasSubstr(R"("id":"1","code":"no_such_user")")) << to;
        EXPECT_EQ(count_of(heard, "\n"), 1u) << to;
    }
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
}

TEST(Walks, CommandsBehindAWalkKeepTheirOrder) {
    // direct, direct, rooms, sync and ping, pipelined, are answered in that order.
    SmallCluster cluster({.shards = 3});
    Client ann(cluster, 0);
    Client bob(cluster, 1);
    ann.log_in("ann");
    bob.log_in("bob");
    ann.say(direct_command("bob", "d1", "one"));
    ann.say(direct_command("nobody", "d2", "two"));
    ann.say(direct_command("bob", "d3", "three"));
    ann.say(R"({"type":"rooms","id":"r"})");
    ann.say(sync_command(wanted("lobby", "x", 0)));
    ann.say(R"({"type":"ping","id":"p"})");
    cluster.settle();
    const std::string heard = ann.heard();
    std::size_t at = 0;
    for (const char* id : {"d2", "r", "s", "p"}) {
        const std::size_t next = heard.find(R"("id":")" + std::string(id) + '"');
        ASSERT_NE(next, std::string::npos) << id << '\n' << heard;
        EXPECT_GT(next, at) << id;
        at = next;
    }
    EXPECT_LT(heard.find(R"("id":"d1")"), heard.find(R"("id":"d3")"));
    const std::string received = bob.heard();
    EXPECT_LT(received.find("one"), received.find("three"));
    EXPECT_EQ(count_of(received, R"("type":"message")"), 2u);
}

TEST(Walks, ASyncResumesEveryRoomAndSaysWhenItIsThrough) {
    // A joined for each, without id; what was missed comes; then synced.
    SmallCluster cluster({.shards = 3});
    Client ann(cluster, 0);
    Client bob(cluster, 1);
    ann.log_in("ann");
    bob.log_in("bob");
    std::string rooms;
    for (int i = 0; i < 20; ++i) {
        const std::string room = "room-" + std::to_string(i);
        const std::string epoch = text_of(bob.join(room), "epoch");
        bob.ask(Client::send_command(room, "m" + std::to_string(i), "missed"));
        rooms += (i == 0 ? "" : ",") + wanted(room, epoch, 0);
    }
    ann.heard();
    const std::string heard = ann.ask(sync_command(rooms));
    EXPECT_EQ(count_of(heard, R"({"type":"joined","room":)"), 20u);
    EXPECT_EQ(count_of(heard, R"("recovered":true)"), 20u);
    EXPECT_EQ(count_of(heard, R"("content":"missed")"), 20u);
    EXPECT_EQ(count_of(heard, R"({"type":"synced","id":"s"})"), 1u);
    EXPECT_GT(heard.find("synced"), heard.rfind(R"("type":"joined")"));
    bob.ask(Client::send_command("room-7", "live", "live"));
    EXPECT_THAT(ann.heard(), HasSubstr("live"));
}

TEST(Walks, WhatASyncCannotResumeIsNamed) {
    // The error says which room, the others are joined, and synced comes all the same.
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    const std::string heard =
        ann.ask(sync_command(wanted("a b", "x", 0) + ',' + wanted("lobby", "x", 0) + ',' +
                             wanted("dm.u0000000000000001.u0000000000000002", "x", 0)));
    EXPECT_THAT(heard, HasSubstr(R"("code":"bad_room")"));
    EXPECT_THAT(heard, HasSubstr(R"("room":"a b")"));
    EXPECT_THAT(heard, HasSubstr(R"("code":"forbidden")"));
    EXPECT_THAT(heard, HasSubstr(R"("room":"dm.u0000000000000001.u0000000000000002")"));
    EXPECT_EQ(count_of(heard, R"("type":"joined")"), 1u);
    EXPECT_THAT(heard, HasSubstr(R"("recovered":false)"));
    EXPECT_THAT(heard, HasSubstr(R"("type":"synced")"));
    EXPECT_THAT(ann.ask(sync_command("")), HasSubstr(R"("type":"synced")"));
}

TEST(Walks, ASyncWaitsForAClientThatDoesNotRead) {
    // Pages come as the connection drains: what is owed stays bounded, and all rooms come.
    Limits limits;
    limits.outbox_bytes = kOutboxBytesMin;
    limits.sends_per_second = 0;
    limits.joins_per_second = 0;
    SmallCluster cluster({.shards = 2, .limits = limits});
    Client bob(cluster, 1);
    bob.log_in("bob");
    std::string rooms;
    for (int i = 0; i < 50; ++i) {
        const std::string room = "room-" + std::to_string(i);
        const std::string epoch = text_of(bob.join(room), "epoch");
        for (int m = 0; m < 4; ++m) {
            bob.ask(Client::send_command(room, std::to_string(m), std::string(1000, 'x')));
        }
        rooms += (i == 0 ? "" : ",") + wanted(room, epoch, 0);
    }
    Client ann(cluster, 0);
    ann.log_in("ann");
    ann.say(sync_command(rooms));
    cluster.settle();
    EXPECT_LT(ann.connection().outbox.bytes(), 2 * kOutboxBytesMin);
    std::string heard;
    for (int i = 0; i < 200; ++i) {
        heard += ann.heard(4096);
        cluster.settle();
    }
    EXPECT_EQ(count_of(heard, R"({"type":"joined","room":)"), 50u);
    EXPECT_EQ(count_of(heard, R"("type":"message")"), 200u);
    EXPECT_THAT(heard, HasSubstr(R"({"type":"synced","id":"s"})"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
}

TEST(Walks, AConnectionThatDiesInAWalkLeavesNothingBehind) {
    // Whichever step it was at, the gauges return.
    for (const std::string& command :
         {direct_command("bob", "d", "x"), std::string(R"({"type":"rooms","id":"r"})"),
          sync_command(wanted("a", "x", 0) + ',' + wanted("b", "x", 0) + ',' +
                       wanted("c", "x", 0))}) {
        for (int turns = 0; turns < 6; ++turns) {
            SmallCluster cluster({.shards = 2});
            Client ann(cluster, 0);
            Client bob(cluster, 1);
            ann.log_in("ann");
            bob.log_in("bob");
            ann.say(command);
            for (int i = 0; i < turns; ++i) {
                cluster.turn(static_cast<std::uint32_t>(i) % 2);
            }
            ann.connection().aborted = true;
            cluster.settle();
            cluster.pass(kDroppedUserStays * 2);
            EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 1) << command << turns;
            EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 0) << command << turns;
            EXPECT_EQ(cluster.gauge(ShardGauge::kHomeRoomMembers), 0) << command << turns;
            EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0) << command << turns;
            EXPECT_EQ(cluster.gauge(ShardGauge::kBackwardSteps), 0) << command << turns;
        }
    }
}

TEST(Walks, TheListHoldsDirectRoomsAndThoseThatWereReadIn) {
    // With what is unread in each, and whom a direct room is with.
    SmallCluster cluster({.shards = 3});
    Client ann(cluster, 0);
    Client bob(cluster, 1);
    ann.log_in("ann");
    const UserId bob_id = user_of(bob.log_in("bob"));
    EXPECT_THAT(ann.ask(R"({"type":"rooms","id":"1"})"),
                HasSubstr(R"({"type":"rooms","id":"1","rooms":[]})"));
    ann.join("lobby");
    ann.join("unread");
    bob.join("lobby");
    for (int i = 0; i < 3; ++i) {
        bob.ask(Client::send_command("lobby", std::to_string(i), "x"));
    }
    ann.ask(R"({"type":"read","room":"lobby","seq":1})");
    bob.ask(direct_command("ann", "d", "psst"));
    ann.heard();
    const std::string heard = ann.ask(R"({"type":"rooms","id":"2"})");
    EXPECT_EQ(count_of(heard, R"("room":)"), 2u) << heard;
    EXPECT_LT(heard.find(R"("room":"dm.)"), heard.find(R"("room":"lobby")"));
    EXPECT_THAT(heard, HasSubstr(R"("read":1,"unread":2)"));
    EXPECT_THAT(heard, HasSubstr(R"("read":0,"unread":1)"));
    EXPECT_THAT(heard, HasSubstr(bob_id.to_string()));
}

}  // namespace
}  // namespace stentor::chat
