// What all parts of a run share: plan, time, chance, what is true and what was found.
// Thread: the simulation has one. Invariant: time moves only in the scheduler.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/choice.h"
#include "tests/sim/plan.h"
#include "tests/sim/report.h"
#include "tests/sim/sim_clock.h"
#include "tests/sim/truth.h"
#include "ws/deflater.h"

namespace stentor::sim {

// Somebody who was logged in at some time: whom one may write to.
struct Known {
    std::string user;
    std::string name;
};

struct World {
    explicit World(const Plan& what) : plan(what), choice(what.seed), truth(report, what, clock) {}

    const Plan plan;
    SimClock clock;
    Choice choice;
    Report report;
    Truth truth;
    std::vector<Known> known;
    // Room and seq of the events that lay behind the first 16 KiB of a run.
    std::set<std::pair<std::string, std::uint64_t>> deep_in_runs;
    std::uint32_t processes = 0;  // begun until now, one after the other
    std::uint32_t boots = 0;      // of the machine that they run on
    ws::Deflater deflater{9};     // of all clients: a window that any server remembers
};

}  // namespace stentor::sim
