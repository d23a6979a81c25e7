// The workloads: each runs to its end and fills in the slices and figures of every target.
// Thread: main.
// Invariant: result.targets stand in the order of options.targets.
#pragma once

#include <expected>
#include <string>

#include "bench/load/options.h"
#include "bench/load/progress.h"
#include "bench/load/result.h"

namespace stentor::bench {

// On failure: one line that says what is wrong.
using Outcome = std::expected<void, std::string>;

Outcome run_messages(const Options& options, Progress& progress, Result& result);  // echo, fanout
Outcome run_connect(const Options& options, Progress& progress, Result& result);
Outcome run_idle(const Options& options, Progress& progress, Result& result);
Outcome run_storm(const Options& options, Progress& progress, Result& result);
Outcome run_chat(const Options& options, Progress& progress, Result& result);

Outcome run_workload(const Options& options, Progress& progress, Result& result);

// How often each target is driven: --repetitions, or what --duration holds of slices.
std::uint32_t repetitions_of(const Options& options);
// "fanout stentor 3/9: 412,000 a second, p99 4.1 ms"
std::string words_of_slice(const Options& options, const TargetResult& target);

}  // namespace stentor::bench
