// The timer wheel (core/timer_wheel.h) with 20,000 timers, as a reactor with as many connections
// has it.
// Thread: the benchmark's.
// Invariant: every timer fires once, none before its time and none more than a tick late.
#include <memory>
#include <vector>

#include "bench/micro/answer.h"
#include "bench/micro/topics.h"
#include "core/timer_wheel.h"

namespace stentor::bench {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kTimers = 20'000;
constexpr milliseconds kTick{8};
const core::Instant kStart{std::chrono::hours{1}};

// Pings of 25 s and their kin, spread out; the same from run to run.
core::Duration interval_of(std::size_t i) {
    return milliseconds{1000 + i * 7919 % 45'000};
}

struct Wheel {
    Wheel() : wheel(kStart, kTick), timers(std::make_unique<core::Timer[]>(kTimers)) {
        for (std::size_t i = 0; i < kTimers; ++i) {
            timers[i].cookie = i;
            wheel.schedule(timers[i], kStart + interval_of(i));
        }
    }
    core::TimerWheel wheel;
    std::unique_ptr<core::Timer[]> timers;
};

// A byte came: the deadline of its connection moves.
void reschedule(benchmark::State& state) {
    Wheel wheel;
    std::size_t i = 0;
    for (auto _ : state) {
        wheel.wheel.schedule(wheel.timers[i], kStart + interval_of(i + 1));
        i = i + 1 == kTimers ? 0 : i + 1;
    }
    answer_is(state, wheel.wheel.size() == kTimers, "a timer is lost");
}

void cancel_and_schedule(benchmark::State& state) {
    Wheel wheel;
    std::size_t i = 0;
    for (auto _ : state) {
        wheel.wheel.cancel(wheel.timers[i]);
        wheel.wheel.schedule(wheel.timers[i], kStart + interval_of(i));
        i = i + 1 == kTimers ? 0 : i + 1;
    }
    answer_is(state, wheel.wheel.size() == kTimers, "a timer is lost");
}

// Time goes on by 10 ms an iteration; what fires is scheduled again, as pings are.
void advance(benchmark::State& state) {
    Wheel wheel;
    std::vector<core::Instant> due(kTimers);
    for (std::size_t i = 0; i < kTimers; ++i) due[i] = kStart + interval_of(i);
    constexpr milliseconds kStep{10};
    core::Instant now = kStart;
    bool right = true;
    std::size_t fired = 0;
    for (auto _ : state) {
        now += kStep;
        fired += wheel.wheel.advance(now, [&](core::Timer& timer) {
            core::Instant& at = due[timer.cookie];
            right = right && at <= now && now - at <= kStep + kTick;
            at = now + interval_of(timer.cookie);
            wheel.wheel.schedule(timer, at);
        });
    }
    if (!answer_is(state, right && wheel.wheel.size() == kTimers, "not fired at its time")) return;
    state.counters["fired"] =
        benchmark::Counter(static_cast<double>(fired), benchmark::Counter::kAvgIterations);
}

// Nothing is due: what each turn pays.
void look(benchmark::State& state) {
    Wheel wheel;
    std::size_t fired = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(wheel.wheel.next_deadline());
        fired += wheel.wheel.advance(kStart, [](core::Timer&) {});
    }
    answer_is(state, fired == 0, "fired before its time");
}

}  // namespace

void register_timer_wheel() {
    benchmark::RegisterBenchmark("timer_wheel/20000/reschedule", reschedule);
    benchmark::RegisterBenchmark("timer_wheel/20000/cancel_and_schedule", cancel_and_schedule);
    benchmark::RegisterBenchmark("timer_wheel/20000/advance_10ms", advance);
    benchmark::RegisterBenchmark("timer_wheel/20000/nothing_due", look);
}

}  // namespace stentor::bench
