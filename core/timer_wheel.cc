// Placing, cascading and firing; see timer_wheel.h.
// Thread: owner reactor.
// Invariant: bit s of occupied_[k] is set exactly when list k * kSlots + s holds a timer; size_
// counts all lists.
#include "core/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace stentor::core {

Timer::~Timer() {
    if (wheel_ != nullptr) {
        wheel_->cancel(*this);
    }
}

TimerWheel::TimerWheel(Instant start, Duration tick) : start_(start), tick_(tick) {
    STENTOR_CHECK(tick.count() > 0);
}

TimerWheel::~TimerWheel() {
    for (TimerLinks& list : lists_) {
        while (list.next != &list) {
            cancel(static_cast<Timer&>(*list.next));
        }
    }
}

void TimerWheel::schedule(Timer& timer, Instant at) {
    cancel(timer);
    timer.wheel_ = this;
    timer.tick_ = tick_at_or_after(at);
    ++size_;
    if (timer.tick_ <= horizon_) {
        append(timer, kOverdue);
    } else {
        place(timer);
    }
}

void TimerWheel::cancel(Timer& timer) {
    if (timer.wheel_ == nullptr) {
        return;
    }
    STENTOR_DCHECK(timer.wheel_ == this);
    unlink(timer);
    timer.wheel_ = nullptr;
    --size_;
}

std::optional<Instant> TimerWheel::next_deadline() const {
    if (lists_[kOverdue].next != &lists_[kOverdue]) {
        return time_of(horizon_);
    }
    const std::optional<Slot> slot = next_slot();
    return slot ? std::optional(time_of(slot->start)) : std::nullopt;
}

// The occupied slot that starts first. Of the digits above its level it has those of current_.
std::optional<TimerWheel::Slot> TimerWheel::next_slot() const {
    for (std::uint32_t level = 0; level < kLevels; ++level) {
        if (occupied_[level] != 0) {
            const auto slot = static_cast<std::uint32_t>(std::countr_zero(occupied_[level]));
            const std::uint32_t shift = level * kDigitBits;
            const std::uint32_t above = shift + kDigitBits;
            const std::uint64_t prefix = above >= 64 ? 0 : current_ >> above << above;
            return Slot{level, slot, prefix | std::uint64_t{slot} << shift};
        }
    }
    return std::nullopt;
}

std::uint64_t TimerWheel::tick_at_or_after(Instant at) const {
    if (at <= start_) {
        return 0;
    }
    const Duration since = at - start_;
    return static_cast<std::uint64_t>(since / tick_) + (since % tick_ != Duration{0} ? 1 : 0);
}

Instant TimerWheel::time_of(std::uint64_t tick) const {
    const auto last = static_cast<std::uint64_t>((Instant::max() - start_) / tick_);
    return tick > last ? Instant::max() : start_ + tick_ * static_cast<std::int64_t>(tick);
}

// Where it belongs as seen from current_, which is earlier.
void TimerWheel::place(Timer& timer) {
    STENTOR_DCHECK(timer.tick_ > current_);
    const auto highest_bit = static_cast<std::uint32_t>(std::bit_width(timer.tick_ ^ current_)) - 1;
    const std::uint32_t level = highest_bit / kDigitBits;
    const auto slot =
        static_cast<std::uint32_t>(timer.tick_ >> (level * kDigitBits)) & (kSlots - 1);
    append(timer, level * kSlots + slot);
    occupied_[level] |= std::uint64_t{1} << slot;
}

void TimerWheel::append(Timer& timer, std::uint32_t list) {
    TimerLinks& end = lists_[list];
    timer.previous = end.previous;
    timer.next = &end;
    end.previous->next = &timer;
    end.previous = &timer;
}

void TimerWheel::unlink(Timer& timer) {
    TimerLinks* const neighbour = timer.next;
    timer.previous->next = timer.next;
    timer.next->previous = timer.previous;
    timer.next = &timer;
    timer.previous = &timer;
    // It was the last of its list when what remains is the list's own node: that tells which list.
    if (neighbour->next == neighbour) {
        const auto list = static_cast<std::uint32_t>(neighbour - lists_.data());
        if (list < kLists) {
            occupied_[list / kSlots] &= ~(std::uint64_t{1} << (list % kSlots));
        }
    }
}

void TimerWheel::move_all(std::uint32_t from, std::uint32_t to) {
    TimerLinks& list = lists_[from];
    if (list.next == &list) {
        return;
    }
    TimerLinks& end = lists_[to];
    list.next->previous = end.previous;
    end.previous->next = list.next;
    list.previous->next = &end;
    end.previous = list.previous;
    list.next = &list;
    list.previous = &list;
}

// Time has come to this slot: what is due fires, the rest moves down.
void TimerWheel::cascade(std::uint32_t level, std::uint32_t slot) {
    TimerLinks& list = lists_[level * kSlots + slot];
    while (list.next != &list) {
        auto& timer = static_cast<Timer&>(*list.next);
        unlink(timer);
        if (timer.tick_ <= current_) {
            append(timer, kFiring);
        } else {
            place(timer);
        }
    }
}

void TimerWheel::begin_advance(Instant now) {
    const std::uint64_t elapsed =
        now <= start_ ? 0 : static_cast<std::uint64_t>((now - start_) / tick_);
    horizon_ = std::max(horizon_, elapsed);
    move_all(kOverdue, kFiring);
}

// The next timer due, already out of its list; null when current_ has come to the horizon.
Timer* TimerWheel::next_expired() {
    TimerLinks& firing = lists_[kFiring];
    while (firing.next == &firing) {
        const std::optional<Slot> slot = next_slot();
        if (!slot || slot->start > horizon_) {
            current_ = horizon_;
            return nullptr;
        }
        current_ = slot->start;
        cascade(slot->level, slot->slot);
    }
    auto& timer = static_cast<Timer&>(*firing.next);
    cancel(timer);
    return &timer;
}

}  // namespace stentor::core
