// What metrics.h promises: one writer, any reader, nothing lost.
// Thread: several. Invariant: none.
#include "core/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace {

using namespace stentor::core;

enum class Count : std::size_t { kFirst, kSecond, kCount };

// Cells are told apart by the enum, and a snapshot holds all of them.
TEST(Metrics, CellsByEnum) {
    CounterCells<Count> counters;
    counters[Count::kFirst].add();
    counters[Count::kSecond].add(41);
    counters[Count::kSecond].add();
    EXPECT_EQ(counters.snapshot(), (CounterCells<Count>::Snapshot{1, 42}));
    GaugeCells<Count> gauges;
    gauges[Count::kFirst].set(5);
    gauges[Count::kFirst].add(-7);
    EXPECT_EQ(gauges.snapshot(), (GaugeCells<Count>::Snapshot{-2, 0}));
}

// Owners' cells do not share a cache line.
TEST(Metrics, OwnersAreApart) {
    EXPECT_EQ(alignof(CounterCells<Count>), kCacheLineBytes);
    EXPECT_EQ(sizeof(CounterCells<Count>) % kCacheLineBytes, 0u);
}

// A reader on another thread sees a counter only grow, and in the end all of it.
TEST(Metrics, ReaderSeesCounterGrow) {
    constexpr std::uint64_t kAdds = 50'000;
    CounterCells<Count> counters;
    std::atomic<bool> done{false};
    std::thread reader([&] {
        std::uint64_t last = 0;
        while (!done.load(std::memory_order_acquire)) {
            const std::uint64_t now = counters.snapshot()[0];
            ASSERT_GE(now, last);
            last = now;
        }
    });
    for (std::uint64_t i = 0; i < kAdds; ++i) {
        counters[Count::kFirst].add();
    }
    done.store(true, std::memory_order_release);
    reader.join();
    EXPECT_EQ(counters[Count::kFirst].value(), kAdds);
}

}  // namespace
