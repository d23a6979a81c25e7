// A home of shard 0 with the queue around it, in one thread: a test asks, and takes what was told.
// Thread: one.
// Invariant: the clock stands still until the test turns it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chat/context.h"
#include "chat/envelope.h"

namespace stentor::chat {

class HomeFixture {
public:
    static constexpr std::uint32_t kShards = 3;

    HomeFixture();
    ~HomeFixture();

    static ConnectionId connection(std::uint32_t shard, std::uint32_t slot) {
        ConnectionId id;
        id.generation = 1;
        id.slot = slot & 0xffffffu;
        id.shard = shard & 0xffu;
        return id;
    }
    static UserId user(std::uint64_t number) { return UserId{number}; }

    // What was told to a shard since the last call, in order.
    std::vector<Envelope> told(std::uint32_t shard);
    // The only tell to a shard since the last call, which is a T.
    template <typename T>
    T only_told(std::uint32_t shard) {
        std::vector<Envelope> tells = told(shard);
        if (tells.size() != 1 || !std::holds_alternative<T>(tells.front())) {
            throw std::runtime_error("not one tell of that kind, but " +
                                     std::to_string(tells.size()));
        }
        return std::move(std::get<T>(tells.front()));
    }
    void pass(core::Duration time) {
        clock.advance(time);
        context.now = clock.now();
    }
    std::int64_t gauge(ShardGauge which) const { return context.metrics.gauges[which].value(); }

    core::ManualClock clock;
    SeededRandom random{7};
    Limits limits;
    BroadcastQueue queue;
    Context context{.index = 0,
                    .shards = kShards,
                    .port = queue.port(0),
                    .clock = clock,
                    .random = random,
                    .limits = limits,
                    .home_key = {1, 2},
                    .timers = core::TimerWheel(clock.now()),
                    .now = clock.now(),
                    .metrics = {}};
};

}  // namespace stentor::chat
