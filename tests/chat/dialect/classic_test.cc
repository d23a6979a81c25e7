// classic: the JSON chat room of the tutorials.
#include "chat/dialect/classic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string login(std::string_view name) {
    return R"({"type":"login","content":")" + std::string(name) + R"("})";
}
std::string user(std::string_view text) {
    return R"({"type":"user","content":")" + std::string(text) + R"("})";
}

TEST(Classic, TheConversationOfTheTutorial) {
    // handshake, login with the list of names, user to all, logout: as the pages expect it.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster, 0, "/classic");
    EXPECT_EQ(ann.heard(), R"({"type":"handshake","content":"done"})"
                           "\n");
    EXPECT_EQ(ann.ask(login("ann")), R"({"type":"login","content":"ann","user_list":["ann"]})"
                                     "\n");
    Client bob(cluster, 1, "/classic");
    bob.heard();
    bob.say(login("bob"));
    cluster.settle();
    const std::string both = ann.heard();
    EXPECT_THAT(both, testing::StartsWith(R"({"type":"login","content":"bob","user_list":[")"));
    EXPECT_THAT(both, HasSubstr(R"("ann")"));
    EXPECT_THAT(bob.heard(), HasSubstr(R"({"type":"login","content":"bob","user_list":[")"));
    const std::string said = ann.ask(user("hello <i>you</i>"));
    EXPECT_EQ(said, R"({"type":"user","from":"ann","content":"hello &lt;i&gt;you&lt;/i&gt;"})"
                    "\n");
    EXPECT_EQ(bob.heard(), said);
    bob.say_close();
    cluster.settle();
    EXPECT_EQ(bob.heard(), "close 1000\n");
    cluster.settle();
    EXPECT_EQ(ann.heard(), R"({"type":"logout","content":"bob","user_list":["ann"]})"
                           "\n");
}

TEST(Classic, ANameThatCannotBeHadIsReplacedWithANotice) {
    // Missing, null, bad, too long, taken: each gets a free one, and is told.
    SmallCluster cluster({.shards = 2});
    Client first(cluster, 0, "/classic");
    first.ask(login("ann"));
    for (const std::string& wish :
         {std::string(R"({"type":"login"})"), std::string(R"({"type":"login","content":null})"),
          std::string(R"({"type":"login","content":7})"), login(""), login("a b"),
          login(std::string(2000, 'x')), login("ann"), login("<b>")}) {
        Client client(cluster, 1, "/classic");
        client.heard();
        const std::string heard = client.ask(wish);
        EXPECT_THAT(heard, HasSubstr(R"({"type":"system","content":)")) << wish;
        EXPECT_THAT(heard, HasSubstr("you are called guest-")) << wish;
        EXPECT_THAT(heard, HasSubstr(R"({"type":"login","content":"guest-)")) << wish;
        EXPECT_THAT(heard, Not(HasSubstr("<b>")));
        EXPECT_THAT(client.ask(user("I am here")), HasSubstr("I am here")) << wish;
    }
}

TEST(Classic, WhatIsNoMessageIsAnsweredOrIgnored) {
    // Before the login, no JSON, an unknown type, an empty text, a second login.
    SmallCluster cluster;
    Client client(cluster, 0, "/classic");
    client.heard();
    EXPECT_THAT(client.ask(user("early")), HasSubstr("send your login first"));
    EXPECT_THAT(client.ask("hello"), HasSubstr("no JSON object"));
    EXPECT_THAT(client.ask("[1]"), HasSubstr("no JSON object"));
    client.ask(login("ann"));
    EXPECT_THAT(client.ask(R"({"type":"dance"})"), HasSubstr("system"));
    EXPECT_EQ(client.ask(user("")), "");
    EXPECT_EQ(client.ask(R"({"type":"user"})"), "");
    EXPECT_THAT(client.ask(login("bob")), HasSubstr("you are here already, as ann"));
}

TEST(Classic, OneRoomWithTheOtherDialects) {
    // Native and classic clients read each other, and edits show.
    SmallCluster cluster({.shards = 2});
    Client native(cluster, 1);
    native.log_in("nat");
    native.join("lobby");
    Client classic(cluster, 0, "/classic");
    classic.heard();
    EXPECT_THAT(classic.ask(login("ann")), HasSubstr(R"("user_list":[)"));
    native.heard();
    native.ask(Client::send_command("lobby", "m1", "from afar"));
    EXPECT_EQ(classic.heard(), R"({"type":"user","from":"nat","content":"from afar"})"
                               "\n");
    classic.ask(user("hi"));
    EXPECT_THAT(native.heard(), HasSubstr(R"("from":"ann","content":"hi")"));
}

TEST(Classic, ATextForOneUserGoesToThatUserAlone) {
    // And back to its sender, whatever dialects they speak; if nobody is called so, nothing is
    // said.
    SmallCluster cluster({.shards = 3});
    Client ann(cluster, 0, "/classic");
    Client bob(cluster, 1, "/plain");
    Client eve(cluster, 2, "/classic");
    Client nat(cluster, 1);
    nat.log_in("nat");
    ann.ask(login("ann"));
    eve.ask(login("eve"));
    const std::string hello = bob.ask("hello");
    const std::string bobs_name = hello.substr(0, hello.find(':'));
    ann.heard();
    eve.heard();
    nat.heard();
    const std::string said = ann.ask(user("@" + bobs_name + " psst <1>"));
    EXPECT_EQ(said, R"({"type":"user","from":"ann","content":"@)" + bobs_name +
                        R"( psst &lt;1&gt;","private":true})"
                        "\n");
    EXPECT_EQ(bob.heard(), "ann: @" + bobs_name + " psst &lt;1&gt;\n");
    EXPECT_THAT(ann.ask(user("@nat hi")), HasSubstr("@nat hi"));
    EXPECT_THAT(nat.heard(), HasSubstr(R"("content":"@nat hi")"));
    EXPECT_THAT(bob.ask("@eve so"), testing::EndsWith(": @eve so\n"));
    EXPECT_THAT(eve.heard(), HasSubstr(R"("content":"@eve so","private":true)"));
    EXPECT_THAT(ann.ask(user("@nobody hi")), HasSubstr(R"({"type":"system","content":)"));
    EXPECT_THAT(ann.ask(user("@a/b hi")), HasSubstr(R"({"type":"system","content":)"));
    EXPECT_EQ(eve.heard() + bob.heard() + nat.heard(), "");
}

TEST(Classic, AListNamesTwoHundredAtMost) {
    // However many are there; pages are fetched for it.
    SmallCluster cluster({.shards = 2});
    std::vector<std::unique_ptr<Client>> crowd;
    for (int i = 0; i < 230; ++i) {
        crowd.push_back(std::make_unique<Client>(cluster, 1));
        crowd.back()->log_in("user" + std::to_string(i));
        crowd.back()->join("lobby");
    }
    Client classic(cluster, 0, "/classic");
    classic.ask(login("ann"));
    cluster.pass(std::chrono::seconds{1});
    classic.heard();
    Client late(cluster, 0, "/classic");
    late.say(login("late"));
    cluster.pass(std::chrono::seconds{1});
    const std::string heard = classic.heard();
    const std::size_t begin = heard.rfind(R"("user_list":[)");
    ASSERT_NE(begin, std::string::npos);
    const std::string list = heard.substr(begin);
    EXPECT_EQ(std::ranges::count(list, ','), 199) << list;
    crowd.front()->say_close();
    cluster.pass(std::chrono::seconds{1});
    crowd.clear();
}

TEST(Classic, LoggingOutClosesTheConnection) {
    // And the others hear it at once.
    SmallCluster cluster;
    Client ann(cluster, 0, "/classic");
    ann.ask(login("ann"));
    Client bob(cluster, 0, "/classic");
    bob.ask(login("bob"));
    ann.heard();
    bob.say(R"({"type":"logout","content":"bob"})");
    cluster.settle();
    EXPECT_THAT(bob.heard(), HasSubstr("close 1000"));
    cluster.settle();
    EXPECT_THAT(ann.heard(), HasSubstr(R"({"type":"logout","content":"bob","user_list":["ann"]})"));
}

}  // namespace
}  // namespace stentor::chat
