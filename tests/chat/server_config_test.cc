// What the options make of the limits.
#include "chat/server_config.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

std::size_t history_of(std::size_t memory_limit_bytes, std::uint32_t reactors) {
    Options options;
    options.memory_limit_bytes = memory_limit_bytes;
    options.reactors = reactors;
    return limits_of(options).history_bytes_per_shard_max;
}

// What all rooms hold is at most a quarter of --memory-limit, and what it was where that is more.
TEST(ServerConfig, HistoryFitsIntoTheMemoryLimit) {
    const std::size_t unlimited = Limits{}.history_bytes_per_shard_max;
    EXPECT_EQ(history_of(0, 3), unlimited);
    EXPECT_EQ(history_of(512 * kMiB, 4), 32 * kMiB);
    EXPECT_EQ(history_of(16 * kMiB, 64), kMiB / 16);
    EXPECT_EQ(history_of(64 * 1024 * kMiB, 3), unlimited);
}

}  // namespace
}  // namespace stentor::chat
