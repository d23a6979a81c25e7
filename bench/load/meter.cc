// See meter.h.
// Thread: main.
// Invariant: see meter.h.
#include "bench/load/meter.h"

#include <algorithm>

#include "bench/load/clock.h"
#include "bench/load/probe.h"

namespace stentor::bench {
namespace {

std::optional<double> cpu_of(const TargetSpec& spec) {
    return spec.pid ? process_cpu_seconds(*spec.pid) : std::nullopt;
}
std::optional<double> busy_of(const TargetSpec& spec) {
    return spec.core ? core_busy_seconds(*spec.core) : std::nullopt;
}
std::optional<double> difference(std::optional<double> after, std::optional<double> before) {
    if (!after || !before) return std::nullopt;
    return *after - *before;
}

}  // namespace

Meter::Meter(const TargetSpec& spec, Crew& crew)
    : spec_(spec),
      crew_(crew),
      thread_cpu_(thread_cpu()),
      own_cpu_(own_cpu_seconds()),
      busy_(busy_of(spec)),
      cpu_(cpu_of(spec)),
      begin_ns_(now_ns()) {}

std::vector<double> Meter::thread_cpu() const {
    std::vector<double> seconds;
    for (std::uint32_t i = 0; i < crew_.size(); ++i) {
        seconds.push_back(crew_.worker(i).cpu_seconds());
    }
    return seconds;
}

void Meter::read(Slice& slice) const {
    slice.seconds = seconds_of(now_ns() - begin_ns_);
    slice.cpu_seconds = difference(cpu_of(spec_), cpu_);
    slice.busy_seconds = difference(busy_of(spec_), busy_);
    slice.client_cpu_seconds = own_cpu_seconds() - own_cpu_;
    const std::vector<double> now = thread_cpu();
    for (std::size_t i = 0; i < now.size(); ++i) {
        slice.busiest_thread =
            std::max(slice.busiest_thread, (now[i] - thread_cpu_[i]) / slice.seconds);
    }
    if (spec_.pid) slice.rss_bytes = process_memory_bytes(*spec_.pid, "VmRSS");
}

}  // namespace stentor::bench
