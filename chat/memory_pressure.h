// How near the process is to --memory-limit, and so what is given up, in this order: what slow
// readers hold, the longest held first, then new joins, then new connections; and on every level
// what rooms hold in which nobody is (docs/limits.md, "Memory of the process").
// Thread: one looks, any may ask.
// Invariant: gives up one step more a look while the limit is passed, and takes one level back
// when there was room for a second.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/instant.h"

namespace stentor::chat {

class MemoryPressure {
public:
    enum class Level : std::uint8_t { kNone, kShedding, kNoJoins, kNoConnections };
    // Of what waits for slow readers, this old goes at the first look, half of it at the next, down
    // to the last: whoever keeps up takes what it is sent in less.
    static constexpr core::Duration kFirstAge = std::chrono::seconds{8};
    static constexpr core::Duration kLastAge = std::chrono::milliseconds{250};
    static constexpr core::Duration kBetweenLooks = std::chrono::milliseconds{100};
    static constexpr int kLooksWithRoom = 10;

    explicit MemoryPressure(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}  // 0: no limit

    std::size_t limit_bytes() const { return limit_bytes_; }
    Level level() const { return level_.load(std::memory_order_relaxed); }  // orders nothing
    bool at_least(Level wanted) const { return level() >= wanted; }
    // True at kNoConnections, for who knows no levels.
    const std::atomic<bool>& refuses_connections() const { return refuses_connections_; }
    // Is it worth while to give free memory back to the system, before a look at what is used?
    bool wants_less_than(std::size_t used_bytes) const;

    struct Verdict {
        bool changed;                                // the level did
        bool is_short;                               // empty rooms go until there is room
        std::optional<core::Duration> sheds_beyond;  // slow readers lose what waits longer
    };
    Verdict look(std::size_t used_bytes);

private:
    void step_up();
    void set(Level level);

    const std::size_t limit_bytes_;
    std::optional<core::Duration> age_;  // of the last look that passed the limit
    int looks_with_room_ = 0;            // in a row
    std::atomic<Level> level_{Level::kNone};
    std::atomic<bool> refuses_connections_{false};
};

std::string_view name_of(MemoryPressure::Level level);

// For who lives without a limit.
const MemoryPressure& no_memory_limit();

}  // namespace stentor::chat
