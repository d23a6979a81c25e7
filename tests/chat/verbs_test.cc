// What a client may do, and how fast.
#include "chat/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

class VerbsTest : public testing::Test {
protected:
    VerbsTest() {
        client.log_in("ann");
        client.join("lobby");
        client.heard();
    }
    void say_sends(int count) {
        for (int i = 0; i < count; ++i) {
            client.say(Client::send_command("lobby", "m" + std::to_string(++sent), "hello"));
        }
        cluster.settle();
    }
    std::uint64_t published() { return cluster.counter(ShardCounter::kPublished); }
    bool paused() { return cluster.gauge(ShardGauge::kPausedConnections) == 1; }
    bool closed() { return client.heard().find("close 4429") != std::string::npos; }

    SmallCluster cluster;
    Client client{cluster};
    int sent = 0;
};

TEST_F(VerbsTest, ABurstOfTwiceTheRateIsTakenAtOnce) {
    // 40 sends at 20 a second do not wait; the one behind them is taken and the next one waits.
    say_sends(40);
    EXPECT_EQ(published(), 40u);
    EXPECT_FALSE(paused());
    say_sends(2);
    EXPECT_EQ(published(), 41u);
    EXPECT_TRUE(paused());
    cluster.pass(milliseconds{60});
    EXPECT_EQ(published(), 42u);
}

TEST_F(VerbsTest, OverTheRateNothingIsLostAndTheOrderStays) {
    // What was pipelined comes out at the rate, each once, in the order in which it was said.
    say_sends(140);
    for (int i = 0; i < 60; ++i) {
        cluster.pass(milliseconds{100});
    }
    EXPECT_EQ(published(), 140u);
    EXPECT_FALSE(paused());
    const std::string heard = client.heard();
    std::size_t at = 0;
    for (int i = 1; i <= 140; ++i) {
        const std::string ack = R"("type":"ack","id":"m)" + std::to_string(i) + '"';
        const std::size_t next = heard.find(ack);
        ASSERT_NE(next, std::string::npos) << i;
        EXPECT_GT(next, at);
        at = next;
    }
}

TEST_F(VerbsTest, ThirtySecondsOverTheRateInARowEndIt) {
    // With 4429 and a word before it, not earlier.
    say_sends(1200);
    int tenths = 0;
    std::string heard;
    while (client.alive() && tenths < 600) {
        cluster.pass(milliseconds{100});
        ++tenths;
        heard += client.heard();
    }
    EXPECT_GE(tenths, 299);
    EXPECT_LE(tenths, 310);
    EXPECT_THAT(heard, HasSubstr(R"("code":"rate_limited")"));
    EXPECT_THAT(heard, HasSubstr("close 4429"));
    EXPECT_EQ(cluster.counter(ShardCounter::kOverRateCloses), 1u);
}

TEST_F(VerbsTest, ABurstNowAndThenIsNoFlood) {
    // A client that was over the rate for a moment, sends within it since, and is over it again
    // half a minute later was not over it in a row.
    say_sends(41);
    for (int i = 0; i < 350; ++i) {  // 19.5 a second: the bucket hardly fills
        cluster.pass(milliseconds{100});
        say_sends(i % 20 == 0 ? 1 : 2);
    }
    say_sends(60);
    EXPECT_TRUE(paused());
    EXPECT_FALSE(closed());
    EXPECT_TRUE(client.alive());
}

TEST_F(VerbsTest, ASendThatIsRefusedIsAnsweredOnce) {
    // Too long, into a room it is not in: one error with its id each.
    std::string heard = client.ask(Client::send_command("lobby", "long", std::string(4097, 'x')));
    EXPECT_THAT(heard, HasSubstr(R"("id":"long","code":"too_large")"));
    heard = client.ask(Client::send_command("attic", "far", "x"));
    EXPECT_THAT(heard, HasSubstr(R"("id":"far","code":"not_in_room")"));
    EXPECT_EQ(published(), 0u);
}

TEST_F(VerbsTest, ACommandHasNothingOfTheOneBefore) {
    // Its box may have been one of a reaction, a deletion, an answer: known again all the same.
    const auto send = [this] { return client.ask(Client::send_command("lobby", "plain", "x")); };
    client.ask(Client::send_command("lobby", "first", "x"));
    const std::string before = send();
    EXPECT_THAT(before, Not(HasSubstr("duplicate")));
    int ids = 0;
    for (const std::string_view fields :
         {R"("type":"react","target":1,"emoji":"!","on":true)",
          R"("type":"react","target":1,"emoji":"!","on":false)",
          R"("type":"send","content":"y","reply_to":1)",
          R"("type":"edit","target":2,"content":"z")", R"("type":"delete","target":2)"}) {
        const std::string id = std::to_string(++ids);
        EXPECT_THAT(
            client.ask(R"({"room":"lobby","id":")" + id + "\"," + std::string(fields) + "}"),
            HasSubstr(R"("type":"ack")"));
        EXPECT_THAT(send(), HasSubstr(R"("duplicate":true)"));
    }
}

TEST_F(VerbsTest, ContentIsCountedInCodePoints) {
    // 4096 of four bytes each are not too long.
    std::string content;
    for (int i = 0; i < 4096; ++i) {
        content += "\xf0\x9f\x91\x8d";
    }
    EXPECT_THAT(client.ask(Client::send_command("lobby", "a", content)), HasSubstr("\"ack\""));
    EXPECT_THAT(client.ask(Client::send_command("lobby", "b", content + "x")),
                HasSubstr("too_large"));
}

TEST_F(VerbsTest, MembersArePagedByUser) {
    // `after` is a user id; anything else is a bad request that names the field.
    EXPECT_THAT(client.ask(R"({"type":"members","id":"1","room":"lobby","after":"ann"})"),
                HasSubstr("after: "));
    EXPECT_THAT(client.ask(R"({"type":"members","id":"2","room":"lobby"})"),
                HasSubstr(R"("count":1)"));
}

TEST_F(VerbsTest, JoinsLeavesAndPagesArePacedBehindABurst) {
    // A hundred at once; what is behind them waits, is counted, and is all done in time.
    const std::uint64_t before = cluster.counter(ShardCounter::kJoins);
    for (int i = 0; i < 30; ++i) {
        for (const std::string_view type : {"join", "history", "members", "leave"}) {
            client.say(R"({"type":")" + std::string(type) + R"(","id":"x","room":"other"})");
        }
    }
    cluster.settle();
    EXPECT_EQ(cluster.counter(ShardCounter::kJoins) - before, 25u);
    EXPECT_TRUE(paused());
    EXPECT_EQ(cluster.counter(ShardCounter::kPacedJoins), 1u);
    cluster.pass(milliseconds{2'500});
    EXPECT_EQ(cluster.counter(ShardCounter::kJoins) - before, 30u);
    EXPECT_FALSE(paused());
    EXPECT_TRUE(client.alive());
    // The bucket of sends is another one.
    say_sends(40);
    EXPECT_EQ(published(), 40u);
}

}  // namespace
}  // namespace stentor::chat
