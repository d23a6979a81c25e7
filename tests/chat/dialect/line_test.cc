// line: chat over plain TCP.
#include "chat/dialect/line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/line_client.h"

namespace stentor::chat {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Line, AGreetingThenLinesUnderAGuestName) {
    // One line greets; what the tutorial's client sends comes back to all, and nothing else does.
    SmallCluster cluster({.shards = 2});
    LineClient one(cluster, 0);
    LineClient other(cluster, 1);
    EXPECT_THAT(one.greeting, StartsWith("* welcome to stentor: you are guest-"));
    EXPECT_EQ(std::ranges::count(one.greeting, '\n'), 1);
    const std::string said = one.name() + ": Ho\n" + one.name() + ": first blood\n";
    EXPECT_EQ(one.ask("Ho\r\nfirst blood\r\n"), said);
    EXPECT_EQ(other.heard(), said);
}

TEST(Line, LinesCutAnywhereAreTheSame) {
    // Byte by byte, telnet's commands, control characters and broken UTF-8 among them.
    SmallCluster cluster;
    LineClient client(cluster);
    std::string heard;
    for (const char byte : std::string("a\xff\xfb\x01"
                                       "b\x07"
                                       "c\xc3\n\n \nGr\xc3\xbc\xc3\x9f"
                                       "e\r\n")) {
        heard += client.ask({&byte, 1});
    }
    EXPECT_EQ(heard, client.name() + ": ab\ufffdc\ufffd\n" + client.name() + ": Grüße\n");
}

TEST(Line, ATextOfManyLinesIsOne) {
    // Of a native client; what could move a terminal's cursor is replaced.
    SmallCluster cluster;
    LineClient line(cluster);
    Client native(cluster);
    native.log_in("nat");
    native.join("lobby");
    native.ask(Client::send_command("lobby", "m", "one\\ntwo\\u001b[2J"));
    EXPECT_EQ(line.heard(), "nat: one ⏎ two\ufffd[2J\n");
}

TEST(Line, ALineOverTheLimitIsAnsweredAndSkipped) {
    // By bytes while it comes, by characters when it is whole; the next line counts.
    SmallCluster cluster({.shards = 1, .limits = {.message_bytes_max = 8000}});
    LineClient client(cluster);
    EXPECT_THAT(client.ask(std::string(8001, 'x')), HasSubstr("! a line of more than 8000 bytes"));
    EXPECT_EQ(client.ask("and more of it\nnext\n"), client.name() + ": next\n");
    EXPECT_THAT(client.ask(std::string(5000, 'x') + "\n"),
                HasSubstr("! content: longer than 4096"));
    EXPECT_EQ(client.ask("last\n"), client.name() + ": last\n");
}

TEST(Line, CommandsNameJoinWho) {
    // The room before is left when the new one is joined; an unknown command gets a line.
    SmallCluster cluster({.shards = 3});
    LineClient client(cluster, 0);
    LineClient other(cluster, 1);
    EXPECT_EQ(client.ask("/name ann\n"), "* you are ann now\n");
    EXPECT_THAT(other.ask("/name ann\n"), StartsWith("! the name \"ann\" is taken"));
    EXPECT_THAT(other.ask("/name a b\n"), StartsWith("! name:"));
    EXPECT_EQ(client.ask("/join den\n"), "* you are in den now, one of 1\n");
    EXPECT_EQ(client.ask("/who\n"), "* in den: ann\n");
    EXPECT_EQ(client.ask("quiet here\n"), "ann: quiet here\n");
    EXPECT_EQ(other.heard(), "");
    EXPECT_EQ(other.ask("/who\n"), "* in lobby: " + other.name() + "\n");
    EXPECT_THAT(client.ask("/dance\n"), StartsWith("! no command /dance; there are /name"));
    EXPECT_THAT(client.ask("/join no room\n"), StartsWith("! room:"));
    EXPECT_EQ(client.ask("still in den\n"), "ann: still in den\n");
}

TEST(Line, JoinsAndTextsMayBePipelined) {
    // Each text goes to the room that was named last before it, and only the last room is left
    // over.
    SmallCluster cluster({.shards = 3});
    LineClient lobby(cluster, 2);
    LineClient client(cluster, 0);
    client.ask("/name ann\n");
    const std::string heard = client.ask(
        "to lobby\n/join a\nto a\n/join b\nto b\n/join lobby\nback\n/who\n/join b\n/join lobby\n");
    EXPECT_THAT(heard, HasSubstr("ann: back\n"));
    EXPECT_EQ(lobby.heard(), "ann: to lobby\nann: back\n");
    EXPECT_THAT(client.ask("/who\n"), HasSubstr("ann"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kMemberships), 2);
    EXPECT_EQ(client.ask("here\n"), "ann: here\n");
}

TEST(Line, MsgIsForOneUser) {
    // So is a text that begins with "@NAME "; both see it, marked, and nobody else does.
    SmallCluster cluster({.shards = 3});
    LineClient ann(cluster, 0);
    LineClient bob(cluster, 1);
    LineClient eve(cluster, 2);
    ann.ask("/name ann\n");
    bob.ask("/name bob\n");
    EXPECT_EQ(ann.ask("/msg bob psst\n"), "ann: [private] psst\n");
    EXPECT_EQ(bob.heard(), "ann: [private] psst\n");
    EXPECT_EQ(bob.ask("@ann what?\n"), "bob: @ann what?\n");
    EXPECT_EQ(ann.heard(), "bob: @ann what?\n");
    EXPECT_THAT(ann.ask("/msg nobody psst\n"), StartsWith("! "));
    EXPECT_THAT(ann.ask("/msg bob\n"), StartsWith("! /msg NAME TEXT"));
    EXPECT_EQ(eve.heard(), "");
    ann.say("/msg bob bye\nbye all\n@bob last");
    const std::string heard = ann.end_input();
    EXPECT_THAT(heard, HasSubstr("ann: [private] bye\n"));
    EXPECT_THAT(heard, HasSubstr("ann: bye all\n"));
    EXPECT_THAT(heard, HasSubstr("ann: @bob last\n"));
}

TEST(Line, WhatWasAskedIsAnsweredBehindTheEndOfInput) {
    // Also a last line without an end, and all of what waits for its pace.
    for (const std::uint32_t shards : {1u, 4u}) {
        SmallCluster cluster({.shards = shards});
        LineClient client(cluster);
        const std::string name = client.name();
        client.say("one\n/join den\ntwo\n/who\nthree");
        const std::string heard = client.end_input();
        EXPECT_THAT(heard, HasSubstr(name + ": one\n"));
        EXPECT_THAT(heard, HasSubstr("* in den: " + name));
        EXPECT_THAT(heard, HasSubstr(name + ": two\n"));
        EXPECT_THAT(heard, EndsWith(name + ": three\n"));
        EXPECT_FALSE(client.alive());
        EXPECT_EQ(cluster.gauge(ShardGauge::kHomeRoomMembers), 0) << "who said so leaves at once";
    }
}

TEST(Line, AnEndOfInputWithNothingSaidEndsAtOnce) {
    // Even before the login is through.
    SmallCluster cluster({.shards = 2});
    LineClient client(cluster);
    EXPECT_EQ(client.end_input(), "");
    EXPECT_FALSE(client.alive());
}

TEST(Line, QuitSaysByeBehindTheAnswers) {
    // What comes behind it is not read.
    SmallCluster cluster({.shards = 2});
    LineClient client(cluster);
    client.say("one\n/quit\nnever\n");
    EXPECT_EQ(client.last_words(), client.name() + ": one\n* bye\n");
    EXPECT_FALSE(client.alive());
}

TEST(Line, SilenceEndsItWithALastLine) {
    // Whoever says something within the time stays; no ping is ever sent.
    SmallCluster cluster({.shards = 1, .limits = {.line_idle = std::chrono::minutes{5}}});
    LineClient silent(cluster);
    LineClient talks(cluster);
    for (int minute = 0; minute < 4; ++minute) {
        cluster.pass(std::chrono::minutes{1});
        talks.say("hi\n");
        cluster.settle();
    }
    EXPECT_TRUE(silent.alive());
    cluster.clock.advance(std::chrono::seconds{61} - std::chrono::milliseconds{500});
    EXPECT_THAT(silent.last_words(), HasSubstr("\n* nothing was said for too long\n"));
    cluster.pass(std::chrono::minutes{2});
    EXPECT_TRUE(talks.alive());
    EXPECT_EQ(cluster.counter(ShardCounter::kPings), 0u);
}

TEST(Line, TheSendRateHoldsItBackAndLosesNothing) {
    // Two hundred lines at once, twenty a second with a burst of forty.
    SmallCluster cluster;
    LineClient client(cluster);
    std::string all;
    for (int i = 0; i < 200; ++i) all += "line " + std::to_string(i) + "\n";
    client.say(all);
    cluster.settle();
    EXPECT_LT(std::ranges::count(client.heard(), '\n'), 60);
    cluster.pass(std::chrono::seconds{10});
    EXPECT_THAT(client.heard(), EndsWith(": line 199\n"));
}

TEST(Line, ASlowReaderGetsALineThatSaysHowManyItMissed) {
    // And goes on live behind it.
    SmallCluster cluster(
        {.shards = 1, .limits = {.outbox_bytes = 16 * 1024, .sends_per_second = 0}});
    LineClient slow(cluster);
    Client native(cluster);
    native.log_in("nat");
    native.join("lobby");
    const std::string text(1000, 'x');
    for (int i = 0; i < 40; ++i) {
        native.ask(Client::send_command("lobby", std::to_string(i), text));
    }
    cluster.settle();
    const std::string heard = slow.heard();
    EXPECT_LT(heard.size(), 20'000u);
    EXPECT_THAT(heard, testing::ContainsRegex("… [0-9]+ messages missed in lobby"));
    native.ask(Client::send_command("lobby", "last", "live again"));
    EXPECT_EQ(slow.heard(), "nat: live again\n");
}

TEST(Line, TheServersEndIsALine) {
    // No WebSocket frame is ever sent to it.
    SmallCluster cluster;
    LineClient client(cluster);
    cluster.say_drain();
    EXPECT_EQ(client.last_words(), "* the server ends\n");
}

}  // namespace
}  // namespace stentor::chat
