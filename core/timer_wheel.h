// A hashed, hierarchical timer wheel: O(1) schedule and cancel, intrusive nodes, no allocation.
// Thread: owner reactor. Invariant: a timer fires at or after its time, never before, at most one
// tick late (beyond the lateness of the caller); a timer that is not scheduled is in no list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/instant.h"

namespace stentor::core {

// Embed one where the deadline belongs. Destroying a scheduled timer cancels it. Not movable while
// scheduled. `cookie` is the owner's: it says whose timer fired.
class Timer {
public:
    Timer() = default;
    explicit Timer(std::uint64_t cookie_value) : cookie(cookie_value) {}
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    bool scheduled() const { return next_ != nullptr; }

    std::uint64_t cookie = 0;

private:
    friend class TimerWheel;
    Timer* next_ = nullptr;
    Timer* previous_ = nullptr;
    std::uint64_t tick_ = 0;
};

class TimerWheel {
public:
    explicit TimerWheel(Instant start, Duration tick = std::chrono::milliseconds{8});
    ~TimerWheel();

    // Schedules, or moves, the timer. A time in the past fires at the next advance().
    void schedule(Timer& timer, Instant at);
    void cancel(Timer& timer);
    // Calls on_expired(Timer&) for each timer due; it may schedule and cancel any timer, this one
    // too.
    template <typename OnExpired>
    std::size_t advance(Instant now, OnExpired&& on_expired);
    // When advance() next has something to do (never later than the earliest timer; may be earlier
    // by a cascade); nothing when no timer is scheduled.
    std::optional<Instant> next_deadline() const;
    std::size_t size() const;
};

}  // namespace stentor::core
