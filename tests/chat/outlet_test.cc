// What a connection owes and is owed.
#include "chat/outlet.h"

#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

TEST(Outlet, WhoOwesReadsForHalfItsOutboxIsNotReadUntilItReads) {
    // The answers wait within the bound, none is lost, and reading goes on by itself.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    const std::string text(1000, 'x');
    for (int i = 0; i < 500; ++i) {
        client.say(text);
    }
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 1);
    const std::size_t half = cluster.plan.limits.outbox_bytes / 2;
    EXPECT_GT(client.connection().outbox.bytes(), half);
    EXPECT_LT(client.connection().outbox.bytes(), half + 2 * text.size());
    std::size_t heard = 0;
    for (int i = 0; i < 100 && heard < 500 * (text.size() + 1); ++i) {
        heard += client.heard(20'000).size();
        cluster.settle();
        EXPECT_LT(client.connection().outbox.bytes(), 2 * half + 2 * text.size());
    }
    EXPECT_EQ(heard, 500 * (text.size() + 1));
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
}

TEST(Outlet, AReaderWhoKeepsUpIsNeverPaused) {
    // What was read is no longer owed, however much it was in all.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    for (int i = 0; i < 100; ++i) {
        client.say(std::string(10'000, 'x'));
        cluster.turn(0);
        EXPECT_FALSE(client.connection().paused);
        EXPECT_EQ(client.heard().size(), 10'001u);
    }
}

TEST(Outlet, APausedConnectionThatDiesLeavesTheGauge) {
    // Paused connections are counted while they live.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    for (int i = 0; i < 500; ++i) {
        client.say(std::string(1000, 'x'));
    }
    cluster.settle();
    client.connection().aborted = true;
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
    EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 0);
}

}  // namespace
}  // namespace stentor::chat
