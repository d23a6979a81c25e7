// Names at their home: who holds which, and for how long.
#include "chat/home/name_home.h"

#include <gtest/gtest.h>

#include "chat/names.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

class NameHomeTest : public testing::Test, public HomeFixture {
protected:
    bool claim(UserId user, const std::string& skeleton) {
        home.handle(ClaimName{connection(1, 5), user, 1, skeleton});
        return only_told<Box<NameAnswered>>(1)->granted;
    }
    void release(UserId user, const std::string& skeleton, std::uint32_t claims = 1) {
        home.handle(ReleaseName{user, claims, skeleton});
    }
    NameHome home{context};
};

TEST_F(NameHomeTest, ANameHasOneUser) {
    // The second user who asks for a name does not get it; the first may claim it again.
    EXPECT_TRUE(claim(user(1), "ann"));
    EXPECT_FALSE(claim(user(2), "ann"));
    EXPECT_TRUE(claim(user(1), "ann"));
}

TEST_F(NameHomeTest, TheOperatorsNameIsNobodyElses) {
    // Whether or not there is an operator; nor is it held for who had it before that was so.
    const std::string name = name_skeleton("Operator");
    home.hold({.user = user(7), .skeleton = name, .left = limits.name_hold});
    EXPECT_FALSE(claim(user(7), name));
    EXPECT_EQ(gauge(ShardGauge::kHomeNames), 0);
    EXPECT_TRUE(claim(kOperator, name));
    EXPECT_FALSE(claim(user(7), name));
    release(kOperator, name);
    pass(limits.name_hold);
    home.on_timers();
    EXPECT_FALSE(claim(user(7), name));
}

TEST_F(NameHomeTest, ANameIsHeldForItsAbsentUser) {
    // Within the hold only its user gets the name; after it anybody does.
    claim(user(1), "ann");
    release(user(1), "ann");
    EXPECT_EQ(gauge(ShardGauge::kHeldNames), 1);
    EXPECT_FALSE(claim(user(2), "ann"));
    pass(limits.name_hold);
    home.on_timers();
    EXPECT_EQ(gauge(ShardGauge::kHomeNames), 0);
    EXPECT_TRUE(claim(user(2), "ann"));
}

TEST_F(NameHomeTest, AReturnEndsTheHold) {
    // A hold that began before the return does not take the name from who returned.
    claim(user(1), "ann");
    release(user(1), "ann");
    pass(limits.name_hold / 2);
    EXPECT_TRUE(claim(user(1), "ann"));
    pass(limits.name_hold);
    home.on_timers();
    EXPECT_FALSE(claim(user(2), "ann"));
    EXPECT_EQ(gauge(ShardGauge::kHeldNames), 0);
}

TEST_F(NameHomeTest, TheLastConnectionBeginsTheHold) {
    // While one of two connections stays, the name is claimed and no deadline runs.
    claim(user(1), "ann");
    claim(user(1), "ann");
    release(user(1), "ann");
    EXPECT_EQ(home.next_deadline(), std::nullopt);
    release(user(1), "ann");
    EXPECT_EQ(home.next_deadline(), context.now + limits.name_hold);
}

TEST_F(NameHomeTest, ClaimsMoveWithoutAnAnswer) {
    // A renaming moves claims for connections that wait for nothing.
    claim(user(1), "ann");
    home.handle(ClaimName{ConnectionId{}, user(1), 3, "ann"});
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
        EXPECT_TRUE(told(shard).empty());
    }
    release(user(1), "ann", 3);
    EXPECT_FALSE(claim(user(2), "ann"));
}

TEST_F(NameHomeTest, AReleaseBySomebodyElseChangesNothing) {
    // A release that comes late, when the name is another's, takes nothing from it.
    claim(user(2), "ann");
    release(user(1), "ann");
    EXPECT_FALSE(claim(user(1), "ann"));
    EXPECT_EQ(gauge(ShardGauge::kHeldNames), 0);
}

TEST_F(NameHomeTest, HeldNamesAreBounded) {
    // Beyond the bound the oldest hold ends early, and it is counted.
    for (std::uint64_t i = 0; i <= kHeldNamesMax; ++i) {
        const std::string name = "guest-" + std::to_string(i);
        home.handle(ClaimName{ConnectionId{}, user(i + 1), 1, name});
        release(user(i + 1), name);
    }
    EXPECT_EQ(gauge(ShardGauge::kHeldNames), static_cast<std::int64_t>(kHeldNamesMax));
    EXPECT_EQ(context.metrics.counters[ShardCounter::kNamesForgotten].value(), 1u);
    EXPECT_TRUE(claim(user(999'999), "guest-0"));
}

TEST_F(NameHomeTest, AHeldNameIsStillItsUsers) {
    // Claimed or held it is found; a name that nobody has is nobody's.
    const auto found = [this](const std::string& skeleton) {
        home.handle(FindName{connection(2, 3), skeleton});
        return only_told<UserFound>(2).user;
    };
    EXPECT_EQ(found("ann"), UserId{});
    home.handle(ClaimName{connection(1, 4), user(9), 1, "ann"});
    told(1);
    EXPECT_EQ(found("ann"), user(9));
    home.handle(ReleaseName{user(9), 1, "ann"});
    EXPECT_EQ(found("ann"), user(9));
}

TEST_F(NameHomeTest, AKickIsToldToEveryShardAndAnswered) {
    // Of a name that is nobody's no shard hears.
    home.handle(ClaimName{{}, user(9), 1, "ann"});
    home.handle(KickName{connection(1, 4), "ann", "k"});
    EXPECT_EQ(only_told<KickUser>(0).user, user(9));
    EXPECT_EQ(only_told<KickUser>(2).user, user(9));
    EXPECT_EQ(told(1).size(), 2u);
    home.handle(KickName{connection(1, 4), "bob", "k2"});
    const auto kicked = only_told<Box<Kicked>>(1);
    EXPECT_FALSE(kicked->found);
    EXPECT_EQ(kicked->command_id, "k2");
    EXPECT_TRUE(told(0).empty());
}

}  // namespace
}  // namespace stentor::chat
