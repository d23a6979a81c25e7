// One lane and the broadcast queue around it (core/lane.h, core/broadcast_queue.h): what an item
// costs on each side within one thread, and when the slots go from core to core. What it takes to
// wait and to wake is in core_exchange.cc.
// Thread: the benchmark's; where there are two, it pushes and the other drains.
// Invariant: items come out in the order in which they went in, each once.
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include "bench/micro/answer.h"
#include "bench/micro/batch_times.h"
#include "bench/micro/spin.h"
#include "bench/micro/topics.h"
#include "chat/envelope.h"
#include "core/broadcast_queue.h"
#include "core/lane.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kTurnItems = 64;
constexpr auto kAlways = [] { return true; };

struct Numbers {
    using Item = std::uint64_t;
    static Item make(std::uint64_t number) { return number; }
    static std::uint64_t number_of(const Item& item) { return item; }
};
// What shards send each other: a variant of 48 bytes; here a delivery.
struct Envelopes {
    using Item = chat::Envelope;
    static chat::Deliver make(std::uint64_t number) {
        return chat::Deliver{
            .local_room = {}, .first_seq = number, .last_seq = number, .frames = {}};
    }
    static std::uint64_t number_of(const Item& item) {
        return std::get<chat::Deliver>(item).first_seq;
    }
};

// Sees whether numbers come as 0, 1, 2, ….
class InOrder {
public:
    void see(std::uint64_t number) {
        right_ = right_ && number == next_;
        ++next_;
    }
    bool saw(std::uint64_t count) const { return right_ && next_ == count; }

private:
    std::uint64_t next_ = 0;
    bool right_ = true;
};

// Reports both sides per item; `push` and `drain` do a turn's worth and say how many.
template <typename Push, typename Drain>
void turn_by_turn(benchmark::State& state, Push&& push, Drain&& drain) {
    BatchTimes pushing;
    BatchTimes draining;
    for (auto _ : state) {
        pushing.time(push);
        draining.time(drain);
    }
    count_items(state, kTurnItems);
    state.counters["push_ns"] = pushing.median_ns();
    state.counters["drain_ns"] = draining.median_ns();
}

template <typename Kind>
void lane(benchmark::State& state) {
    core::Lane<typename Kind::Item> lane(1024);
    std::uint64_t pushed = 0;
    InOrder seen;
    turn_by_turn(
        state,
        [&] {
            for (std::size_t i = 0; i < kTurnItems; ++i) lane.try_push(Kind::make(pushed++));
            lane.publish();
            return kTurnItems;
        },
        [&] {
            return lane.drain(kTurnItems, kAlways,
                              [&](auto&& item) { seen.see(Kind::number_of(item)); });
        });
    answer_is(state, seen.saw(pushed), "not what was pushed, or not in order");
}

template <typename Kind>
void lane_between_threads(benchmark::State& state) {
    const auto lane = std::make_unique<core::Lane<typename Kind::Item>>(1024);
    const auto total = static_cast<std::uint64_t>(state.max_iterations) * kTurnItems;
    InOrder seen;
    BatchTimes pushing;
    BatchTimes draining;
    std::thread reader([&] {
        std::uint64_t drained = 0;
        for (Spin spin; drained < total; spin.once()) {
            drained += draining.time([&] {
                return lane->drain(kTurnItems, kAlways,
                                   [&](auto&& item) { seen.see(Kind::number_of(item)); });
            });
        }
    });
    std::uint64_t pushed = 0;
    for (auto _ : state) {
        std::uint64_t left = kTurnItems;
        for (Spin spin; left > 0; spin.once()) {  // again only when the lane is full
            left -= pushing.time([&] {
                const std::uint64_t first = pushed;
                while (pushed - first < left && lane->try_push(Kind::make(pushed))) ++pushed;
                lane->publish();
                return static_cast<std::size_t>(pushed - first);
            });
        }
        if (pushed == total) reader.join();
    }
    if (!answer_is(state, seen.saw(total), "not what was pushed, or not in order")) return;
    count_items(state, kTurnItems);
    state.counters["push_ns"] = pushing.median_ns();
    state.counters["drain_ns"] = draining.median_ns();
}

// As a shard asks itself; `participants` as many as reactors, acceptors and a log's thread make.
template <typename Kind>
void queue(benchmark::State& state) {
    const auto participants = static_cast<std::uint32_t>(state.range(0));
    core::BroadcastQueue<typename Kind::Item> queue({.participants = participants, .ranks = 4});
    auto& port = queue.port(0);
    std::uint64_t pushed = 0;
    InOrder seen;
    turn_by_turn(
        state,
        [&] {
            for (std::size_t i = 0; i < kTurnItems; ++i) port.push(0, 3, Kind::make(pushed++));
            port.publish();
            return kTurnItems;
        },
        [&] {
            return port.drain(3, kTurnItems, kAlways,
                              [&](std::uint32_t, auto&& item) { seen.see(Kind::number_of(item)); });
        });
    answer_is(state, seen.saw(pushed), "not what was pushed, or not in order");
}

// One envelope a turn: what is paid once a turn falls on it alone.
void queue_one_a_turn(benchmark::State& state) {
    core::BroadcastQueue<chat::Envelope> queue({.participants = 5, .ranks = 4});
    auto& port = queue.port(0);
    std::uint64_t pushed = 0;
    InOrder seen;
    for (auto _ : state) {
        port.push(0, 3, Envelopes::make(pushed++));
        port.publish();
        port.drain(3, kTurnItems, kAlways, [&](std::uint32_t, chat::Envelope&& item) {
            seen.see(Envelopes::number_of(item));
        });
    }
    answer_is(state, seen.saw(pushed), "not what was pushed, or not in order");
}

// Nothing to do: what a turn pays for looking, with so many participants.
void queue_nothing(benchmark::State& state) {
    const auto participants = static_cast<std::uint32_t>(state.range(0));
    core::BroadcastQueue<chat::Envelope> queue({.participants = participants, .ranks = 4});
    auto& port = queue.port(0);
    std::size_t drained = 0;
    for (auto _ : state) {
        port.publish();
        for (std::uint32_t rank = 0; rank < 4; ++rank) {
            drained += port.drain(rank, 4096, kAlways, [](std::uint32_t, chat::Envelope&&) {});
        }
        benchmark::DoNotOptimize(port.has_work());
    }
    answer_is(state, drained == 0, "something came out that nobody pushed");
}

}  // namespace

void register_lane() {
    benchmark::RegisterBenchmark("lane/one_thread/number", lane<Numbers>);
    benchmark::RegisterBenchmark("lane/one_thread/envelope", lane<Envelopes>);
    benchmark::RegisterBenchmark("lane/two_threads/number", lane_between_threads<Numbers>)
        ->UseRealTime();
    benchmark::RegisterBenchmark("lane/two_threads/envelope", lane_between_threads<Envelopes>)
        ->UseRealTime();
    benchmark::RegisterBenchmark("broadcast_queue/to_self/number", queue<Numbers>)->Arg(5);
    benchmark::RegisterBenchmark("broadcast_queue/to_self/envelope", queue<Envelopes>)
        ->Arg(5)
        ->Arg(130);
    benchmark::RegisterBenchmark("broadcast_queue/to_self/one_a_turn", queue_one_a_turn);
    benchmark::RegisterBenchmark("broadcast_queue/nothing_to_do", queue_nothing)->Arg(5)->Arg(130);
}

}  // namespace stentor::bench
