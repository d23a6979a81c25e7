// Deadlines of connections: request, login, silence, pong.
#include "chat/liveness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;
constexpr core::Duration kTick = std::chrono::milliseconds{20};

class LivenessTest : public testing::Test {
protected:
    Client logged_in() {
        Client client(cluster);
        client.log_in("ann");
        return client;
    }
    void hear_from(Client& client) { client.connection().last_received = cluster.clock.now(); }
    SmallCluster cluster;
    const Limits& limits = cluster.plan.limits;
};

TEST_F(LivenessTest, ARequestMustComeInTime) {
    // A connection that says nothing is ended.
    auto& silent = cluster.nodes[0]->link.connect();
    cluster.nodes[0]->shard.on_open(silent.id, 0);
    cluster.pass(limits.handshake_timeout - kTick);
    EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 1);
    cluster.pass(2 * kTick);
    EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 0);
}

TEST_F(LivenessTest, AnAnswerMayBeReadSlowly) {
    // While an answer is read, the time for the next request begins anew; who stops reading ends.
    auto& slow = cluster.nodes[0]->link.connect();
    cluster.nodes[0]->shard.on_open(slow.id, 0);
    slow.input = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto is_there = [&] { return cluster.gauge(ShardGauge::kConnections) == 1; };
    for (int i = 0; i < 4; ++i) {
        cluster.nodes[0]->link.read(slow.id, 100);
        cluster.pass(limits.handshake_timeout + kTick);
        EXPECT_TRUE(is_there());
        cluster.nodes[0]->link.read(slow.id, 100);
    }
    cluster.pass(3 * limits.handshake_timeout);
    EXPECT_TRUE(slow.finished);  // what is left waits for the reactor's patience
}

TEST_F(LivenessTest, ALoginMustComeInTime) {
    // 4408, however much else the client says.
    Client client(cluster);
    cluster.pass(limits.login_timeout - kTick);
    client.ask(R"({"type":"ping"})");
    cluster.pass(2 * kTick);
    EXPECT_THAT(client.heard(), HasSubstr("close 4408"));
}

TEST_F(LivenessTest, SilenceIsPingedAndOnlySilence) {
    // One ping a ping_interval after the last byte; a client that speaks gets none.
    Client client = logged_in();
    for (int i = 0; i < 4; ++i) {
        cluster.pass(limits.ping_interval / 2);
        EXPECT_EQ(client.ask(R"({"type":"ping","id":"1"})").find("ping\n"), std::string::npos);
    }
    cluster.pass(limits.ping_interval + kTick);
    EXPECT_EQ(client.heard(), "ping\n");
}

TEST_F(LivenessTest, APongInTimeKeepsTheConnection) {
    // For as long as there is one to each ping.
    Client client = logged_in();
    for (int i = 0; i < 10; ++i) {
        cluster.pass(limits.ping_interval + kTick);
        ASSERT_EQ(client.heard(), "ping\n");
        cluster.pass(limits.pong_timeout - 10 * kTick);
        hear_from(client);
        cluster.pass(2 * kTick);
    }
    EXPECT_TRUE(client.alive());
}

TEST_F(LivenessTest, NoPongEndsTheConnection) {
    // pong_timeout after the ping, not before.
    Client client = logged_in();
    cluster.pass(limits.ping_interval + kTick);
    EXPECT_EQ(client.heard(), "ping\n");
    cluster.pass(limits.pong_timeout - 3 * kTick);
    EXPECT_EQ(client.heard(), "");
    cluster.pass(4 * kTick);
    EXPECT_THAT(client.heard(), HasSubstr("close 4408"));
    cluster.settle();
    EXPECT_FALSE(client.alive());
}

TEST_F(LivenessTest, ALateReactorBlamesNobody) {
    // A deadline that is noticed late is moved, so that what came meanwhile is read first.
    Client client = logged_in();
    cluster.pass(limits.ping_interval + kTick);
    client.heard();
    cluster.clock.advance(limits.pong_timeout + kReactorLate + kTick);
    cluster.settle();
    EXPECT_EQ(client.heard(), "");
    hear_from(client);
    cluster.pass(kReactorLate + kTick);
    EXPECT_THAT(client.heard(), Not(HasSubstr("close")));
    EXPECT_TRUE(client.alive());
}

TEST_F(LivenessTest, WhoIsNotReadIsNotGivenUp) {
    // A session that was paused when its pong was due gets another ping, and time for it.
    Client client = logged_in();
    cluster.pass(limits.ping_interval + kTick);
    ASSERT_EQ(client.heard(), "ping\n");
    const core::Instant heard_before_ping = client.connection().last_received;
    for (int i = 0; i < 3000; ++i) {
        client.say(R"({"type":"ping","id":"0123456789012345678901234567890123456789"})");
    }
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 1);
    // As if the commands had come before the ping, and their answers only now.
    client.connection().last_received = heard_before_ping;
    for (int i = 0; i < 8; ++i) {
        cluster.pass(limits.pong_timeout / 4);
    }
    EXPECT_TRUE(client.alive());
    // The end of the pause comes with the deadline, before anything could be read.
    client.connection().input.clear();
    client.heard();
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
    std::string heard;
    for (int i = 0; i < 20 && client.alive(); ++i) {
        cluster.pass(std::chrono::seconds{2});
        heard += client.heard();
        if (heard.find("ping\n") != std::string::npos) {
            hear_from(client);
        }
    }
    EXPECT_THAT(heard, HasSubstr("ping\n"));
    EXPECT_THAT(heard, Not(HasSubstr("close")));
}

}  // namespace
}  // namespace stentor::chat
