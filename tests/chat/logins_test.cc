// Logging in: names, sessions, renamings, and deaths in the middle of it.
#include "chat/logins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/chat/support/small_cluster.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string session_in(const std::string& logged_in) {
    constexpr std::string_view kKey = R"("session":")";
    const std::size_t at = logged_in.find(kKey) + kKey.size();
    return logged_in.substr(at, logged_in.find('"', at) - at);
}
std::string login_with(const std::string& session, const std::string& name = {}) {
    return R"({"type":"login","id":"s","session":")" + session + '"' +
           (name.empty() ? "" : R"(,"name":")" + name + '"') + "}";
}

// All that logins hold, when everybody is gone and the names' time is over.
void expect_baseline(SmallCluster& cluster) {
    cluster.pass(cluster.plan.limits.name_hold + std::chrono::seconds{1});
    for (const ShardGauge which :
         {ShardGauge::kConnections, ShardGauge::kSessions, ShardGauge::kLocalUsers,
          ShardGauge::kHomeUsers, ShardGauge::kHomeNames, ShardGauge::kHeldNames,
          ShardGauge::kBackwardSteps, ShardGauge::kPausedConnections}) {
        EXPECT_EQ(cluster.gauge(which), 0) << "gauge " << static_cast<int>(which);
    }
}

TEST(Logins, ANameIsGivenOnceOverAllShards) {
    // Whoever asks second is refused, wherever it is connected, and may ask for another name.
    SmallCluster cluster({.shards = 3});
    Client ann(cluster, 0);
    Client eve(cluster, 2);
    EXPECT_THAT(ann.log_in("ann"), HasSubstr(R"("type":"logged_in","id":"l")"));
    EXPECT_THAT(eve.log_in("Ann"), HasSubstr(R"("code":"name_taken")"));
    EXPECT_THAT(eve.log_in("eve"), HasSubstr(R"("name":"eve")"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeUsers), 2);
}

TEST(Logins, TheOperatorsNameIsTakenWithoutAConsole) {
    // Nobody is called like the operator, by a login or by a renaming.
    SmallCluster cluster({.shards = 2});
    Client eve(cluster, 1);
    EXPECT_THAT(eve.log_in("operator"), HasSubstr(R"("code":"name_taken")"));
    EXPECT_THAT(eve.log_in("eve"), HasSubstr(R"("name":"eve")"));
    EXPECT_THAT(eve.log_in("Operator"), HasSubstr(R"("code":"name_taken")"));
    eve.leave_without_a_word();
    expect_baseline(cluster);
}

TEST(Logins, WhoBringsNoNameIsAGuestWithAFreeOne) {
    // A guest name that is taken is drawn again until one is free: two sources that draw the same
    // numbers still give two names.
    SmallCluster cluster({.shards = 2});
    for (auto& node : cluster.nodes) {
        node->random = SeededRandom(5);
    }
    Client first(cluster, 0);
    Client second(cluster, 1);
    first.say(R"({"type":"login","id":"1"})");
    second.say(R"({"type":"login","id":"2"})");
    cluster.settle();
    EXPECT_THAT(first.heard(), HasSubstr(R"("id":"1")"));
    EXPECT_THAT(second.heard(), HasSubstr(R"("type":"logged_in","id":"2")"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kSessions), 2);
}

TEST(Logins, CommandsBehindALoginWaitForIt) {
    // A pipelined join is handled when its login is through, not refused before.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster, 1);
    ann.say(R"({"type":"login","id":"1","name":"ann"})");
    ann.say(R"({"type":"join","id":"2","room":"lobby"})");
    cluster.settle();
    const std::string heard = ann.heard();
    EXPECT_LT(heard.find("logged_in"), heard.find("\"joined\""));
    EXPECT_THAT(heard, Not(HasSubstr("login_first")));
}

TEST(Logins, ASessionGivenBackIsTheSameUserOnOneMoreConnection) {
    // Its name is what the user is called now; the user leaves the names when both are gone.
    SmallCluster cluster({.shards = 3});
    Client first(cluster, 0);
    const std::string session = session_in(first.log_in("ann"));
    Client second(cluster, 1);
    EXPECT_THAT(second.ask(login_with(session)), HasSubstr(R"("name":"ann")"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeUsers), 1);
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeNames), 1);
    first.leave_without_a_word();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kHeldNames), 0);
    second.leave_without_a_word();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kHeldNames), 1);
    expect_baseline(cluster);
}

TEST(Logins, ARenamingMovesTheOtherSessionsToo) {
    // With a session and another free name all connections of the user go by it, on all shards,
    // and the old name is held, then free; nothing is left over in the end.
    SmallCluster cluster({.shards = 3});
    Client first(cluster, 0);
    const std::string session = session_in(first.log_in("ann"));
    Client same_shard(cluster, 0);
    same_shard.ask(login_with(session));
    Client other_shard(cluster, 2);
    EXPECT_THAT(other_shard.ask(login_with(session, "bob")), HasSubstr(R"("name":"bob")"));
    EXPECT_THAT(first.ask(R"({"type":"login","id":"9"})"), HasSubstr(R"("name":"bob")"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kHomeNames), 2);
    EXPECT_EQ(cluster.gauge(ShardGauge::kHeldNames), 1);
    for (Client* client : {&first, &same_shard, &other_shard}) {
        client->leave_without_a_word();
    }
    expect_baseline(cluster);
}

TEST(Logins, TwoShardsThatRenameAtOnceEndWithOneName) {
    // Whatever came last at the user's home holds everywhere, and every claim is given back.
    for (const bool third_joins : {false, true}) {
        SmallCluster cluster({.shards = 3});
        Client first(cluster, 0);
        const std::string session = session_in(first.log_in("ann"));
        Client second(cluster, 1);
        second.ask(login_with(session));
        std::unique_ptr<Client> third = std::make_unique<Client>(cluster, 2);
        if (third_joins) {
            third->ask(login_with(session));
        }
        first.say(R"({"type":"login","id":"x","name":"bob"})");
        second.say(R"({"type":"login","id":"y","name":"carl"})");
        cluster.settle();
        first.heard();
        second.heard();
        const auto name_now = [](Client& client) {
            const std::string heard = client.ask(R"({"type":"login","id":"z"})");
            const std::size_t at = heard.find(R"("name":)");
            return heard.substr(at, heard.find(',', at) - at);
        };
        EXPECT_EQ(name_now(first), name_now(second));
        EXPECT_EQ(cluster.gauge(ShardGauge::kHomeNames) - cluster.gauge(ShardGauge::kHeldNames), 1);
        for (Client* client : {&first, &second, third.get()}) {
            client->leave_without_a_word();
        }
        expect_baseline(cluster);
    }
}

TEST(Logins, ARefusedRenamingLeavesTheNameAsItIs) {
    // The session stays logged in by its old name, and owes one claim on it, no more.
    SmallCluster cluster({.shards = 2});
    Client ann(cluster, 0);
    Client bob(cluster, 1);
    ann.log_in("ann");
    bob.log_in("bob");
    EXPECT_THAT(ann.log_in("bob"), HasSubstr(R"("code":"name_taken")"));
    EXPECT_THAT(ann.ask(R"({"type":"login","id":"9"})"), HasSubstr(R"("name":"ann")"));
    ann.leave_without_a_word();
    bob.leave_without_a_word();
    cluster.settle();
    EXPECT_EQ(cluster.gauge(ShardGauge::kHeldNames), 2);
    expect_baseline(cluster);
}

TEST(Logins, ADeathAtAnyStepGivesEverythingBack) {
    // A connection that ends after any number of turns of either shard leaves neither an
    // attachment nor a claim, whether it was a first login, a guest's or a renaming.
    for (const std::string_view login :
         {R"({"type":"login","id":"1","name":"bob"})", R"({"type":"login","id":"1"})"}) {
        for (const bool renames : {false, true}) {
            for (unsigned turns = 0; turns < 256; ++turns) {
                SmallCluster cluster({.shards = 2});
                Client client(cluster, 0);
                if (renames) {
                    client.log_in("ann");
                }
                client.say(login);
                for (unsigned bits = turns | 0x100u; bits > 1; bits >>= 1) {
                    cluster.turn(bits & 1u);
                }
                client.leave_without_a_word();
                cluster.settle();
                ASSERT_FALSE(client.alive());
                expect_baseline(cluster);
            }
        }
    }
}

TEST(Logins, WhatIsNoLoginIsRefusedAtOnce) {
    // A bad name, a token, a forged session and another user's session say which field is wrong,
    // and the connection goes on.
    SmallCluster cluster;
    Client ann(cluster);
    EXPECT_THAT(ann.ask(R"({"type":"login","id":"1","name":"a b"})"), HasSubstr("bad_name"));
    EXPECT_THAT(ann.ask(R"({"type":"login","id":"2","token":"x"})"), HasSubstr("token: "));
    EXPECT_THAT(ann.ask(login_with("s1.x.y")), HasSubstr("session: "));
    Client eve(cluster);
    const std::string session = session_in(eve.log_in("eve"));
    ann.log_in("ann");
    EXPECT_THAT(ann.ask(login_with(session)), HasSubstr("another user"));
    EXPECT_EQ(cluster.gauge(ShardGauge::kPausedConnections), 0);
}

TEST(Logins, AFullLaneDelaysALoginAndLosesNone) {
    // With lanes of one slot and pending lists of one, many logins at once all come through, and
    // no shard goes to sleep over a step that could be taken.
    SmallCluster cluster({.shards = 2, .lane_slots = 1, .pending_max = 1});
    std::vector<std::unique_ptr<Client>> clients;
    for (std::uint32_t i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<Client>(cluster, i % 2));
        clients.back()->say(R"({"type":"login","id":"1","name":"user-)" + std::to_string(i) +
                            R"("})");
    }
    for (int i = 0; i < 200; ++i) {
        cluster.pass(kStalledRetry);
    }
    for (const auto& client : clients) {
        EXPECT_THAT(client->heard(), HasSubstr("logged_in"));
        client->leave_without_a_word();
    }
    for (int i = 0; i < 200; ++i) {
        cluster.pass(kStalledRetry);
    }
    expect_baseline(cluster);
}

}  // namespace
}  // namespace stentor::chat
