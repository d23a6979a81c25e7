// What the control tells shards that hear, and one that is stuck.
#include "chat/shard_tells.h"

#include <gtest/gtest.h>

#include <vector>

namespace stentor::chat {
namespace {

constexpr std::uint32_t kShards = 2;
constexpr std::uint32_t kControl = kShards;
constexpr std::uint32_t kTellRank = static_cast<std::uint32_t>(Rank::kTell);

class ShardTells : public testing::Test {
protected:
    std::size_t hear(std::uint32_t shard) {
        return queue.port(shard).drain(
            kTellRank, SIZE_MAX, [] { return true; }, [](std::uint32_t, Envelope&&) {});
    }

    BroadcastQueue queue{
        {.participants = kShards + 1, .ranks = kRanks, .lane_slots = 4, .pending_max = 8}};
    Port& control = queue.port(kControl);
};

// A shard that hears nothing for long holds up no other one and nothing piles up for it; once it
// hears again it is told what it is told from then on.
TEST_F(ShardTells, AStuckShardIsToldAgainWhenItHears) {
    for (int i = 0; i < 20; ++i) {
        tell_shards_that_hear(control, kShards, RelieveMemory{});
        EXPECT_EQ(hear(0), 1u);
    }
    EXPECT_EQ(control.pending(), 1u);
    EXPECT_EQ(hear(1), 4u);
    tell_shards_that_hear(control, kShards, RelieveMemory{});
    EXPECT_EQ(control.pending(), 0u);
    EXPECT_EQ(hear(1), 1u);
    tell_shards_that_hear(control, kShards, RelieveMemory{});
    EXPECT_EQ(hear(0), 2u);
    EXPECT_EQ(hear(1), 1u);
}

// What is told once waits for a shard that is stuck.
TEST_F(ShardTells, WhatMustBeToldWaits) {
    for (int i = 0; i < 6; ++i) tell_shards(control, kShards, StopReading{});
    EXPECT_EQ(hear(1), 4u);
    control.publish();
    EXPECT_EQ(hear(1), 2u);
}

}  // namespace
}  // namespace stentor::chat
