// plain: text in, text out.
#include "chat/dialect/plain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

TEST(Plain, ATextComesBackToAllUnderAGuestName) {
    // Nothing else is said: the first thing that a client hears is a text.
    SmallCluster cluster({.shards = 2});
    Client one(cluster, 0, "/plain");
    Client other(cluster, 1, "/plain");
    EXPECT_EQ(one.heard(), "");
    const std::string heard = one.ask("msg=hello");
    EXPECT_THAT(heard, MatchesRegex("guest-[0-9a-f]+: msg=hello\n"));
    EXPECT_EQ(other.heard(), heard);
}

TEST(Plain, WhatIsSaidBeforeTheLoginIsThroughIsSaid) {
    // All that came with the upgrade's own bytes, in order.
    SmallCluster cluster({.shards = 3});
    Client client(cluster, 0, "/plain");
    for (int i = 0; i < 5; ++i) client.say("text " + std::to_string(i));
    cluster.settle();
    const std::string heard = client.heard();
    for (int i = 1; i < 5; ++i) {
        EXPECT_LT(heard.find("text " + std::to_string(i - 1)),
                  heard.find("text " + std::to_string(i)));
    }
}

TEST(Plain, HtmlIsEscapedAndEmptyTextsAreIgnored) {
    // The text itself is kept as it was written: a native client gets it so.
    SmallCluster cluster;
    Client native(cluster);
    native.log_in("nat");
    native.join("lobby");
    Client plain(cluster, 0, "/plain");
    native.heard();
    EXPECT_THAT(plain.ask("<b>&</b>"), EndsWith(": &lt;b&gt;&amp;&lt;/b&gt;\n"));
    EXPECT_THAT(native.heard(), HasSubstr(R"("content":"<b>&</b>")"));
    EXPECT_EQ(plain.ask(""), "");
    EXPECT_EQ(plain.ask(" \n"), "");
}

TEST(Plain, ATextIsOneLine) {
    // Nobody can make a line that looks like another's text; who reads natively sees what was said.
    SmallCluster cluster;
    Client native(cluster);
    native.log_in("nat");
    native.join("lobby");
    Client plain(cluster, 0, "/plain");
    native.heard();
    EXPECT_THAT(plain.ask("one\nnat: two\r\nthree\u2028four"),
                EndsWith(": one ⏎ nat: two ⏎ three ⏎ four\n"));
    EXPECT_THAT(native.heard(), HasSubstr(R"(one\nnat: two\r\nthree)"));
}

TEST(Plain, ATextThatIsTooLongIsAnsweredByANotice) {
    // And the connection stays.
    SmallCluster cluster;
    Client client(cluster, 0, "/plain");
    EXPECT_THAT(client.ask(std::string(5000, 'x')), HasSubstr("longer than 4096"));
    EXPECT_THAT(client.ask("short"), EndsWith(": short\n"));
}

TEST(Plain, CompressionIsAgreedToAndDoesNotShow) {
    // A client that offers it reads what others read.
    SmallCluster cluster;
    Client squeezing(cluster, 0, "/plain", "permessage-deflate");
    Client other(cluster, 0, "/plain");
    EXPECT_THAT(squeezing.head, HasSubstr("Sec-WebSocket-Extensions: permessage-deflate"));
    const std::string text(1000, 'y');
    EXPECT_THAT(squeezing.ask(text), EndsWith(": " + text + "\n"));
    EXPECT_THAT(other.heard(), EndsWith(": " + text + "\n"));
}

TEST(Plain, TheEndOfTheServerClosesIt) {
    // With the code for a restart, and no word of JSON.
    SmallCluster cluster;
    Client client(cluster, 0, "/plain");
    cluster.say_drain();
    for (int i = 0; i < 3; ++i) cluster.nodes[0]->shard.on_lanes(cluster.clock.now());
    EXPECT_EQ(client.heard(), "close 1012\n");
}

}  // namespace
}  // namespace stentor::chat
