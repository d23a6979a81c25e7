// Messages that are begun and never finished.
#include "chat/message_pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
constexpr core::Duration kTick = std::chrono::milliseconds{20};

class MessagePaceTest : public testing::Test {
protected:
    static std::string frame(std::size_t payload_bytes, std::uint8_t first_bits = ws::kFinBit,
                             ws::Opcode opcode = ws::Opcode::kText) {
        std::string bytes;
        ws::append_masked_frame(bytes, opcode, std::string(payload_bytes, 'x'), ws::MaskKey{},
                                first_bits);
        return bytes;
    }
    void drip(Client& client, const std::string& bytes, std::size_t from, std::size_t count) {
        client.send_raw(std::string_view(bytes).substr(from, count));
        cluster.settle();
    }
    std::uint64_t too_slow() { return cluster.violations(ws::Violation::kMessageTooSlow); }
    bool watches() { return cluster.nodes[0]->shard.next_deadline().has_value(); }

    SmallCluster cluster;
    const std::size_t rate = cluster.plan.limits.message_bytes_per_second_min;
    const std::size_t in_a_window = rate * 10;
};

TEST_F(MessagePaceTest, AMessageByDripsIsClosedBehindItsWindow) {
    // A byte a second: 1008 after ten seconds, counted under its rule; on /echo and on /ws.
    for (const char* path : {"/echo", "/ws"}) {
        Client client(cluster, 0, path);
        if (path == std::string_view("/ws")) {
            client.log_in("ann");
        }
        client.heard();
        const std::string bytes = frame(10'000);
        for (std::size_t i = 0; i < 10; ++i) {
            drip(client, bytes, i, 1);
            EXPECT_EQ(client.heard(), "");
            cluster.pass(seconds{1} - kTick);
        }
        cluster.pass(10 * kTick);
        EXPECT_EQ(client.heard(), "close 1008\n");
    }
    EXPECT_EQ(too_slow(), 2u);
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 0);
}

TEST_F(MessagePaceTest, AtTheLeastPaceAMessageMayTakeAsLongAsItNeeds) {
    // Five windows, each with just enough bytes.
    Client client(cluster, 0, "/echo");
    const std::string bytes = frame(5 * in_a_window);
    drip(client, bytes, 0, 14);  // its header
    for (std::size_t i = 0; i < 5; ++i) {
        cluster.pass(seconds{9});
        drip(client, bytes, 14 + i * in_a_window, in_a_window);
        EXPECT_EQ(client.heard().empty(), i < 4);
        cluster.pass(seconds{1} + kTick);
    }
    EXPECT_TRUE(client.alive());
    EXPECT_EQ(too_slow(), 0u);
}

TEST_F(MessagePaceTest, BetweenMessagesNothingIsWatched) {
    // An idle connection has no deadline here, and a finished message leaves none behind.
    Client client(cluster, 0, "/echo");
    EXPECT_FALSE(watches());
    const std::string bytes = frame(100);
    drip(client, bytes, 0, 50);
    EXPECT_TRUE(watches());
    drip(client, bytes, 50, bytes.size());
    EXPECT_FALSE(watches());
    cluster.pass(seconds{60});
    EXPECT_TRUE(client.alive());
}

TEST_F(MessagePaceTest, AFinishedMessageBeginsTheWindowAnew) {
    // Messages of which a read always holds a half: each is finished in time.
    Client client(cluster, 0, "/echo");
    const std::string bytes = frame(100);
    drip(client, bytes, 0, 50);
    for (int i = 0; i < 10; ++i) {
        cluster.pass(seconds{6});
        drip(client, bytes.substr(50) + bytes.substr(0, 50), 0, bytes.size());
        EXPECT_EQ(client.heard(), std::string(100, 'x') + '\n');
    }
    cluster.pass(seconds{10} + kTick);
    EXPECT_EQ(client.heard(), "close 1008\n");
}

TEST_F(MessagePaceTest, PingsInsideAMessageBuyNoTime) {
    // A fragment is held, and control frames go on: the message is still not finished.
    Client client(cluster, 0, "/echo");
    client.send_raw(frame(1000, 0));
    std::string heard;
    for (int i = 0; i < 6; ++i) {
        client.say("p", ws::Opcode::kPing);
        cluster.settle();
        cluster.pass(seconds{2});
        heard += client.heard();
    }
    EXPECT_THAT(heard, HasSubstr("pong p\n"));
    EXPECT_THAT(heard, HasSubstr("close 1008\n"));
}

TEST_F(MessagePaceTest, HalfAControlFrameIsUnderWayToo) {
    // A ping of which the payload does not come; one that does come frees the next of its window.
    Client client(cluster, 0, "/echo");
    const std::string ping = frame(20, ws::kFinBit, ws::Opcode::kPing);
    drip(client, ping, 0, 8);
    for (int i = 0; i < 4; ++i) {
        cluster.pass(seconds{6});
        drip(client, ping.substr(8) + ping.substr(0, 8), 0, ping.size());
        EXPECT_EQ(client.heard(), "pong " + std::string(20, 'x') + '\n');
    }
    cluster.pass(seconds{10} + kTick);
    EXPECT_EQ(client.heard(), "close 1008\n");
}

TEST_F(MessagePaceTest, WhoIsNotReadIsNotBlamed) {
    // Paused within the window, or at its end; the window after it counts again.
    Client client(cluster, 0, "/echo");
    for (int i = 0; i < 300; ++i) {
        client.say(std::string(1000, 'x'));
    }
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 1);
    client.send_raw(frame(10'000).substr(0, 100));
    cluster.pass(seconds{30});
    EXPECT_EQ(too_slow(), 0u);
    client.heard();
    cluster.settle();
    client.heard();
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
    cluster.pass(seconds{9});
    EXPECT_EQ(too_slow(), 0u);
    cluster.pass(seconds{12});
    EXPECT_EQ(too_slow(), 1u);
}

TEST_F(MessagePaceTest, ALateReactorBlamesNobody) {
    // What came meanwhile may lie unread; the next window counts.
    Client client(cluster, 0, "/echo");
    drip(client, frame(1000), 0, 50);
    cluster.clock.advance(kPaceWindow + kReactorLate + kTick);
    cluster.settle();
    EXPECT_EQ(too_slow(), 0u);
    cluster.pass(kPaceWindow + kTick);
    EXPECT_EQ(too_slow(), 1u);
}

TEST_F(MessagePaceTest, WhoIsGoneLeavesNothing) {
    // A death and a close in the middle of a message.
    Client dier(cluster, 0, "/echo");
    drip(dier, frame(1000), 0, 50);
    Client stays(cluster, 0, "/echo");
    dier.leave_without_a_word();
    cluster.settle();
    EXPECT_FALSE(watches());
    cluster.pass(seconds{30});
    EXPECT_TRUE(stays.alive());
    EXPECT_EQ(too_slow(), 0u);
}

TEST(MessagePace, AWindowThatBeganInAPauseBlamesNobody) {
    // Answers that came while a message was under way are read late; the window after it counts.
    Limits limits;
    limits.outbox_bytes = kOutboxBytesMin;
    limits.sends_per_second = 0;
    SmallCluster cluster({.limits = limits});
    Client ann(cluster);
    ann.log_in("ann");
    ann.join("lobby");
    for (int i = 0; i < 8; ++i) {
        ann.ask(Client::send_command("lobby", std::to_string(i), std::string(600, 'x')));
    }
    ann.say(R"({"type":"history","id":"h","room":"lobby"})");
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
    ann.say(R"({"type":"history","id":"h","room":"lobby"})");
    ann.send_raw("\x81");
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 1);
    cluster.pass(seconds{19});
    ann.heard();
    cluster.settle();
    ASSERT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
    cluster.pass(seconds{2});
    EXPECT_EQ(cluster.violations(ws::Violation::kMessageTooSlow), 0u);
    cluster.pass(seconds{10});
    EXPECT_EQ(cluster.violations(ws::Violation::kMessageTooSlow), 1u);
}

TEST(MessagePace, ZeroIsNoMinimum) {
    // Nobody is watched.
    Limits limits;
    limits.message_bytes_per_second_min = 0;
    SmallCluster cluster({.limits = limits});
    Client client(cluster, 0, "/echo");
    client.send_raw("\x81");
    cluster.pass(seconds{60});
    EXPECT_TRUE(client.alive());
}

}  // namespace
}  // namespace stentor::chat
