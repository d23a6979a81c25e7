// The clocks of a run: one that only the scheduler moves, and the wall clock, which is set back and
// forth. Thread: the simulation has one. Invariant: now() never goes back.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/instant.h"

namespace stentor::sim {

class SimClock final : public core::Clock {
public:
    core::Instant now() const override { return manual_.now(); }
    std::int64_t unix_ms() const override {
        const std::int64_t at = manual_.unix_ms() + set_by_ms_;
        latest_ms_ = std::max(latest_ms_, at);
        return at;
    }
    // The latest time that anybody saw on the wall.
    std::int64_t latest_ms() const { return latest_ms_; }
    void advance(core::Duration by) { manual_.advance(by); }
    void set_wall(std::int64_t by_ms) { set_by_ms_ += by_ms; }
    core::Duration since_start() const { return now() - core::ManualClock().now(); }

private:
    core::ManualClock manual_;
    std::int64_t set_by_ms_ = 0;
    mutable std::int64_t latest_ms_ = 0;
};

}  // namespace stentor::sim
