// A hashed, hierarchical timer wheel: O(1) schedule and cancel, intrusive nodes, no allocation.
// Level k has 64 slots of 64^k ticks. A timer lies on the level of the highest 6-bit digit in which
// its tick differs from the current one, in the slot of that digit; when time reaches the slot's
// start, its timers move down. So a lower level is always earlier than a higher one, and a bitmap a
// level says where the next slot is.
// Thread: owner reactor.
// Invariant: a timer fires at or after its time, never before, at most one tick late (beyond the
// lateness of the caller); a timer that is not scheduled is in no list.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/check.h"
#include "core/instant.h"

namespace stentor::core {

class TimerWheel;

// A node of a circular list; alone, it is its own neighbour.
struct TimerLinks {
    TimerLinks* next = this;
    TimerLinks* previous = this;

    TimerLinks() = default;
    TimerLinks(const TimerLinks&) = delete;
    TimerLinks& operator=(const TimerLinks&) = delete;
};

// Embed one where the deadline belongs. Destroying a scheduled timer cancels it. Not movable while
// scheduled. `cookie` is the owner's: it says whose timer fired.
class Timer : private TimerLinks {
public:
    Timer() = default;
    explicit Timer(std::uint64_t cookie_value) : cookie(cookie_value) {}
    ~Timer();
    bool scheduled() const { return wheel_ != nullptr; }

    std::uint64_t cookie = 0;

private:
    friend class TimerWheel;
    TimerWheel* wheel_ = nullptr;
    std::uint64_t tick_ = 0;
};

class TimerWheel {
public:
    explicit TimerWheel(Instant start, Duration tick = std::chrono::milliseconds{8});
    ~TimerWheel();  // cancels what is scheduled
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    // Schedules, or moves, the timer. A time in the past fires at the next advance().
    void schedule(Timer& timer, Instant at);
    void cancel(Timer& timer);
    // Calls on_expired(Timer&) for each timer due: what was scheduled in the past, then the others
    // in the order of their ticks. It may schedule, cancel and destroy any timer, this one too.
    // What it schedules at or before `now` waits for the next call. Time does not go back: an
    // earlier `now` is the last one again.
    template <typename OnExpired>
    std::size_t advance(Instant now, OnExpired&& on_expired) {
        begin_advance(now);
        std::size_t fired = 0;
        while (Timer* timer = next_expired()) {
            ++fired;
            on_expired(*timer);
        }
        return fired;
    }
    // When advance() next has something to do (never later than the earliest timer; may be earlier
    // by a cascade, at most one for each level); nothing when no timer is scheduled.
    std::optional<Instant> next_deadline() const;
    std::size_t size() const { return size_; }

private:
    static constexpr std::uint32_t kDigitBits = 6;
    static constexpr std::uint32_t kSlots = 1u << kDigitBits;
    static constexpr std::uint32_t kLevels = (64 + kDigitBits - 1) / kDigitBits;  // any 64-bit tick
    static constexpr std::uint32_t kLists = kLevels * kSlots;
    // Two more lists: what was scheduled in the past, and what fires in this advance().
    static constexpr std::uint32_t kOverdue = kLists;
    static constexpr std::uint32_t kFiring = kLists + 1;

    struct Slot {
        std::uint32_t level;
        std::uint32_t slot;
        std::uint64_t start;  // its first tick
    };
    std::optional<Slot> next_slot() const;
    std::uint64_t tick_at_or_after(Instant at) const;
    Instant time_of(std::uint64_t tick) const;
    void place(Timer& timer);
    void append(Timer& timer, std::uint32_t list);
    void unlink(Timer& timer);
    void move_all(std::uint32_t from, std::uint32_t to);
    void cascade(std::uint32_t level, std::uint32_t slot);
    void begin_advance(Instant now);
    Timer* next_expired();

    Instant start_;
    Duration tick_;
    std::uint64_t current_ = 0;  // every timer in a slot is later than this tick
    std::uint64_t horizon_ = 0;  // the tick of the last advance(): current_ on its way there
    std::size_t size_ = 0;
    std::array<std::uint64_t, kLevels> occupied_{};  // a bit a slot: its list is not empty
    std::array<TimerLinks, kLists + 2> lists_;
};

}  // namespace stentor::core
