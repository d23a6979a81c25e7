// What lane.h promises: a bounded FIFO between two threads, visible only when published.
// Thread: several. Invariant: none.
#include "core/lane.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using stentor::core::Lane;

constexpr auto kAlways = [] { return true; };

std::vector<int> drain_all(Lane<int>& lane, std::size_t budget = 1000) {
    std::vector<int> out;
    lane.drain(budget, kAlways, [&](int&& item) { out.push_back(item); });
    return out;
}

// Nothing is seen before publish(), all of it after.
TEST(Lane, VisibleOnlyWhenPublished) {
    Lane<int> lane(4);
    EXPECT_FALSE(lane.publish());
    EXPECT_TRUE(lane.try_push(1));
    EXPECT_TRUE(lane.try_push(2));
    EXPECT_TRUE(drain_all(lane).empty());
    EXPECT_TRUE(lane.publish());
    EXPECT_FALSE(lane.publish());
    EXPECT_EQ(drain_all(lane), (std::vector{1, 2}));
}

// A full lane refuses and leaves the item alone; a drained slot is free again.
TEST(Lane, FullLaneLeavesTheItemAlone) {
    Lane<std::unique_ptr<int>> lane(2);
    EXPECT_TRUE(lane.try_push(std::make_unique<int>(1)));
    EXPECT_TRUE(lane.try_push(std::make_unique<int>(2)));
    auto third = std::make_unique<int>(3);
    EXPECT_FALSE(lane.try_push(std::move(third)));
    ASSERT_NE(third, nullptr);
    lane.publish();
    EXPECT_EQ(lane.drain(1, kAlways, [](std::unique_ptr<int>&&) {}), 1u);
    EXPECT_TRUE(lane.try_push(std::move(third)));
}

// A drained slot keeps nothing alive, although fn did not move from it; nor does a destroyed lane.
TEST(Lane, SlotsKeepNothingAlive) {
    const auto held = std::make_shared<int>(1);
    {
        Lane<std::shared_ptr<int>> lane(4);
        for (int i = 0; i < 3; ++i) {
            lane.try_push(std::shared_ptr<int>(held));
        }
        lane.publish();
        lane.try_push(std::shared_ptr<int>(held));
        EXPECT_EQ(held.use_count(), 5);
        lane.drain(2, kAlways, [](std::shared_ptr<int>&&) {});
        EXPECT_EQ(held.use_count(), 3);
    }
    EXPECT_EQ(held.use_count(), 1);
}

// Draining stops at the budget, and before the item for which may_continue() says no.
TEST(Lane, StopsAtBudgetAndWhenTold) {
    Lane<int> lane(8);
    for (int i = 0; i < 6; ++i) {
        lane.try_push(int{i});
    }
    lane.publish();
    EXPECT_EQ(drain_all(lane, 2), (std::vector{0, 1}));
    EXPECT_EQ(lane.drain(9, [] { return false; }, [](int&&) { FAIL(); }), 0u);
    EXPECT_FALSE(lane.drained());
    EXPECT_EQ(drain_all(lane), (std::vector{2, 3, 4, 5}));
    EXPECT_TRUE(lane.drained());
}

// An item whose handling throws counts as handled.
TEST(Lane, ThrowingHandlerConsumesItsItem) {
    Lane<int> lane(2);
    lane.try_push(1);
    lane.try_push(2);
    lane.publish();
    EXPECT_THROW(lane.drain(2, kAlways, [](int&&) { throw std::runtime_error("no"); }),
                 std::runtime_error);
    EXPECT_TRUE(lane.try_push(3));
    EXPECT_EQ(drain_all(lane), (std::vector{2}));
}

// Two threads, batches of random size, many times round a small ring: all arrives, once, in order.
TEST(Lane, TwoThreadsKeepTheOrder) {
    constexpr std::uint64_t kItems = 100'000;
    Lane<std::unique_ptr<std::uint64_t>> lane(16);
    std::thread producer([&] {
        std::mt19937 random(1);
        std::uint64_t next = 0;
        while (next < kItems) {
            for (std::uint64_t batch = random() % 24; batch > 0 && next < kItems; --batch) {
                if (!lane.try_push(std::make_unique<std::uint64_t>(next))) {
                    break;
                }
                ++next;
            }
            lane.publish();
            if (!lane.refresh_room()) {
                std::this_thread::yield();
            }
        }
        lane.publish();
    });
    std::mt19937 random(2);
    std::uint64_t expected = 0;
    while (expected < kItems) {
        const std::size_t count =
            lane.drain(random() % 20, kAlways, [&](std::unique_ptr<std::uint64_t>&& item) {
                ASSERT_EQ(*item, expected);
                ++expected;
            });
        if (count == 0) {
            std::this_thread::yield();
        }
    }
    producer.join();
    EXPECT_TRUE(lane.drained());
}

}  // namespace
