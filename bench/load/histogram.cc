// See histogram.h. The text form and the percentile steps are those of HdrHistogram
// (hdrhistogram.org), so that its plotters read them.
// Thread: see histogram.h.
// Invariant: see histogram.h.
#include "bench/load/histogram.h"

#include <fmt/format.h>

#include <cmath>

namespace stentor::bench {
namespace {

constexpr double kNsPerMs = 1e6;

}  // namespace

void Histogram::add(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

void Histogram::clear() {
    std::ranges::fill(counts_, 0);
    count_ = 0;
    sum_ = 0;
    min_ = kValueMax;
    max_ = 0;
}

double Histogram::standard_deviation() const {
    if (count_ == 0) return 0;
    const double middle = mean();
    double squares = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] == 0) continue;
        const auto low = static_cast<double>(lowest_of(i));
        const double off = (low + static_cast<double>(highest_of(i))) / 2 - middle;
        squares += off * off * static_cast<double>(counts_[i]);
    }
    return std::sqrt(squares / static_cast<double>(count_));
}

std::int64_t Histogram::value_at(double percentile) const {
    if (count_ == 0) return 0;
    const double share = std::clamp(percentile, 0.0, 100.0) / 100;
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= wanted) return std::clamp(highest_of(i), min_, max_);
    }
    return max_;
}

LatencySummary Histogram::summary() const {
    return {.count = count_,
            .min = min(),
            .mean = mean(),
            .p50 = value_at(50),
            .p90 = value_at(90),
            .p99 = value_at(99),
            .p999 = value_at(99.9),
            .p9999 = value_at(99.99),
            .max = max_};
}

std::vector<PercentilePoint> Histogram::percentiles(unsigned ticks) const {
    std::vector<PercentilePoint> points;
    double level = 0;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size() && seen < count_; ++i) {
        if (counts_[i] == 0) continue;
        seen += counts_[i];
        const double reached = 100.0 * static_cast<double>(seen) / static_cast<double>(count_);
        while (level <= reached && seen < count_) {
            points.push_back({std::min(highest_of(i), max_), level, seen});
            const double halvings = std::floor(std::log2(100.0 / (100.0 - level))) + 1;
            level += 100.0 / (static_cast<double>(ticks) * std::exp2(halvings));
        }
    }
    if (count_ > 0) points.push_back({max_, 100.0, count_});
    return points;
}

std::string Histogram::hgrm() const {
    std::string text = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
                                   "TotalCount", "1/(1-Percentile)");
    for (const PercentilePoint& point : percentiles()) {
        const double share = point.percentile / 100;
        const double value = static_cast<double>(point.value_ns) / kNsPerMs;
        text += fmt::format("{:12.6f} {:2.12f} {:10d}", value, share, point.count);
        text += share < 1 ? fmt::format(" {:14.2f}\n", 1 / (1 - share)) : "\n";
    }
    text += fmt::format("#[Mean    = {:12.6f}, StdDeviation   = {:12.6f}]\n", mean() / kNsPerMs,
                        standard_deviation() / kNsPerMs);
    text += fmt::format("#[Max     = {:12.6f}, Total count    = {:12d}]\n",
                        static_cast<double>(max_) / kNsPerMs, count_);
    text += fmt::format("#[Buckets = {:12d}, SubBuckets     = {:12d}]\n",
                        counts_.size() / kHalf - 1, 2 * kHalf);
    return text;
}

}  // namespace stentor::bench
