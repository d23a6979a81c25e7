// /echo: every message back, nothing else.
#include "chat/dialect/echo.h"

#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

TEST(Echo, EveryMessageComesBackWithItsOpcode) {
    // Text and binary, empty and long, in order.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    EXPECT_EQ(client.heard(), "");
    EXPECT_EQ(client.ask("hello"), "hello\n");
    client.say("bytes", ws::Opcode::kBinary);
    client.say("");
    cluster.settle();
    const std::string raw = cluster.nodes[0]->link.read(client.id());
    EXPECT_EQ(raw, std::string("\x82\x05"
                               "bytes\x81\x00",
                               9));
    const std::string large(100'000, 'x');
    EXPECT_EQ(client.ask(large), large + '\n');
}

TEST(Echo, MessagesOfAnySizeComeBackWholeHoweverManyAreUnderWay) {
    // Short and long headers, in place and assembled, one behind the other.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    std::string expected;
    for (const std::size_t size :
         {0u, 1u, 125u, 126u, 3000u, 16'384u, 65'535u, 65'536u, 99'000u, 7u}) {
        const std::string text(size, static_cast<char>('a' + size % 26));
        client.say(text);
        expected += text + '\n';
    }
    cluster.settle();
    EXPECT_TRUE(client.heard() == expected);
}

TEST(Echo, NothingUnsolicitedIsSaidToWhoIsSilent) {
    // No welcome, no login deadline.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo");
    cluster.pass(cluster.plan.limits.login_timeout * 2);
    EXPECT_EQ(client.heard(), "");
    EXPECT_TRUE(client.alive());
}

TEST(Echo, WhatWasAgreedIsShownInEveryMessageThatIsNotEmpty) {
    // However short, and compressed or not as it came; an empty one stays empty.
    SmallCluster cluster;
    Client client(cluster, 0, "/echo", "permessage-deflate");
    EXPECT_EQ(client.ask("a"), "a\n");
    EXPECT_EQ(client.deflated_frames, 1u);
    const std::string large(200'000, 'x');
    EXPECT_EQ(client.ask(large), large + '\n');
    EXPECT_EQ(client.deflated_frames, 2u);
    EXPECT_EQ(client.ask(""), "\n");
    EXPECT_EQ(client.deflated_frames, 2u);
}

}  // namespace
}  // namespace stentor::chat
