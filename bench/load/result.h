// What a run found: slices of each target, medians, quotients to the first target that is compared,
// warnings.
// Thread: main.
// Invariant: summaries and ratios are made from the slices alone, by finish().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/load/histogram.h"
#include "bench/load/options.h"
#include "bench/load/probe.h"
#include "bench/load/tls_client_session.h"

namespace stentor::bench {

struct Spread {
    double median = 0;
    double min = 0;
    double max = 0;
};
Spread spread_of(std::vector<double> values);

struct Slice {
    double seconds = 0;
    std::uint64_t messages = 0;
    std::uint64_t deliveries = 0;
    std::optional<double> cpu_seconds;
    std::optional<double> busy_seconds;
    std::optional<double> offered;  // open loop: messages a second
    double client_cpu_seconds = 0;
    double busiest_thread = 0;  // share of its time that the busiest thread of the client ran
    std::uint64_t lost = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t reordered = 0;
    std::uint64_t gaps = 0;
    std::uint64_t seq_faults = 0;
    std::uint64_t misplaced = 0;
    std::optional<std::uint64_t> rss_bytes;
    LatencySummary latency;

    bool faulty() const { return lost + duplicates + reordered + seq_faults + misplaced > 0; }
    // rate, per_cpu_second, per_busy_second, p50, p99: those that could be measured.
    std::map<std::string, double> metrics() const;
};

struct TargetResult {
    std::string name;
    std::string url;
    std::optional<TlsReport> tls;
    std::vector<Slice> slices;
    Histogram latency;
    std::uint32_t connections = 0;
    std::uint64_t delivered_bytes = 0;      // payload of a message, as calibrated
    std::map<std::string, double> figures;  // of the workload, beside the slices
    std::map<std::string, Spread> summary;
};

struct Ratio {
    std::string metric;
    std::string target;
    std::string to;
    Spread spread;
};

struct Result {
    Workload workload = Workload::kEcho;
    std::map<std::string, double> parameters;
    Machine machine;
    std::string started;  // ISO 8601, UTC
    std::vector<TargetResult> targets;
    std::vector<Ratio> ratios;
    std::vector<std::string> warnings;
    bool first_is_yardstick = false;  // --share: the first target's slices are closed loops
    bool failed = false;

    void finish();
};

// What makes a result doubtful: a client that was the bottleneck, a core that is shared, a rate
// that was not reached, a debug build.
void add_warnings(const Options& options, Result& result);

// docs/benchmarks.md says what stands where.
std::string to_json(const Result& result);
// For people: a few lines for each target.
std::string to_text(const Result& result, bool colour);

}  // namespace stentor::bench
