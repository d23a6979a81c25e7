// What all parts of a run share: plan, time, chance, what is true and what was found.
// Thread: the simulation has one. Invariant: time moves only in the scheduler.
#pragma once

#include "core/instant.h"
#include "tests/sim/choice.h"
#include "tests/sim/plan.h"
#include "tests/sim/report.h"
#include "tests/sim/truth.h"
#include "ws/deflater.h"

namespace stentor::sim {

struct World {
    explicit World(const Plan& what) : plan(what), choice(what.seed), truth(report, what.log) {}

    const Plan plan;
    core::ManualClock clock;
    Choice choice;
    Report report;
    Truth truth;
    ws::Deflater deflater{9};  // of all clients: a window that any server remembers
};

}  // namespace stentor::sim
