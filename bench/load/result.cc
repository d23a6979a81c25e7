// See result.h.
// Thread: main.
// Invariant: see result.h.
#include "bench/load/result.h"

#include <fmt/format.h>

#include <algorithm>

namespace stentor::bench {

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {.median = median, .min = values.front(), .max = values.back()};
}

std::map<std::string, double> Slice::metrics() const {
    std::map<std::string, double> values;
    const auto count = static_cast<double>(deliveries);
    if (seconds > 0) values["rate"] = count / seconds;
    if (cpu_seconds && *cpu_seconds > 0) values["per_cpu_second"] = count / *cpu_seconds;
    if (busy_seconds && *busy_seconds > 0) values["per_busy_second"] = count / *busy_seconds;
    if (latency.count > 0) {
        values["p50"] = static_cast<double>(latency.p50);
        values["p99"] = static_cast<double>(latency.p99);
    }
    return values;
}

void Result::finish() {
    for (TargetResult& target : targets) {
        std::map<std::string, std::vector<double>> values;
        for (const Slice& slice : target.slices) {
            for (const auto& [metric, value] : slice.metrics()) values[metric].push_back(value);
            failed = failed || slice.faulty();
        }
        for (auto& [metric, list] : values) target.summary[metric] = spread_of(std::move(list));
    }
    for (std::size_t i = 1; i < targets.size(); ++i) {
        std::map<std::string, std::vector<double>> quotients;
        const auto& first = targets.front().slices;
        const auto& other = targets[i].slices;
        for (std::size_t n = 0; n < std::min(first.size(), other.size()); ++n) {
            const auto base = first[n].metrics();
            for (const auto& [metric, value] : other[n].metrics()) {
                const auto to = base.find(metric);
                if (to != base.end() && to->second > 0) {
                    quotients[metric].push_back(value / to->second);
                }
            }
        }
        for (auto& [metric, list] : quotients) {
            ratios.push_back(
                {metric, targets[i].name, targets.front().name, spread_of(std::move(list))});
        }
    }
}

namespace {

std::string in_ms(double ns) {
    return fmt::format("{:.3f} ms", ns / 1e6);
}

std::string text_of(const TargetResult& target, std::string_view unit) {
    std::string text = target.name + "\n";
    const auto line = [&](const std::string& name, const std::string& value) {
        text += fmt::format("  {:<24}{}\n", name, value);
    };
    const auto spread = [&](const std::string& metric, const std::string& words) {
        const auto found = target.summary.find(metric);
        if (found == target.summary.end()) return;
        const Spread& is = found->second;
        line(words, fmt::format("{:.0f}  ({:.0f} to {:.0f})", is.median, is.min, is.max));
    };
    spread("rate", fmt::format("{} a second", unit));
    spread("per_cpu_second", "per CPU second");
    spread("per_busy_second", "per busy second of core");
    if (target.latency.count() > 0) {
        const LatencySummary all = target.latency.summary();
        line("latency p50 p99 p99.9 max",
             fmt::format("{}  {}  {}  {}", in_ms(static_cast<double>(all.p50)),
                         in_ms(static_cast<double>(all.p99)), in_ms(static_cast<double>(all.p999)),
                         in_ms(static_cast<double>(all.max))));
    }
    for (const auto& [name, value] : target.figures) line(name, fmt::format("{:.6g}", value));
    Slice sum;
    for (const Slice& slice : target.slices) {
        sum.lost += slice.lost;
        sum.duplicates += slice.duplicates;
        sum.reordered += slice.reordered;
        sum.gaps += slice.gaps;
        sum.seq_faults += slice.seq_faults;
        sum.misplaced += slice.misplaced;
    }
    if (sum.gaps > 0) line("gaps", fmt::format("{} messages", sum.gaps));
    if (sum.faulty()) {
        line("FAULTS",
             fmt::format("lost {}, duplicates {}, reordered {}, seq {}, misplaced {}", sum.lost,
                         sum.duplicates, sum.reordered, sum.seq_faults, sum.misplaced));
    }
    return text;
}

}  // namespace

std::string to_text(const Result& result) {
    std::string_view unit = "deliveries";
    if (result.workload == Workload::kEcho) unit = "messages";
    if (result.workload == Workload::kConnect) unit = "handshakes";
    std::string text;
    for (const TargetResult& target : result.targets) text += text_of(target, unit);
    for (const Ratio& ratio : result.ratios) {
        text +=
            fmt::format("{:<16} {} / {}: {:.3f}  ({:.3f} to {:.3f})\n", ratio.metric, ratio.target,
                        ratio.to, ratio.spread.median, ratio.spread.min, ratio.spread.max);
    }
    return text;
}

}  // namespace stentor::bench
