// What shared_bytes.h promises: one copy, many owners, freed by the last.
// Thread: several. Invariant: none.
#include "core/shared_bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using stentor::core::SharedBytes;

// A handle holds what was copied, and nothing of an empty span.
TEST(SharedBytes, HoldsWhatWasCopied) {
    std::string text = "hello";
    const SharedBytes bytes = SharedBytes::copy_of(text);
    text = "HELLO";
    EXPECT_EQ(bytes.text(), "hello");
    EXPECT_EQ(bytes.size(), 5u);
    EXPECT_TRUE(SharedBytes::copy_of("").empty());
    EXPECT_EQ(SharedBytes::copy_of("").use_count_for_test(), 0u);
}

// Copying counts one more, moving none, letting go one less; assigning to itself changes nothing.
TEST(SharedBytes, CountsItsHandles) {
    SharedBytes first = SharedBytes::copy_of("x");
    SharedBytes second = first;
    EXPECT_EQ(first.use_count_for_test(), 2u);
    const SharedBytes third = std::move(second);
    EXPECT_EQ(first.use_count_for_test(), 2u);
    const SharedBytes& same = first;
    first = same;
    EXPECT_EQ(first.use_count_for_test(), 2u);
    EXPECT_EQ(third.data(), first.data());
    first = SharedBytes();
    EXPECT_EQ(third.use_count_for_test(), 1u);
}

// Threads that copy and let go of one block at once all read the same bytes, and leave one handle.
TEST(SharedBytes, ManyThreadsShareOneBlock) {
    constexpr int kThreads = 4;
    constexpr int kRounds = 5000;
    SharedBytes shared = SharedBytes::copy_of(std::string(100, 'a'));
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([mine = shared] {
            for (int round = 0; round < kRounds; ++round) {
                const SharedBytes copy = mine;
                ASSERT_EQ(copy.text()[99], 'a');
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    threads.clear();
    EXPECT_EQ(shared.use_count_for_test(), 1u);
}

// The thread that lets go last frees the block, whichever it is.
TEST(SharedBytes, LastHandleFrees) {
    for (int round = 0; round < 500; ++round) {
        SharedBytes shared = SharedBytes::copy_of("block");
        std::thread other([mine = shared]() mutable { mine = SharedBytes(); });
        shared = SharedBytes();
        other.join();
    }
}

}  // namespace
