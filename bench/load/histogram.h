// Latencies, counted in buckets whose width grows with the value (log-linear, as HdrHistogram's
// with three digits): 1024 buckets for each doubling, so a quantile is exact to 1/1024 of itself.
// Thread: one at a time; a value.
// Invariant: the sum of all buckets is count(); min and max are exact.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stentor::bench {

struct LatencySummary {
    std::uint64_t count = 0;
    std::int64_t min = 0;
    double mean = 0;
    std::int64_t p50 = 0;
    std::int64_t p90 = 0;
    std::int64_t p99 = 0;
    std::int64_t p999 = 0;
    std::int64_t p9999 = 0;
    std::int64_t max = 0;
};

struct PercentilePoint {
    std::int64_t value_ns = 0;
    double percentile = 0;    // 0..100
    std::uint64_t count = 0;  // of values up to value_ns
};

class Histogram {
public:
    static constexpr unsigned kHalfBits = 10;
    static constexpr std::size_t kHalf = std::size_t{1} << kHalfBits;
    static constexpr std::int64_t kValueMax = (std::int64_t{1} << 42U) - 1;  // 73 minutes

    Histogram() : counts_(bucket_of(kValueMax) + 1) {}

    // What is below 0 counts as 0, what is above kValueMax as that.
    void record(std::int64_t value_ns) {
        const std::int64_t value = std::clamp<std::int64_t>(value_ns, 0, kValueMax);
        ++counts_[bucket_of(value)];
        ++count_;
        sum_ += static_cast<double>(value);
        min_ = std::min(min_, value);
        max_ = std::max(max_, value);
    }
    void add(const Histogram& other);
    void clear();

    std::uint64_t count() const { return count_; }
    std::int64_t min() const { return count_ == 0 ? 0 : min_; }
    std::int64_t max() const { return max_; }
    double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
    double standard_deviation() const;
    // The largest value that could be the one at `percentile` (0..100); 0 of an empty histogram.
    std::int64_t value_at(double percentile) const;
    LatencySummary summary() const;
    // The steps of HdrHistogram's percentile iterator, `ticks` in each halving of what is left.
    std::vector<PercentilePoint> percentiles(unsigned ticks = 5) const;
    // HdrHistogram's text form (.hgrm), in milliseconds.
    std::string hgrm() const;

    static constexpr std::size_t bucket_of(std::int64_t value) {
        const auto bits = static_cast<std::uint64_t>(value);
        const auto width = static_cast<unsigned>(std::bit_width(bits));
        if (width <= kHalfBits + 1) return static_cast<std::size_t>(bits);
        const unsigned shift = width - (kHalfBits + 1);
        return (std::size_t{shift} << kHalfBits) + static_cast<std::size_t>(bits >> shift);
    }
    static constexpr std::int64_t lowest_of(std::size_t bucket) {
        if (bucket < 2 * kHalf) return static_cast<std::int64_t>(bucket);
        const std::size_t shift = (bucket >> kHalfBits) - 1;
        return static_cast<std::int64_t>(((bucket & (kHalf - 1)) + kHalf) << shift);
    }
    static constexpr std::int64_t highest_of(std::size_t bucket) {
        return lowest_of(bucket + 1) - 1;
    }

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    double sum_ = 0;
    std::int64_t min_ = kValueMax;
    std::int64_t max_ = 0;
};

}  // namespace stentor::bench
