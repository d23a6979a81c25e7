// What a connection owes and is owed.
#include "chat/outlet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

TEST(Outlet, WhoOwesReadsForAnOutboxIsNotReadUntilItReads) {
    // The answers wait within the bound, none is lost, and reading goes on by itself.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    const std::string text(1000, 'x');
    for (int i = 0; i < 500; ++i) {
        client.say(text);
    }
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 1);
    const std::size_t bound = cluster.plan.limits.outbox_bytes;
    EXPECT_GT(client.connection().outbox.bytes(), bound);
    EXPECT_LT(client.connection().outbox.bytes(), bound + 2 * text.size());
    std::size_t heard = 0;
    for (int i = 0; i < 100 && heard < 500 * (text.size() + 1); ++i) {
        heard += client.heard(20'000).size();
        cluster.settle();
        EXPECT_LT(client.connection().outbox.bytes(), bound + bound / 2 + 2 * text.size());
    }
    EXPECT_EQ(heard, 500 * (text.size() + 1));
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
}

TEST(Outlet, WhoMayHaveRoomsOwesHalfAsMuch) {
    // The other half is for deliveries.
    SmallCluster cluster;
    Client client(cluster, 0, "/ws");
    const std::string mistake = R"({"type":"nonsense"})";
    for (int i = 0; i < 5000; ++i) {
        client.say(mistake);
    }
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 1);
    const std::size_t half = cluster.plan.limits.outbox_bytes / 2;
    EXPECT_GT(client.connection().outbox.bytes(), half);
    EXPECT_LT(client.connection().outbox.bytes(), half + 1000);
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

TEST(Outlet, EveryPingOfABurstIsAnsweredToAPeerThatReads) {
    // A thousand in one read, before any pong could leave: 64 a turn, in order.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        client.say(std::to_string(i), ws::Opcode::kPing);
        expected += "pong " + std::to_string(i) + '\n';
    }
    client.say("behind them");
    expected += "behind them\n";
    std::string heard;
    for (int i = 0; i < 20; ++i) {
        cluster.turn(0);
        heard += client.heard();
    }
    EXPECT_EQ(heard, expected);
    EXPECT_TRUE(client.alive());
}

TEST(Outlet, WhoPingsAndDoesNotReadEndsAtTheSixtyFourthPong) {
    // 1008, counted under its rule; a flush that comes a few turns late is not the peer's fault.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    for (int i = 0; i < 100; ++i) {
        client.say("p", ws::Opcode::kPing);
    }
    for (int i = 0; i < kPongFlushTurnsMax; ++i) {
        cluster.turn(0);
        EXPECT_EQ(cluster.violations(ws::Violation::kTooManyPings), 0u);
    }
    cluster.turn(0);
    EXPECT_EQ(cluster.violations(ws::Violation::kTooManyPings), 1u);
    std::string expected;
    for (int i = 0; i < kPongsPendingMax; ++i) {
        expected += "pong p\n";
    }
    EXPECT_EQ(client.heard(), expected + "close 1008\n");
}

TEST(Outlet, ALateFlushIsNotAFlood) {
    // The peer reads after a few turns only, again and again.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    for (int i = 0; i < 300; ++i) {
        client.say("p", ws::Opcode::kPing);
    }
    std::size_t heard = 0;
    for (int i = 0; i < 10; ++i) {
        for (int turn = 0; turn < kPongFlushTurnsMax; ++turn) {
            cluster.turn(0);
        }
        heard += client.heard().size();
    }
    EXPECT_EQ(heard, 300 * std::string_view("pong p\n").size());
}

TEST(Outlet, ASlowReaderMayPingNowAndThen) {
    // Its outbox is never empty, but it reads, half an outbox for each five pings.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    const std::size_t half = cluster.plan.limits.outbox_bytes / 2;
    std::string heard;
    for (int i = 0; i < 20; ++i) {
        for (std::size_t bytes = 0; bytes <= half; bytes += 1000) {
            client.say(std::string(1000, 'x'));
        }
        for (int ping = 0; ping < 5; ++ping) {
            client.say("p", ws::Opcode::kPing);
        }
        cluster.settle();
        heard += client.heard(half);
        EXPECT_GT(client.connection().outbox.bytes(), 0u);
    }
    EXPECT_GT(std::ranges::count(heard, 'p'), kPongsPendingMax + kPongFlushTurnsMax);
    EXPECT_EQ(cluster.violations(ws::Violation::kTooManyPings), 0u);
}

TEST(Outlet, AnAnswerIsCompressedForWhoAgreedWhereThatPays) {
    // A page of history is, an error is not; a peer without the extension gets both as they are.
    SmallCluster cluster;
    Client plain(cluster, 0, "/ws");
    Client deflating(cluster, 0, "/ws", "permessage-deflate");
    EXPECT_EQ(plain.head.find("Extensions"), std::string::npos);
    EXPECT_NE(deflating.head.find("permessage-deflate"), std::string::npos);
    for (Client* client : {&plain, &deflating}) {
        client->log_in("user-" + std::to_string(client->id().slot));
        client->join("lobby");
    }
    plain.ask(Client::send_command("lobby", "m", std::string(600, 'x')));
    plain.heard();
    deflating.heard();
    deflating.deflated_frames = 0;
    const std::string page = deflating.ask(R"({"type":"history","id":"m","room":"lobby"})");
    EXPECT_EQ(page, plain.ask(R"({"type":"history","id":"m","room":"lobby"})"));
    EXPECT_EQ(deflating.deflated_frames, 1u);
    deflating.ask(R"({"type":"nothing"})");
    EXPECT_EQ(deflating.deflated_frames, 1u);
    EXPECT_EQ(plain.deflated_frames, 0u);
}

TEST(Outlet, TheWindowThatWasAgreedIsKept) {
    // References of an answer to who can remember 512 bytes reach no farther back.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo", "permessage-deflate; server_max_window_bits=9");
    client.window_bits = 9;
    std::string text;
    for (int i = 0; i < 100; ++i) {
        text += "number " + std::to_string(i % 70) + " of many; ";
    }
    EXPECT_EQ(client.ask(text), text + '\n');
    EXPECT_EQ(client.deflated_frames, 1u);
}

}  // namespace
}  // namespace stentor::chat
