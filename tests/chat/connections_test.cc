// A connection from its first byte to its last.
#include "chat/connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Connections, ARequestSplitAnywhereIsAnsweredOnce) {
    // Byte by byte, with the first frame right behind the head: welcome, and the answer.
    SmallCluster cluster;
    FakeLink& link = cluster.nodes[0]->link;
    const ConnectionId id = link.connect().id;
    cluster.nodes[0]->shard.on_open(id, 0);
    std::string bytes =
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    ws::append_masked_frame(bytes, ws::Opcode::kText, R"({"type":"ping","id":"p"})", ws::MaskKey{});
    for (const char byte : bytes) {
        link.live(id).input += byte;
        cluster.turn(0);
    }
    const std::string answer = link.read(id);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 "));
    EXPECT_LT(answer.find(R"("type":"welcome")"), answer.find(R"("type":"pong","id":"p")"));
    EXPECT_EQ(cluster.counter(ShardCounter::kUpgrades), 1u);
}

// A head and a frame behind it, of a client who says in which room he will be.
std::string request_for(const std::string& room) {
    std::string bytes =
        "GET /ws?room=" + room +
        " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    ws::append_masked_frame(bytes, ws::Opcode::kText, R"({"type":"ping","id":"p"})", ws::MaskKey{});
    return bytes;
}

TEST(Connections, AConnectionGoesToTheHomeOfTheRoomItNames) {
    // With all its bytes, at once, and for good: the home upgrades it, wherever it came from.
    SmallCluster cluster({.shards = 4});
    for (const auto& node : cluster.nodes) node->link.hands_over = true;
    std::set<std::uint32_t> homes;
    for (int room = 0; room < 20; ++room) {
        const std::string request = request_for("room-" + std::to_string(room));
        std::set<std::uint32_t> upgraded_at;
        std::set<std::uint64_t> groups;
        for (std::uint32_t shard = 0; shard < 4; ++shard) {
            FakeLink* link = &cluster.nodes[shard]->link;
            FakeLink::Connection* connection = &link->connect();
            connection->input = request;
            cluster.nodes[shard]->shard.on_open(connection->id, 0);
            cluster.turn(shard);
            if (!link->handed_over.empty()) {
                const FakeLink::HandedOver gone = link->handed_over.back();
                link->handed_over.clear();
                EXPECT_EQ(gone.input, request);
                EXPECT_EQ(link->find(gone.id), nullptr);
                groups.insert(gone.group);
                link = &cluster.nodes[gone.shard]->link;
                connection = &link->connect();
                connection->input = gone.input;
                cluster.nodes[gone.shard]->shard.on_open(connection->id, gone.listener);
                cluster.turn(gone.shard);
            }
            EXPECT_TRUE(link->handed_over.empty());
            EXPECT_THAT(link->read(connection->id), HasSubstr(R"("type":"pong","id":"p")"));
            upgraded_at.insert(connection->id.shard);
        }
        EXPECT_EQ(upgraded_at.size(), 1u);
        EXPECT_EQ(groups.size(), 1u);
        homes.merge(upgraded_at);
    }
    EXPECT_EQ(homes.size(), 4u);
    EXPECT_EQ(cluster.counter(ShardCounter::kUpgrades), 80u);
}

TEST(Connections, WhoIsHandedOverInTimeIsNotTimedOut) {
    // Its request becomes whole in the turn in which it is overdue.
    SmallCluster cluster({.shards = 2});
    FakeLink& link = cluster.nodes[0]->link;
    link.hands_over = true;
    for (int room = 0; link.handed_over.empty(); ++room) {
        FakeLink::Connection& connection = link.connect();
        cluster.nodes[0]->shard.on_open(connection.id, 0);
        cluster.turn(0);
        cluster.clock.advance(cluster.plan.limits.handshake_timeout);
        connection.input = request_for("room-" + std::to_string(room));
        cluster.turn(0);
    }
    EXPECT_EQ(cluster.counter(ShardCounter::kPeerTimeouts), 0u);
    EXPECT_EQ(link.find(link.handed_over[0].id), nullptr);
}

TEST(Connections, WhoCannotBeHandedOverIsServedWhereHeIs) {
    SmallCluster cluster({.shards = 4});
    FakeLink& link = cluster.nodes[0]->link;
    for (const std::string room : {"a", "b", "c", "d", "e", "f", "", "%20", "dm.a.b", "%"}) {
        FakeLink::Connection& connection = link.connect();
        connection.input = request_for(room);
        cluster.nodes[0]->shard.on_open(connection.id, 0);
        cluster.turn(0);
        EXPECT_THAT(link.read(connection.id), HasSubstr(R"("type":"pong","id":"p")")) << room;
    }
}

TEST(Connections, RequestsAreAnsweredInOrderAndKeepTheConnection) {
    // Two in one read; what is no upgrade to anything is an HTTP answer.
    SmallCluster cluster;
    FakeLink& link = cluster.nodes[0]->link;
    FakeLink::Connection& connection = link.connect();
    const ConnectionId id = connection.id;
    cluster.nodes[0]->shard.on_open(id, 0);
    connection.input =
        "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /ws HTTP/1.1\r\nHost: a\r\n\r\n";
    cluster.turn(0);
    EXPECT_THAT(link.read(id), StartsWith("HTTP/1.1 404 "));
    EXPECT_EQ(cluster.answers(404), 1u);
    EXPECT_EQ(cluster.answers(426), 0u);  // a refusal ends the connection
}

TEST(Connections, ACloseFrameLeavesAtOnceAndADropDoesNot) {
    // Others see the one go in this turn, the other ten seconds later.
    SmallCluster cluster;
    Client stays(cluster);
    Client leaver(cluster);
    Client dropper(cluster);
    for (Client* client : {&stays, &leaver, &dropper}) {
        client->log_in("user-" + std::to_string(client->id().slot));
        client->join("lobby");
    }
    stays.heard();
    leaver.say_close();
    cluster.settle();
    EXPECT_EQ(leaver.heard().substr(0, 0), "");
    cluster.settle();
    EXPECT_THAT(stays.heard(), HasSubstr(R"("count":2)"));
    dropper.leave_without_a_word();
    cluster.settle();
    EXPECT_EQ(stays.heard(), "");
    cluster.pass(kDroppedUserStays + std::chrono::milliseconds{20});
    EXPECT_THAT(stays.heard(), HasSubstr(R"("count":1)"));
}

TEST(Connections, AProtocolErrorIsSaidAndCounted) {
    // An unmasked frame: 1002; binary on a text endpoint: 1003; nothing is read behind it.
    SmallCluster cluster;
    Client unmasked(cluster);
    std::string frame;
    ws::append_frame(frame, ws::Opcode::kText, "{}");
    unmasked.heard();
    unmasked.send_raw(frame);
    cluster.turn(0);
    Client binary(cluster);
    EXPECT_EQ(unmasked.alive() ? unmasked.heard() : "", "close 1002\n");
    binary.heard();
    binary.say("x", ws::Opcode::kBinary);
    binary.say(R"({"type":"ping","id":"p"})");
    cluster.turn(0);
    EXPECT_EQ(binary.heard(), "close 1003\n");
    EXPECT_EQ(cluster.violations(ws::Violation::kUnmaskedFrame), 1u);
    EXPECT_EQ(cluster.violations(ws::Violation::kBinaryRefused), 1u);
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kConnections), 0);
}

TEST(Connections, APeerThatHasFinishedIsFinished) {
    // Half closed is of no use to a chat; everything is given back.
    SmallCluster cluster;
    Client ann(cluster);
    ann.log_in("ann");
    cluster.nodes[0]->shard.on_peer_finished(ann.id());
    EXPECT_TRUE(ann.connection().finished);
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kSessions), 0);
}

}  // namespace
}  // namespace stentor::chat
