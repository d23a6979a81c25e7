// What every part of a shard may use: who we are, the port to the others, time, chance, limits.
// Thread: owner reactor.
// Invariant: `now` is the instant of this turn, the same for all parts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "chat/envelope.h"
#include "chat/frame_deflater.h"
#include "chat/home/event_run.h"
#include "chat/limits.h"
#include "chat/memory_pressure.h"
#include "chat/metrics.h"
#include "chat/publish_pool.h"
#include "chat/random.h"
#include "core/hash.h"
#include "core/instant.h"
#include "core/timer_wheel.h"
#include "ws/inflater.h"

namespace stentor::chat {

struct Context {
    std::uint32_t index;
    std::uint32_t shards;
    Port& port;
    const core::Clock& clock;
    RandomSource& random;
    const Limits& limits;
    core::HashKey home_key;
    core::TimerWheel timers;
    core::Instant now;
    ShardMetrics metrics;
    const MemoryPressure& memory = no_memory_limit();
    std::string scratch{};  // for one frame at a time, kept for its capacity
    FrameDeflater deflater{metrics};
    EventRunPool runs{};
    PublishPool publishes{};
    ws::InflaterPool inflaters{kInflatersMax};

    std::uint32_t home_of_text(std::string_view text) const {
        if (shards == 1) return 0;
        return static_cast<std::uint32_t>(core::siphash_1_3(home_key, text) % shards);
    }
    std::uint32_t home_of(UserId user) const {
        return static_cast<std::uint32_t>(core::mix64(user.value) % shards);
    }

    template <typename T>
    void ask(std::uint32_t shard, T&& what) {
        port.push(shard, rank(Rank::kAsk), std::forward<T>(what));
    }
    template <typename T>
    void tell(std::uint32_t shard, T&& what) {
        port.push(shard, rank(Rank::kTell), std::forward<T>(what));
    }
    bool room_for_ask(std::uint32_t shard) const { return port.has_room(shard, rank(Rank::kAsk)); }
    // May something be handled that creates appends and tells?
    bool room_above_asks() const {
        return port.has_room(rank(Rank::kTell)) && port.has_room(rank(Rank::kAppend));
    }
    bool room_for_tells() const { return port.has_room(rank(Rank::kTell)); }

    void count(ShardCounter which, std::uint64_t by = 1) { metrics.counters[which].add(by); }
    void gauge(ShardGauge which, std::int64_t by) { metrics.gauges[which].add(by); }

    static constexpr std::uint32_t rank(Rank which) { return static_cast<std::uint32_t>(which); }
};

}  // namespace stentor::chat
