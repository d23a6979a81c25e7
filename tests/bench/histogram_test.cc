// The histogram of the load tool: how exact its quantiles are, and the text that others plot.
// Thread: one.
#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace stentor::bench {
namespace {

// Property: buckets are in order, without hole or overlap, and none is wider than 1/1024 of its
// lowest value.
TEST(Histogram, BucketsCoverAllValuesAndAreNarrow) {
    const std::size_t last = Histogram::bucket_of(Histogram::kValueMax);
    std::int64_t expected = 0;
    for (std::size_t bucket = 0; bucket <= last; ++bucket) {
        const std::int64_t low = Histogram::lowest_of(bucket);
        const std::int64_t high = Histogram::highest_of(bucket);
        ASSERT_EQ(low, expected);
        ASSERT_EQ(Histogram::bucket_of(low), bucket);
        ASSERT_EQ(Histogram::bucket_of(high), bucket);
        ASSERT_LE((high - low) * 1024, low);
        expected = high + 1;
    }
    EXPECT_EQ(expected, Histogram::kValueMax + 1);
}

// Property: every quantile is at least the exact one and at most 1/1024 above it.
TEST(Histogram, QuantilesAreExactToAThousandth) {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> latencies(13, 2);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 100'000; ++i) {
        values.push_back(static_cast<std::int64_t>(latencies(random)));
        histogram.record(values.back());
    }
    std::ranges::sort(values);
    for (const double percentile : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        const double rank = std::ceil(percentile / 100 * static_cast<double>(values.size()));
        const std::int64_t exact = values[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1];
        EXPECT_GE(histogram.value_at(percentile), exact) << percentile;
        EXPECT_LE(histogram.value_at(percentile), exact + exact / 1024) << percentile;
    }
    EXPECT_EQ(histogram.min(), values.front());
    EXPECT_EQ(histogram.max(), values.back());
}

// Property: the sum of two histograms is that of all their values.
TEST(Histogram, AddsUp) {
    Histogram both;
    Histogram one;
    Histogram other;
    for (std::int64_t i = 0; i < 1000; ++i) {
        both.record(i * i);
        (i % 3 == 0 ? one : other).record(i * i);
    }
    one.add(other);
    EXPECT_EQ(one.hgrm(), both.hgrm());
    one.clear();
    EXPECT_EQ(one.count(), 0u);
    EXPECT_EQ(one.value_at(50), 0);
}

// Property: what is out of range counts at the nearest end.
TEST(Histogram, KeepsWhatIsOutOfRange) {
    Histogram histogram;
    histogram.record(-5);
    histogram.record(INT64_MAX);
    EXPECT_EQ(histogram.count(), 2u);
    EXPECT_EQ(histogram.min(), 0);
    EXPECT_EQ(histogram.max(), Histogram::kValueMax);
}

// Property: the text has the columns that HdrHistogram's plotter reads: rising values and shares,
// the last line with all of the count and no fourth column, then the three lines of totals.
TEST(Histogram, WritesTheTextOfHdrHistogram) {
    Histogram histogram;
    for (std::int64_t i = 1; i <= 1000; ++i) histogram.record(i * 1'000'000);
    std::istringstream text(histogram.hgrm());
    std::string line;
    std::getline(text, line);
    EXPECT_EQ(line, "       Value     Percentile TotalCount 1/(1-Percentile)");
    std::getline(text, line);
    EXPECT_EQ(line, "");
    double value = 0;
    double share = -1;
    std::uint64_t count = 0;
    int rows = 0;
    while (std::getline(text, line) && !line.starts_with("#")) {
        std::istringstream columns(line);
        double next_value = 0;
        double next_share = 0;
        std::uint64_t next_count = 0;
        ASSERT_TRUE(columns >> next_value >> next_share >> next_count) << line;
        EXPECT_GE(next_value, value);
        EXPECT_GT(next_share, share);
        EXPECT_GE(next_count, count);
        EXPECT_LE(std::abs(next_value - 1000 * next_share), 0.25 * 1000) << line;
        double inverse = 0;
        EXPECT_EQ(static_cast<bool>(columns >> inverse), next_share < 1);
        value = next_value;
        share = next_share;
        count = next_count;
        ++rows;
    }
    EXPECT_GT(rows, 20);
    EXPECT_EQ(share, 1);
    EXPECT_EQ(count, 1000u);
    EXPECT_NEAR(value, 1000, 1);
    EXPECT_TRUE(line.starts_with("#[Mean    =")) << line;
}

}  // namespace
}  // namespace stentor::bench
