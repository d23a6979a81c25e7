// What broadcast_queue.h promises, driven from one thread as the simulation does.
// Thread: one. Invariant: none.
#include "core/broadcast_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

namespace {

using stentor::core::BroadcastQueue;
using stentor::core::BroadcastQueueConfig;

using Numbers = BroadcastQueue<std::unique_ptr<int>>;
constexpr std::size_t kNoBudget = 1'000'000;
constexpr auto kAlways = [] { return true; };

void push(Numbers& queue, std::uint32_t from, std::uint32_t to, std::uint32_t rank, int number) {
    queue.port(from).push(to, rank, std::make_unique<int>(number));
}

std::vector<int> drain(Numbers& queue, std::uint32_t to, std::uint32_t rank,
                       std::size_t budget = kNoBudget) {
    std::vector<int> out;
    queue.port(to).drain(rank, budget, kAlways,
                         [&](std::uint32_t, std::unique_ptr<int>&& n) { out.push_back(*n); });
    return out;
}

// Nothing is seen before publish(); a lane to oneself is a lane like the others.
TEST(BroadcastQueue, VisibleOnlyWhenPublished) {
    Numbers queue({.participants = 2, .ranks = 1});
    push(queue, 0, 1, 0, 1);
    push(queue, 0, 0, 0, 2);
    EXPECT_FALSE(queue.port(1).has_work());
    EXPECT_TRUE(drain(queue, 1, 0).empty());
    EXPECT_FALSE(queue.port(0).publish());
    EXPECT_TRUE(queue.port(1).has_work());
    EXPECT_EQ(drain(queue, 1, 0), (std::vector{1}));
    EXPECT_EQ(drain(queue, 0, 0), (std::vector{2}));
    EXPECT_FALSE(queue.port(1).has_work());
}

// What does not fit waits in the pending list and is never overtaken, although a slot frees
// between.
TEST(BroadcastQueue, PendingIsNeverOvertaken) {
    Numbers queue({.participants = 2, .ranks = 1, .lane_slots = 2, .pending_max = 3});
    for (int i = 0; i < 4; ++i) {
        push(queue, 0, 1, 0, i);
    }
    EXPECT_EQ(queue.port(0).pending(1, 0), 2u);
    EXPECT_TRUE(queue.port(0).publish());
    EXPECT_EQ(drain(queue, 1, 0), (std::vector{0, 1}));
    push(queue, 0, 1, 0, 4);  // the lane has room, but 2 and 3 came first
    EXPECT_TRUE(queue.port(0).publish());
    EXPECT_EQ(drain(queue, 1, 0), (std::vector{2, 3}));
    EXPECT_FALSE(queue.port(0).publish());
    EXPECT_EQ(drain(queue, 1, 0), (std::vector{4}));
    EXPECT_EQ(queue.port(0).pending(), 0u);
    EXPECT_EQ(queue.port(0).counters().pushed.value(), 5u);
    EXPECT_EQ(queue.port(0).counters().pended.value(), 3u);
    EXPECT_EQ(queue.port(1).counters().drained.value(), 5u);
}

// has_room() turns false at pending_max, for that list and its rank only, and comes back.
TEST(BroadcastQueue, HasRoomFollowsThePendingLists) {
    Numbers queue({.participants = 3, .ranks = 2, .lane_slots = 2, .pending_max = 1});
    for (int i = 0; i < 2; ++i) {
        push(queue, 0, 1, 0, i);
    }
    EXPECT_TRUE(queue.port(0).has_room(0));
    push(queue, 0, 1, 0, 2);
    push(queue, 0, 1, 0, 3);  // beyond the bound: push itself never fails
    EXPECT_FALSE(queue.port(0).has_room(1, 0));
    EXPECT_FALSE(queue.port(0).has_room(0));
    EXPECT_TRUE(queue.port(0).has_room(1, 1));
    EXPECT_TRUE(queue.port(0).has_room(2, 0));
    EXPECT_TRUE(queue.port(0).has_room(1));
    queue.port(0).publish();
    drain(queue, 1, 0, 1);
    queue.port(0).publish();
    EXPECT_FALSE(queue.port(0).has_room(0));  // one still waits, and one is the bound
    drain(queue, 1, 0);
    queue.port(0).publish();
    EXPECT_TRUE(queue.port(0).has_room(0));
    EXPECT_TRUE(queue.port(0).has_room(1, 0));
}

// A producer with much to say does not keep the others waiting for longer than its quantum, nor
// does a small budget always begin with the same one.
TEST(BroadcastQueue, DrainGivesEveryProducerItsTurn) {
    Numbers queue({.participants = 4, .ranks = 1});
    for (int i = 0; i < 1000; ++i) {
        push(queue, 0, 3, 0, i);
    }
    push(queue, 1, 3, 0, 1001);
    push(queue, 2, 3, 0, 1002);
    for (std::uint32_t from = 0; from < 3; ++from) {
        queue.port(from).publish();
    }
    std::vector<int> seen;
    for (int call = 0; call < 3; ++call) {
        for (const int number : drain(queue, 3, 0, 1)) {
            seen.push_back(number);
        }
    }
    EXPECT_EQ(seen, (std::vector{0, 1001, 1002}));
    push(queue, 1, 3, 0, 1003);
    queue.port(1).publish();
    const std::vector<int> more = drain(queue, 3, 0, 200);
    EXPECT_EQ(more.size(), 200u);
    EXPECT_TRUE(std::ranges::find(more, 1003) != more.end());
}

// may_continue() stops a drain before the envelope, and nothing is lost by it.
TEST(BroadcastQueue, StopsWhenTold) {
    Numbers queue({.participants = 2, .ranks = 1});
    for (int i = 0; i < 5; ++i) {
        push(queue, 0, 1, 0, i);
    }
    queue.port(0).publish();
    int allowed = 2;
    const std::size_t count = queue.port(1).drain(
        0, kNoBudget, [&] { return allowed-- > 0; }, [](std::uint32_t, std::unique_ptr<int>&&) {});
    EXPECT_EQ(count, 2u);
    EXPECT_TRUE(queue.port(1).has_work());
    EXPECT_EQ(drain(queue, 1, 0), (std::vector{2, 3, 4}));
}

// fn may push, to its own lane too, and publish: a drain ends all the same, and all arrives later.
TEST(BroadcastQueue, HandlerMayPushToItself) {
    Numbers queue({.participants = 1, .ranks = 1, .lane_slots = 2});
    push(queue, 0, 0, 0, 0);
    queue.port(0).publish();
    std::vector<int> seen;
    while (seen.size() < 100) {
        const std::size_t count =
            queue.port(0).drain(0, 4, kAlways, [&](std::uint32_t, std::unique_ptr<int>&& n) {
                seen.push_back(*n);
                push(queue, 0, 0, 0, *n + 1);
                queue.port(0).publish();
            });
        ASSERT_GT(count, 0u);
        ASSERT_LE(count, 4u);
        queue.port(0).publish();
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(seen[i], static_cast<int>(i));
    }
}

// Drained slots and a destroyed queue keep nothing alive, wherever it was waiting.
TEST(BroadcastQueue, KeepsNothingAlive) {
    const auto held = std::make_shared<int>(1);
    {
        BroadcastQueue<std::shared_ptr<int>> queue(
            {.participants = 2, .ranks = 2, .lane_slots = 2});
        for (int i = 0; i < 6; ++i) {
            queue.port(0).push(1, 1, std::shared_ptr<int>(held));
        }
        queue.port(0).publish();
        queue.port(1).drain(1, 1, kAlways, [](std::uint32_t, std::shared_ptr<int>&&) {});
        EXPECT_EQ(held.use_count(), 6);
        queue.port(0).push(0, 0, std::shared_ptr<int>(held));
    }
    EXPECT_EQ(held.use_count(), 1);
}

// The sleep protocol step by step: whoever may sleep is rung by the next publish, once.
TEST(BroadcastQueue, PublishRingsTheSleeperOnce) {
    Numbers queue({.participants = 2, .ranks = 2});
    push(queue, 1, 0, 0, 1);
    EXPECT_FALSE(queue.port(1).prepare_sleep());  // has not published
    queue.port(1).awake();
    queue.port(1).publish();
    EXPECT_FALSE(queue.port(0).prepare_sleep());  // has not drained
    queue.port(0).awake();
    drain(queue, 0, 0);
    EXPECT_TRUE(queue.port(0).prepare_sleep());
    push(queue, 1, 0, 0, 2);
    push(queue, 1, 0, 1, 3);
    queue.port(1).publish();
    push(queue, 1, 0, 1, 4);
    queue.port(1).publish();
    EXPECT_EQ(queue.port(1).counters().rang.value(), 1u);
    queue.port(0).awake();
    EXPECT_EQ(queue.port(0).doorbell().rung(), 1u);
    EXPECT_EQ(drain(queue, 0, 1), (std::vector{3, 4}));
}

// Nobody sleeps on what he has not published, not even when his lane is full to the last slot.
TEST(BroadcastQueue, UnpublishedKeepsItsProducerAwake) {
    Numbers queue({.participants = 2, .ranks = 1, .lane_slots = 2});
    push(queue, 0, 1, 0, 0);
    push(queue, 0, 1, 0, 1);
    EXPECT_FALSE(queue.port(0).prepare_sleep());
    queue.port(0).publish();
    EXPECT_TRUE(queue.port(0).prepare_sleep());
}

// A producer may sleep with envelopes pending: the drain that makes room rings it.
TEST(BroadcastQueue, DrainRingsTheProducerThatWaitsForRoom) {
    Numbers queue({.participants = 2, .ranks = 1, .lane_slots = 2});
    for (int i = 0; i < 3; ++i) {
        push(queue, 0, 1, 0, i);
    }
    EXPECT_TRUE(queue.port(0).publish());
    EXPECT_TRUE(queue.port(0).prepare_sleep());
    EXPECT_EQ(drain(queue, 1, 0, 1), (std::vector{0}));
    EXPECT_EQ(queue.port(1).counters().rang.value(), 1u);
    queue.port(0).awake();
    EXPECT_FALSE(queue.port(0).publish());
    EXPECT_EQ(drain(queue, 1, 0), (std::vector{1, 2}));
    // Room that was made before it looked: it does not sleep.
    for (int i = 0; i < 3; ++i) {
        push(queue, 0, 1, 0, i);
    }
    queue.port(0).publish();
    drain(queue, 1, 0, 1);
    EXPECT_FALSE(queue.port(0).prepare_sleep());
}

// 258 participants, tiny lanes, random turns, against a queue for each (from, to, rank): nothing
// lost, nothing twice, nothing reordered; pending counts agree.
TEST(BroadcastQueue, BehavesLikeOneFifoForEachPairAndRank) {
    constexpr std::uint32_t kParticipants = 258;
    constexpr std::uint32_t kRanks = 3;
    Numbers queue({.participants = kParticipants, .ranks = kRanks, .lane_slots = 2});
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::deque<int>> model;
    std::mt19937 random(11);
    // Few talk, at both ends and around the borders of the words of ready bits.
    const std::vector<std::uint32_t> talkers = {0, 1, 63, 64, 127, 128, 191, 255, 256, 257};
    const auto any = [&] { return talkers[random() % talkers.size()]; };
    std::size_t held = 0;
    const auto take = [&](std::uint32_t to, std::uint32_t rank, std::size_t budget) {
        const std::size_t count = queue.port(to).drain(
            rank, budget, kAlways, [&](std::uint32_t from, std::unique_ptr<int>&& n) {
                auto& fifo = model[{from, to, rank}];
                ASSERT_FALSE(fifo.empty());
                ASSERT_EQ(*n, fifo.front());
                fifo.pop_front();
                --held;
            });
        ASSERT_LE(count, budget);
    };
    for (int step = 0; step < 100'000; ++step) {
        const std::uint32_t who = any();
        const std::uint32_t to = any();
        const auto rank = static_cast<std::uint32_t>(random() % kRanks);
        if (random() % 3 != 0) {
            push(queue, who, to, rank, step);
            model[{who, to, rank}].push_back(step);
            ++held;
        } else {
            take(who, rank, random() % 12);
            const bool waits = queue.port(who).publish();
            ASSERT_EQ(waits, queue.port(who).pending() > 0);
        }
    }
    for (int round = 0; held > 0; ++round) {
        ASSERT_LT(round, 1'000'000);
        for (const std::uint32_t who : talkers) {
            queue.port(who).publish();
            for (std::uint32_t rank = 0; rank < kRanks; ++rank) {
                take(who, rank, kNoBudget);
            }
        }
    }
    for (const std::uint32_t who : talkers) {
        EXPECT_FALSE(queue.port(who).has_work());
        EXPECT_EQ(queue.port(who).pending(), 0u);
        EXPECT_TRUE(queue.port(who).prepare_sleep());
    }
}

}  // namespace
