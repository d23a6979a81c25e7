// Items between threads: lanes against a mutex queue and a shared log (exchange.h), one to one, one
// to all, one to one of several, and several to several. Readers are awake, as busy reactors are:
// the price of an item on each side; or they sleep whenever nothing is there: the price of waking,
// too. Thread: the benchmark's is the first sender; the others are threads of a run. Invariant:
// every reader gets what is for it, each sender's in order, each once.
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "bench/micro/answer.h"
#include "bench/micro/batch_times.h"
#include "bench/micro/exchange.h"
#include "bench/micro/exchange_lanes.h"
#include "bench/micro/exchange_mutex_queue.h"
#include "bench/micro/exchange_shared_log.h"
#include "bench/micro/spin.h"
#include "bench/micro/topics.h"

namespace stentor::bench {
namespace {

enum class Readers { kAwake, kSleeping };

struct Shape {
    const char* name;
    std::uint32_t senders;
    std::uint32_t readers;
    bool to_all;  // else each note is for one reader, in turn
};
constexpr Shape kShapes[] = {
    {"1_to_1", 1, 1, true},
    {"1_to_all_3", 1, 3, true},
    {"1_to_one_of_3", 1, 3, false},
    {"2_to_one_of_2", 2, 2, false},
};

std::uint32_t readers_of(const Shape& shape, std::uint64_t number) {
    return shape.to_all ? (1U << shape.readers) - 1U
                        : 1U << static_cast<std::uint32_t>(number % shape.readers);
}

// Pushes a turn's worth, numbered on from `number`. When there is no room it waits, off the clock
// of its side.
template <typename Queue>
void send_turn(Queue& queue, const Shape& shape, Readers readers, std::uint32_t sender,
               std::uint64_t& number, BatchTimes& times) {
    times.time([&] {
        for (std::size_t i = 0; i < kExchangeTurnItems; ++i, ++number) {
            queue.send(sender, {number, sender, readers_of(shape, number), {}});
        }
        queue.flush(sender);
        return kExchangeTurnItems;
    });
    for (Spin spin; !queue.has_room(sender);) {
        readers == Readers::kSleeping ? queue.wait_for_room(sender) : spin.once();
    }
}

// Reads its share of what each sender sends.
template <typename Queue>
bool read_all(Queue& queue, const Shape& shape, Readers readers, std::uint32_t reader,
              std::uint64_t each, BatchTimes& times) {
    const std::uint64_t step = shape.to_all ? 1 : shape.readers;
    const std::uint64_t first = shape.to_all ? 0 : reader;
    std::vector<std::uint64_t> next(shape.senders, first);
    std::uint64_t left = shape.senders * ((each - first + step - 1) / step);
    bool in_order = true;
    Spin spin;
    while (left > 0) {
        const std::size_t count = times.time([&] {
            return queue.drain(reader, [&](const Note& note) {
                in_order = in_order && note.number == next[note.from];
                next[note.from] += step;
            });
        });
        left -= count;
        if (count == 0) readers == Readers::kSleeping ? queue.wait(reader) : spin.once();
    }
    return in_order;
}

template <typename Queue>
void exchange(benchmark::State& state, const Shape& shape, Readers how) {
    const auto queue = std::make_unique<Queue>(shape.senders, shape.readers);
    const auto turns = static_cast<std::uint64_t>(state.max_iterations);
    const std::uint64_t each = turns * kExchangeTurnItems;
    std::atomic<std::uint32_t> readers_in_order{0};
    std::vector<BatchTimes> reading(shape.readers);
    std::vector<BatchTimes> sending(shape.senders);
    std::vector<std::thread> reader_threads;
    std::vector<std::thread> sender_threads;
    for (std::uint32_t reader = 0; reader < shape.readers; ++reader) {
        reader_threads.emplace_back([&, reader] {
            readers_in_order += read_all(*queue, shape, how, reader, each, reading[reader]) ? 1 : 0;
        });
    }
    for (std::uint32_t sender = 1; sender < shape.senders; ++sender) {
        sender_threads.emplace_back([&, sender] {
            std::uint64_t number = 0;
            for (std::uint64_t turn = 0; turn < turns; ++turn) {
                send_turn(*queue, shape, how, sender, number, sending[sender]);
            }
        });
    }
    std::uint64_t number = 0;
    std::uint64_t turn = 0;
    for (auto _ : state) {
        send_turn(*queue, shape, how, 0, number, sending[0]);
        if (++turn < turns) continue;
        for (std::thread& thread : sender_threads) thread.join();
        for (std::thread& thread : reader_threads) thread.join();
    }
    if (!answer_is(state, readers_in_order == shape.readers, "lost, twice or out of order")) return;
    count_items(state, static_cast<std::int64_t>(kExchangeTurnItems * shape.senders));
    state.counters["send_ns"] = sending[0].median_ns();
    state.counters["read_ns"] = reading[0].median_ns();
    state.counters["wake_ups_a_turn"] = static_cast<double>(queue->wake_ups()) /
                                        static_cast<double>(turns * shape.senders * shape.readers);
}

template <typename Queue>
void add(std::string_view kind) {
    for (const Shape& shape : kShapes) {
        const std::string awake = fmt::format("exchange/{}/awake/{}", shape.name, kind);
        const std::string sleeping = fmt::format("exchange/{}/sleeping/{}", shape.name, kind);
        benchmark::RegisterBenchmark(awake.c_str(), exchange<Queue>, shape, Readers::kAwake)
            ->UseRealTime();
        benchmark::RegisterBenchmark(sleeping.c_str(), exchange<Queue>, shape, Readers::kSleeping)
            ->UseRealTime();
    }
}

}  // namespace

void register_exchange() {
    add<Lanes>("lanes");
    add<MutexQueue>("mutex_queue");
    add<SharedLog>("shared_log");
}

}  // namespace stentor::bench
