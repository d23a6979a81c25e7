// The figures of this process.
#include "chat/process_memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace stentor::chat {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kBlock = 4096;

std::vector<std::unique_ptr<char[]>> touched_blocks(std::size_t bytes) {
    std::vector<std::unique_ptr<char[]>> blocks;
    for (std::size_t i = 0; i < bytes / kBlock; ++i) {
        blocks.push_back(std::make_unique<char[]>(kBlock));
    }
    return blocks;
}

// What is touched counts, and what is freed no more, once it was given back: that it lies between
// blocks that stay is no hindrance.
TEST(ProcessMemory, GrowsByWhatIsTouchedAndShrinksByWhatIsGivenBack) {
    const std::size_t before = used_memory_bytes();
    auto blocks = touched_blocks(64 * kMiB);
    const std::size_t touched = used_memory_bytes();
    EXPECT_GT(resident_bytes(), 64 * kMiB);
    EXPECT_GT(touched + 4 * kMiB, before + 64 * kMiB);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (i % 16 != 0) blocks[i].reset();
    }
    give_back_free_memory();
    EXPECT_LT(used_memory_bytes() + 40 * kMiB, touched);
}

}  // namespace
}  // namespace stentor::chat
