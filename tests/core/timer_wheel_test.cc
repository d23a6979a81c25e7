// What timer_wheel.h promises: never early, at most a tick late, and no needless wake-ups.
// Thread: one. Invariant: none.
#include "core/timer_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

using namespace stentor::core;
using namespace std::chrono_literals;

constexpr Duration kTick = 8ms;
constexpr Instant kStart{1h};

// A timer fires in the first advance() at or after its time rounded up to a tick, and once.
TEST(TimerWheel, FiresOnceAtItsTick) {
    TimerWheel wheel(kStart, kTick);
    Timer timer(7);
    wheel.schedule(timer, kStart + 17ms);  // tick 3, at 24 ms
    const auto fired = [&](Duration after) {
        return wheel.advance(kStart + after, [](Timer& due) { EXPECT_EQ(due.cookie, 7u); });
    };
    EXPECT_EQ(fired(17ms), 0u);
    EXPECT_EQ(fired(23ms), 0u);
    EXPECT_TRUE(timer.scheduled());
    EXPECT_EQ(fired(24ms), 1u);
    EXPECT_FALSE(timer.scheduled());
    EXPECT_EQ(fired(1h), 0u);
    EXPECT_EQ(wheel.next_deadline(), std::nullopt);
}

// A time in the past fires at the next advance(), even when the clock stands still.
TEST(TimerWheel, PastFiresAtTheNextAdvance) {
    TimerWheel wheel(kStart, kTick);
    wheel.advance(kStart + 1s, [](Timer&) {});
    Timer timer;
    wheel.schedule(timer, kStart);
    EXPECT_LE(wheel.next_deadline(), kStart + 1s);
    EXPECT_EQ(wheel.advance(kStart + 1s, [](Timer&) {}), 1u);
}

// A timer that schedules itself for now in its callback fires once an advance(), not for ever.
TEST(TimerWheel, ReschedulingForNowWaitsForTheNextAdvance) {
    TimerWheel wheel(kStart, kTick);
    Timer timer;
    wheel.schedule(timer, kStart + 10ms);
    for (int round = 0; round < 3; ++round) {
        const std::size_t fired =
            wheel.advance(kStart + 1s, [&](Timer& due) { wheel.schedule(due, kStart + 500ms); });
        EXPECT_EQ(fired, 1u);
    }
}

// A callback may cancel and destroy timers that are due in the same advance().
TEST(TimerWheel, CallbackMayDestroyWhatIsDue) {
    TimerWheel wheel(kStart, kTick);
    auto first = std::make_unique<Timer>(1);
    auto second = std::make_unique<Timer>(2);
    Timer third(3);
    wheel.schedule(*first, kStart + 8ms);
    wheel.schedule(*second, kStart + 8ms);
    wheel.schedule(third, kStart + 8ms);
    const std::size_t fired = wheel.advance(kStart + 1s, [&](Timer&) {
        first.reset();
        second.reset();
        wheel.cancel(third);
    });
    EXPECT_EQ(fired, 1u);
    EXPECT_EQ(wheel.size(), 0u);
}

// Destroying a scheduled timer leaves nothing to wake for; destroying the wheel unschedules.
TEST(TimerWheel, DestroyingCancels) {
    Timer survivor;
    {
        TimerWheel wheel(kStart, kTick);
        {
            Timer timer;
            wheel.schedule(timer, kStart + 1h);
            EXPECT_EQ(wheel.size(), 1u);
        }
        EXPECT_EQ(wheel.size(), 0u);
        EXPECT_EQ(wheel.next_deadline(), std::nullopt);
        wheel.schedule(survivor, kStart + 1h);
    }
    EXPECT_FALSE(survivor.scheduled());
}

// An otherwise idle reactor that sleeps until next_deadline() wakes a handful of times for a timer,
// however far away it is, and in time.
TEST(TimerWheel, FewWakeUpsForOneTimer) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 2000; ++round) {
        const Instant begin = kStart + Duration(random() % 1'000'000'000'000);
        TimerWheel wheel(kStart, kTick);
        wheel.advance(begin, [](Timer&) {});
        Timer timer;
        const Instant at = begin + Duration(random() >> (2 + random() % 40));
        wheel.schedule(timer, at);
        int wakes = 0;
        Instant now = begin;
        while (timer.scheduled()) {
            const auto next = wheel.next_deadline();
            ASSERT_TRUE(next.has_value());
            ASSERT_TRUE(*next > now || wakes == 0);
            now = std::max(now, *next);
            ASSERT_LE(now, at + kTick);
            wheel.advance(now, [](Timer&) {});
            ++wakes;
        }
        ASSERT_GE(now, at);
        ASSERT_LT(now, at + kTick);
        ASSERT_LE(wakes, 8);
        if (at - begin < 30s) {  // what the server waits for: pings, logins, handshakes
            ASSERT_LE(wakes, 3);
        }
    }
}

// The farthest instant neither overflows nor fires.
TEST(TimerWheel, ForeverDoesNotFire) {
    TimerWheel wheel(kStart, kTick);
    Timer timer;
    wheel.schedule(timer, Instant::max());
    EXPECT_EQ(wheel.advance(kStart + 24h * 365, [](Timer&) {}), 0u);
    EXPECT_TRUE(wheel.next_deadline().has_value());
}

// Against a multimap of times: random schedules, moves, cancels and advances of every size. What
// fires is due; what stays is not overdue by a tick; the order is that of the ticks;
// next_deadline() is never later than the first.
class TimerWheelModel : public testing::TestWithParam<std::uint64_t> {
protected:
    using Times = std::multimap<Instant, std::size_t>;

    void schedule(std::size_t which, Instant at) {
        forget(which);
        wheel.schedule(timers[which], at);
        places[which] = model.emplace(at, which);
    }
    void cancel(std::size_t which) {
        forget(which);
        wheel.cancel(timers[which]);
    }
    void forget(std::size_t which) {
        if (places[which] != model.end()) {
            model.erase(places[which]);
            places[which] = model.end();
        }
    }
    void advance(Instant to) {
        const Instant before = std::exchange(now, to);
        std::set<std::size_t> fresh;  // scheduled by a callback, perhaps in the past
        Instant last = Instant::min();
        wheel.advance(now, [&](Timer& due) {
            const auto which = static_cast<std::size_t>(due.cookie);
            ASSERT_NE(places[which], model.end());
            const Instant at = places[which]->first;
            ASSERT_LE(at, now);
            if (at > before) {  // what was overdue already comes first, in no order
                ASSERT_GT(at + kTick, last);
                last = at;
            }
            forget(which);
            if (random() % 4 == 0) {
                schedule(which, now + Duration(random() % 100'000'000) - 20ms);
                fresh.insert(which);
            }
            if (random() % 4 == 0) {
                cancel(random() % timers.size());
            }
        });
        for (const auto& [at, which] : model) {
            ASSERT_TRUE(at + kTick > now || fresh.contains(which));
            ASSERT_TRUE(timers[which].scheduled());
        }
        ASSERT_EQ(wheel.size(), model.size());
        ASSERT_EQ(wheel.next_deadline().has_value(), !model.empty());
        if (!model.empty()) {
            ASSERT_LT(*wheel.next_deadline(), std::max(model.begin()->first, now) + kTick);
        }
    }

    TimerWheel wheel{kStart, kTick};
    std::vector<Timer> timers = std::vector<Timer>(200);
    Times model;
    std::vector<Times::iterator> places = std::vector<Times::iterator>(200, model.end());
    std::mt19937_64 random{GetParam()};
    Instant now = kStart;
};

TEST_P(TimerWheelModel, BehavesLikeAMultimap) {
    for (std::size_t i = 0; i < timers.size(); ++i) {
        timers[i].cookie = i;
    }
    for (int step = 0; step < 3000; ++step) {
        const std::size_t which = random() % timers.size();
        const auto range = std::uint64_t{1} << (20 + random() % 24);  // 1 ms to 5 hours
        switch (random() % 4) {
            case 0:
            case 1:
                schedule(which, now + Duration(random() % range) - 5ms);
                break;
            case 2:
                cancel(which);
                break;
            default:
                advance(now + Duration(random() % (range >> (random() % 10))));
                break;
        }
        if (HasFatalFailure()) {
            return;
        }
    }
    // Two advances past everything leave only what callbacks scheduled later still.
    advance(now + 24h);
    while (!model.empty() && !HasFatalFailure()) {
        advance(now + 1h);
    }
    EXPECT_EQ(wheel.size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimerWheelModel, testing::Range<std::uint64_t>(0, 8));

}  // namespace
