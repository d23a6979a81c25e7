// What a slice costs: the time, the processor time of the server's process, of its core, and our
// own. Thread: main. Invariant: everything is read at both ends, in the same order.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/load/result.h"
#include "bench/load/target.h"
#include "bench/load/worker.h"

namespace stentor::bench {

class Meter {
public:
    // Begins to measure.
    Meter(const TargetSpec& spec, Crew& crew);

    std::int64_t begin_ns() const { return begin_ns_; }
    // Writes what was measured into `slice`; its counts are the caller's.
    void read(Slice& slice) const;

private:
    std::vector<double> thread_cpu() const;

    const TargetSpec& spec_;
    Crew& crew_;
    std::vector<double> thread_cpu_;
    double own_cpu_ = 0;
    std::optional<double> busy_;
    std::optional<double> cpu_;
    std::int64_t begin_ns_ = 0;
};

}  // namespace stentor::bench
