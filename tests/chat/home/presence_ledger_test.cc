// What a room says about who came and went.
#include "chat/home/presence_ledger.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace stentor::chat {
namespace {

constexpr UserId kAnn{1};
constexpr UserId kBob{2};
const core::Instant kNow{std::chrono::hours{1}};

TEST(PresenceLedger, JoinAndLeaveWithinATurnCancelOut) {
    // Nobody hears of a user who was not there between two frames.
    PresenceLedger ledger;
    ledger.joined(kAnn);
    ledger.left(kAnn);
    EXPECT_TRUE(ledger.empty());
    EXPECT_FALSE(ledger.due(kNow, 1));
}

TEST(PresenceLedger, WhoStoodOnAListLeavesAloud) {
    // Who was given the list of members before the join was told must hear of the leave.
    PresenceLedger ledger;
    ledger.joined(kAnn);
    ledger.listed();
    ledger.left(kAnn);
    EXPECT_EQ(ledger.take(kNow, 1).left, std::vector{kAnn});
    ledger.joined(kBob);
    ledger.left(kBob);
    EXPECT_TRUE(ledger.empty());
}

TEST(PresenceLedger, LeaveAndReturnIsSaidAsAJoinSoThatANewNameIsHeard) {
    // A user who left and came back may be called otherwise; a join of somebody present is
    // harmless.
    PresenceLedger ledger;
    ledger.left(kAnn);
    ledger.joined(kAnn);
    const auto news = ledger.take(kNow, 2);
    EXPECT_EQ(news.joined, std::vector{kAnn});
    EXPECT_TRUE(news.left.empty());
}

TEST(PresenceLedger, VersionRisesByOneAFrame) {
    // A client tells a lost frame by a jump of the version.
    PresenceLedger ledger;
    ledger.joined(kAnn);
    ledger.take(kNow, 1);
    EXPECT_EQ(ledger.version(), 1u);
    ledger.left(kAnn);
    ledger.joined(kBob);
    ledger.take(kNow, 1);
    EXPECT_EQ(ledger.version(), 2u);
}

TEST(PresenceLedger, ABigRoomSpeaksAtMostEveryHalfSecondOfTwentyUsers) {
    // 500 ms lie between two frames of a big room, none names more than 20, and all are named.
    PresenceLedger ledger;
    constexpr std::size_t kUsers = 250;
    for (std::uint64_t user = 1; user <= kUsers; ++user) {
        ledger.joined(UserId{user});
    }
    core::Instant now = kNow;
    std::set<UserId> named;
    while (!ledger.empty()) {
        ASSERT_TRUE(ledger.due(now, kUsers));
        const auto news = ledger.take(now, kUsers);
        EXPECT_LE(news.joined.size(), kPresenceNamesMax);
        named.insert(news.joined.begin(), news.joined.end());
        EXPECT_FALSE(
            ledger.due(now + kBigRoomPresenceInterval - std::chrono::milliseconds{1}, kUsers));
        now += kBigRoomPresenceInterval;
    }
    EXPECT_EQ(named.size(), kUsers);
}

TEST(PresenceLedger, ApplyingTheFramesGivesTheMembers) {
    // Whatever happens between frames, a client that applies them all ends with the true set.
    std::mt19937_64 random(11);
    PresenceLedger ledger;
    std::set<UserId> truth;
    std::set<UserId> seen;
    core::Instant now = kNow;
    for (int step = 0; step < 20000; ++step) {
        const UserId user{random() % 150 + 1};
        if (truth.contains(user)) {
            truth.erase(user);
            ledger.left(user);
        } else {
            truth.insert(user);
            ledger.joined(user);
        }
        if (random() % 8 == 0 || step == 19999) {
            do {
                now += kBigRoomPresenceInterval;
                const auto news = ledger.take(now, truth.size());
                seen.insert(news.joined.begin(), news.joined.end());
                for (const UserId gone : news.left) {
                    seen.erase(gone);
                }
            } while (step == 19999 && !ledger.empty());
        }
    }
    EXPECT_EQ(seen, truth);
}

}  // namespace
}  // namespace stentor::chat
