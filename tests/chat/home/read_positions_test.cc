// How far users have read, as a room tells it.
#include "chat/home/read_positions.h"

#include <gtest/gtest.h>

#include "chat/limits.h"

namespace stentor::chat {
namespace {

TEST(ReadPositions, TheyNeverGoBack) {
    // What is not farther is no news, told or not.
    ReadPositions positions;
    const core::Instant now{};
    EXPECT_TRUE(positions.note(UserId{1}, 5, now));
    EXPECT_FALSE(positions.note(UserId{1}, 5, now));
    EXPECT_FALSE(positions.note(UserId{1}, 4, now));
    EXPECT_TRUE(positions.note(UserId{1}, 6, now));
    const auto news = positions.take(now);
    ASSERT_EQ(news.size(), 1u);
    EXPECT_EQ(news[0].seq, 6u);
    EXPECT_FALSE(positions.note(UserId{1}, 6, now));
    EXPECT_EQ(positions.next_deadline(), std::nullopt);
}

TEST(ReadPositions, TheFirstIsToldAtOnceAndOthersOnceASecond) {
    // All that came meanwhile in one.
    ReadPositions positions;
    core::Instant now{std::chrono::seconds{100}};
    positions.note(UserId{1}, 1, now);
    EXPECT_EQ(positions.next_deadline(), now);
    positions.take(now);
    const core::Instant due = now + kReadInterval;
    now += kReadInterval / 2;
    positions.note(UserId{1}, 2, now);
    positions.note(UserId{2}, 2, now);
    EXPECT_EQ(positions.next_deadline(), due);
    EXPECT_EQ(positions.take(due).size(), 2u);
}

TEST(ReadPositions, WhatIsKeptIsBounded) {
    // Who changed longest ago is forgotten.
    ReadPositions positions;
    for (std::uint64_t i = 1; i <= 3 * kReadPositionsMax; ++i) {
        positions.note(UserId{i}, 7, {});
    }
    EXPECT_EQ(positions.take({}).size(), kReadPositionsMax);
    EXPECT_FALSE(positions.note(UserId{3 * kReadPositionsMax}, 7, {}));
    EXPECT_TRUE(positions.note(UserId{1}, 7, {}));
}

}  // namespace
}  // namespace stentor::chat
