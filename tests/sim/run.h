// One run of one seed, from an empty cluster to an empty cluster (docs/simulation.md).
// Thread: the simulation has one. Invariant: the same seed gives the same outcome, digest included.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/report.h"

namespace stentor::sim {

struct Outcome {
    std::string failure;  // empty: all held
    Report::Coverage coverage{};
    std::uint64_t digest = 0;
    std::uint64_t events = 0;
    std::uint64_t turns = 0;
};

Outcome run(std::uint64_t seed, bool trace);

}  // namespace stentor::sim
