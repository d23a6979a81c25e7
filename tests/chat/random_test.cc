// The random sources and the tokens made of them. Thread: one.
// Invariant: equal seeds give equal runs.
#include "chat/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace stentor::chat {
namespace {

// A SeededRandom with the same seed gives the same numbers, with another seed others.
TEST(SeededRandom, OneSeedRepeatsTheRun) {
    SeededRandom first(7);
    SeededRandom again(7);
    SeededRandom other(8);
    bool differs = false;
    for (int draw = 0; draw < 1000; ++draw) {
        const auto number = first.next();
        EXPECT_EQ(number, again.next());
        differs |= number != other.next();
    }
    EXPECT_TRUE(differs);
}

// A seed of zero is as good as any: the state is never all zero.
TEST(SeededRandom, SeedZeroIsNotStuck) {
    SeededRandom random(0);
    std::set<std::uint64_t> seen;
    for (int draw = 0; draw < 1000; ++draw) seen.insert(random.next());
    EXPECT_EQ(seen.size(), 1000U);
}

// The kernel's source gives no number twice over many refills, and two sources share none.
TEST(SystemRandom, RefillsWithoutRepeating) {
    SystemRandom random;
    SystemRandom other;
    std::set<std::uint64_t> seen;
    for (int draw = 0; draw < 1000; ++draw) {
        seen.insert(random.next());
        seen.insert(other.next());
    }
    EXPECT_EQ(seen.size(), 2000U);
}

// A token has the length asked for, of a-z and 2-7 alone, and every character occurs.
TEST(RandomToken, IsLowerCaseBase32) {
    SeededRandom random(1);
    std::set<char> seen;
    for (std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{12}, std::size_t{13}, std::size_t{2000}}) {
        const std::string token = random_token(random, length);
        EXPECT_EQ(token.size(), length);
        seen.insert(token.begin(), token.end());
        EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
    }
    EXPECT_EQ(seen.size(), 32U);
}

// An epoch is 12 characters and does not come twice.
TEST(RandomEpoch, IsTwelveCharactersAndNew) {
    SeededRandom random(1);
    std::set<std::string> seen;
    for (int draw = 0; draw < 10'000; ++draw) {
        const std::string epoch = random_epoch(random);
        EXPECT_EQ(epoch.size(), 12U);
        seen.insert(epoch);
    }
    EXPECT_EQ(seen.size(), 10'000U);
}

}  // namespace
}  // namespace stentor::chat
