// See result.h.
// Thread: main.
// Invariant: see result.h.
#include "bench/load/result.h"

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
    if (deliveries == 0) return values;
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
    const std::size_t base_of_all = first_is_yardstick ? 1 : 0;
    for (std::size_t i = base_of_all + 1; i < targets.size(); ++i) {
        const TargetResult& reference = targets[base_of_all];
        std::map<std::string, std::vector<double>> quotients;
        const auto& first = reference.slices;
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
        for (const auto& [figure, value] : targets[i].figures) {
            const auto to = reference.figures.find(figure);
            if (to != reference.figures.end() && to->second > 0) {
                quotients[figure].push_back(value / to->second);
            }
        }
        for (auto& [metric, list] : quotients) {
            ratios.push_back({metric, targets[i].name, reference.name, spread_of(std::move(list))});
        }
    }
}

}  // namespace stentor::bench
