// What the workloads share. See workloads.h.
// Thread: main.
// Invariant: see workloads.h.
#include "bench/load/workloads.h"

#include <fmt/format.h>

#include <algorithm>

namespace stentor::bench {

Outcome run_workload(const Options& options, Progress& progress, Result& result) {
    switch (options.workload) {
        case Workload::kEcho:
        case Workload::kFanout:
            return run_messages(options, progress, result);
        case Workload::kConnect:
            return run_connect(options, progress, result);
        case Workload::kIdle:
            return run_idle(options, progress, result);
        case Workload::kStorm:
            return run_storm(options, progress, result);
        case Workload::kChat:
            return run_chat(options, progress, result);
    }
    return {};
}

std::uint32_t repetitions_of(const Options& options) {
    if (!options.duration) return options.repetitions;
    return static_cast<std::uint32_t>(
        std::max<std::int64_t>(1, options.duration->count() / options.slice.count()));
}

std::string words_of_slice(const Options& options, const TargetResult& target) {
    const Slice& slice = target.slices.back();
    return fmt::format("{} {} {}/{}: {:.0f} a second, p99 {:.3f} ms", name_of(options.workload),
                       target.name, target.slices.size(), repetitions_of(options),
                       static_cast<double>(slice.deliveries) / slice.seconds,
                       static_cast<double>(slice.latency.p99) / 1e6);
}

}  // namespace stentor::bench
