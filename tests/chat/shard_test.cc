// A shard as its reactor sees it: sleeping, full lanes, the end of the server.
#include "chat/shard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;

TEST(Shard, AnIdleShardSleepsUntilItsNextPing) {
    // No wake-up without cause: what is due next is a connection's ping interval.
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    ann.join("lobby");
    Shard& shard = cluster.nodes[0]->shard;
    EXPECT_TRUE(shard.prepare_sleep());
    shard.awake();
    ASSERT_TRUE(shard.next_deadline());
    EXPECT_GT(*shard.next_deadline() - cluster.clock.now(), cluster.plan.limits.ping_interval / 4);
}

TEST(Shard, ADeadConnectionKeepsTheShardAwakeUntilItsRoomsAreLeft) {
    // What a death calls for is not slept over.
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    ann.join("lobby");
    ann.leave_without_a_word();
    cluster.turn(0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kBackwardSteps), 1);
    EXPECT_FALSE(cluster.nodes[0]->shard.prepare_sleep());
}

TEST(Shard, FullLanesPauseAndLoseNothing) {
    // With lanes of one slot, several senders on two shards: each send is acked once, each member
    // hears each event once, nobody stays paused, nothing stays behind.
    Limits limits;
    limits.sends_per_second = 0;
    SmallCluster cluster({.shards = 2, .limits = limits, .lane_slots = 1, .pending_max = 1});
    const auto pass_a_while = [&cluster] {
        for (int i = 0; i < 300; ++i) {
            cluster.pass(kStalledRetry);
        }
    };
    std::vector<std::unique_ptr<Client>> clients;
    for (std::uint32_t i = 0; i < 6; ++i) {
        clients.push_back(std::make_unique<Client>(cluster, i % 2));
        clients.back()->say(R"({"type":"login","id":"l"})");
        clients.back()->say(R"({"type":"join","id":"j","room":"one"})");
        clients.back()->say(R"({"type":"join","id":"k","room":"two"})");
    }
    pass_a_while();
    for (const auto& client : clients) {
        client->heard();
        for (int i = 0; i < 5; ++i) {
            client->say(
                Client::send_command(i % 2 == 0 ? "one" : "two", "m" + std::to_string(i), "hello"));
        }
    }
    pass_a_while();
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
    EXPECT_EQ(cluster.counter(ShardCounter::kPublished), 30u);
    for (const auto& client : clients) {
        const std::string heard = client->heard();
        for (int i = 0; i < 5; ++i) {
            EXPECT_THAT(heard, HasSubstr(R"("type":"ack","id":"m)" + std::to_string(i)));
        }
        std::size_t messages = 0;
        for (std::size_t at = heard.find("\"message\""); at != std::string::npos;
             at = heard.find("\"message\"", at + 1)) {
            ++messages;
        }
        EXPECT_EQ(messages, 30u);
        client->leave_without_a_word();
    }
    pass_a_while();
    cluster.pass(kDroppedUserStays);
    pass_a_while();
    for (const ShardGauge which :
         {ShardGauge::kConnections, ShardGauge::kMemberships, ShardGauge::kLocalRooms,
          ShardGauge::kHomeRoomMembers, ShardGauge::kHomeUsers, ShardGauge::kBackwardSteps,
          ShardGauge::kWaitingAsks, ShardGauge::kPendingEnvelopes}) {
        EXPECT_EQ(cluster.gauge(which), 0) << "gauge " << static_cast<int>(which);
    }
}

TEST(Shard, TheEndOfTheServerIsSaidToEverybody) {
    // Native clients hear goodbye and 1012, others 1001, and who connects later is turned away.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster, 0);
    Client guest(cluster, 1);
    Client echo(cluster, 1, "/echo");
    ann.log_in("ann");
    guest.heard();
    cluster.say_drain();
    for (std::uint32_t index = 0; index < 2; ++index) {
        cluster.nodes[index]->shard.on_lanes(cluster.clock.now());
    }
    for (Client* client : {&ann, &guest}) {
        const std::string heard = client->heard();
        EXPECT_THAT(heard, HasSubstr(R"("type":"goodbye","reconnect_after_ms":)"));
        EXPECT_THAT(heard, HasSubstr("close 1012"));
    }
    EXPECT_EQ(echo.heard(), "close 1001\n");
    cluster.settle();
    EXPECT_FALSE(ann.alive());
    auto& late = cluster.nodes[0]->link.connect();
    cluster.nodes[0]->shard.on_open(late.id, 0);
    EXPECT_TRUE(late.aborted);
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 0);
}

}  // namespace
}  // namespace stentor::chat
