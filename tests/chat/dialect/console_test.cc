// The operator's console.
#include "chat/dialect/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/line_client.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Console, ItsLinesGoToTheLobbyFromOperator) {
    // And what is said there shows on it.
    SmallCluster cluster({.shards = 2});
    LineClient console(cluster, 0, LineClient::kConsole);
    EXPECT_THAT(console.greeting, StartsWith("* you are operator; /to ROOM"));
    LineClient guest(cluster, 1);
    EXPECT_EQ(console.ask("hello\n"), "operator: hello\n");
    EXPECT_EQ(guest.heard(), "operator: hello\n");
    guest.ask("hi\n");
    EXPECT_EQ(console.heard(), guest.name() + ": hi\n");
}

TEST(Console, TheNameIsNobodyElses) {
    // Nor one that looks like it.
    SmallCluster cluster;
    LineClient console(cluster, 0, LineClient::kConsole);
    LineClient guest(cluster);
    EXPECT_THAT(guest.ask("/name operator\n"), HasSubstr("is taken"));
    EXPECT_THAT(guest.ask("/name OPERATOR\n"), HasSubstr("is taken"));
}

TEST(Console, ToSpeaksInAnotherRoomAndStillHearsTheLobby) {
    // What other rooms say is marked; the room before that is left, the lobby never.
    SmallCluster cluster({.shards = 2});
    LineClient console(cluster, 0, LineClient::kConsole);
    LineClient guest(cluster, 1);
    guest.ask("/join den\n");
    console.ask("/to den\n");
    EXPECT_EQ(console.ask("psst\n"), "[den] operator: psst\n");
    EXPECT_EQ(guest.heard(), "operator: psst\n");
    LineClient lobby(cluster, 1);
    lobby.ask("anybody?\n");
    EXPECT_EQ(console.heard(), lobby.name() + ": anybody?\n");
    console.ask("/to lobby\n");
    EXPECT_EQ(console.ask("me\n"), "operator: me\n");
    EXPECT_THAT(console.ask("/who den\n"), HasSubstr("* in den: " + guest.name() + "\n"));
}

TEST(Console, RoomsAndWhoNeedNoMembership) {
    // The fullest room first; a room that is not there holds nobody.
    SmallCluster cluster({.shards = 3});
    LineClient console(cluster, 0, LineClient::kConsole);
    LineClient one(cluster, 1);
    LineClient other(cluster, 2);
    one.ask("/join den\n");
    other.ask("/join den\n");
    EXPECT_EQ(console.ask("/rooms\n"), "     2 den\n     1 lobby\n* 2 rooms\n");
    EXPECT_THAT(console.ask("/who den\n"), HasSubstr(one.name()));
    EXPECT_EQ(console.ask("/who nowhere\n"), "* in nowhere: nobody\n");
    EXPECT_EQ(console.ask("/who\n"), "* in lobby: operator\n");
    EXPECT_EQ(other.heard(), "") << "nobody is told that somebody looked";
}

TEST(Console, KickThrowsOutByName) {
    // All connections of that user; an unknown name and the console itself are refused.
    SmallCluster cluster({.shards = 2});
    LineClient console(cluster, 0, LineClient::kConsole);
    Client native(cluster, 1);
    native.log_in("nat");
    native.heard();
    LineClient guest(cluster, 1);
    guest.ask("/name gus\n");
    console.say("/kick nat\n/kick gus\n");
    EXPECT_THAT(guest.last_words(), HasSubstr("* kicked"));
    const std::string said = console.heard();
    EXPECT_EQ(native.heard(), "close 4403\n");
    cluster.settle();
    EXPECT_THAT(said, HasSubstr("* nat was thrown out\n"));
    EXPECT_FALSE(native.alive());
    EXPECT_FALSE(guest.alive());
    EXPECT_EQ(console.ask("/kick nobody\n"), "! nobody is called nobody\n");
    EXPECT_EQ(console.ask("/kick operator\n"), "! that is this console\n");
}

TEST(Console, QuitEndsTheServerAndNothingElseDoes) {
    // Neither silence nor the end of what is typed.
    SmallCluster cluster;
    LineClient console(cluster, 0, LineClient::kConsole);
    cluster.pass(std::chrono::hours{1});
    cluster.nodes[0]->shard.on_peer_finished(console.connection().id);
    cluster.settle();
    EXPECT_TRUE(console.alive());
    EXPECT_EQ(cluster.ends_wanted, 0u);
    EXPECT_EQ(console.ask("/quit\n"), "* the server ends\n");
    EXPECT_EQ(cluster.ends_wanted, 1u);
}

}  // namespace
}  // namespace stentor::chat
