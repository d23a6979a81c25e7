// What all parts of a run share: plan, time, chance, what is true and what was found.
// Thread: the simulation has one. Invariant: time moves only in the scheduler.
#pragma once

#include <string>
#include <vector>

#include "core/instant.h"
#include "tests/sim/choice.h"
#include "tests/sim/plan.h"
#include "tests/sim/report.h"
#include "tests/sim/truth.h"
#include "ws/deflater.h"

namespace stentor::sim {

// Time that only the scheduler moves. The wall clock can be set back.
class SimClock final : public core::Clock {
public:
    core::Instant now() const override { return manual_.now(); }
    std::int64_t unix_ms() const override { return manual_.unix_ms() - behind_ms_; }
    void advance(core::Duration by) { manual_.advance(by); }
    void set_back(std::int64_t ms) { behind_ms_ += ms; }
    core::Duration since_start() const { return now() - core::ManualClock().now(); }

private:
    core::ManualClock manual_;
    std::int64_t behind_ms_ = 0;
};

// Somebody who was logged in at some time: whom one may write to.
struct Known {
    std::string user;
    std::string name;
};

struct World {
    explicit World(const Plan& what) : plan(what), choice(what.seed), truth(report, what) {}

    const Plan plan;
    SimClock clock;
    Choice choice;
    Report report;
    Truth truth;
    std::vector<Known> known;
    std::uint32_t processes = 0;  // begun until now, one after the other
    std::uint32_t boots = 0;      // of the machine that they run on
    ws::Deflater deflater{9};     // of all clients: a window that any server remembers
};

}  // namespace stentor::sim
