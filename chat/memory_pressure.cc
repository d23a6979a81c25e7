// The steps up and down.
// Thread: see memory_pressure.h.
// Invariant: see memory_pressure.h.
#include "chat/memory_pressure.h"

#include <algorithm>
#include <utility>

namespace stentor::chat {

namespace {

// There is room again below this share of the limit: what was given up is not asked for at once.
constexpr std::size_t kRoomSixteenths = 15;

constexpr std::size_t with_room(std::size_t limit_bytes) {
    return limit_bytes / 16 * kRoomSixteenths;
}

MemoryPressure::Level next_to(MemoryPressure::Level level, int step) {
    return static_cast<MemoryPressure::Level>(static_cast<int>(level) + step);
}

}  // namespace

bool MemoryPressure::wants_less_than(std::size_t used_bytes) const {
    return limit_bytes_ != 0 &&
           used_bytes > (level() == Level::kNone ? limit_bytes_ : with_room(limit_bytes_));
}

MemoryPressure::Verdict MemoryPressure::look(std::size_t used_bytes) {
    const Level before = level();
    const bool is_over = limit_bytes_ != 0 && used_bytes > limit_bytes_;
    const bool has_room = limit_bytes_ == 0 || used_bytes <= with_room(limit_bytes_);
    looks_with_room_ = has_room ? looks_with_room_ + 1 : 0;
    if (is_over) {
        step_up();
    } else if (looks_with_room_ >= kLooksWithRoom && before != Level::kNone) {
        looks_with_room_ = 0;
        set(next_to(before, -1));
    }
    if (level() == Level::kNone) age_.reset();
    return {.changed = level() != before,
            .is_short = level() != Level::kNone && !has_room,
            .sheds_beyond = is_over ? age_ : std::nullopt};
}

void MemoryPressure::step_up() {
    if (level() == Level::kNone) {
        age_ = kFirstAge;
        set(Level::kShedding);
    } else if (age_ > kLastAge) {
        age_ = std::max(kLastAge, *age_ / 2);
    } else if (level() != Level::kNoConnections) {
        set(next_to(level(), 1));
    }
}

void MemoryPressure::set(Level level) {
    level_.store(level, std::memory_order_relaxed);
    refuses_connections_.store(level == Level::kNoConnections, std::memory_order_relaxed);
}

std::string_view name_of(MemoryPressure::Level level) {
    switch (level) {
        case MemoryPressure::Level::kNone:
            return "none";
        case MemoryPressure::Level::kShedding:
            return "shedding";
        case MemoryPressure::Level::kNoJoins:
            return "no_joins";
        case MemoryPressure::Level::kNoConnections:
            return "no_connections";
    }
    std::unreachable();
}

const MemoryPressure& no_memory_limit() {
    static const MemoryPressure none(0);
    return none;
}

}  // namespace stentor::chat
