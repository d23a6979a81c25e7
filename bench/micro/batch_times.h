// How long one side of a queue takes for a turn's worth of items, by the clock, without the waiting
// for the other side. The median of many turns: a thread that was preempted in one of them does not
// show.
// Thread: one.
// Invariant: holds at most kSamplesMax samples, evenly spread over the run at worst by a factor of
// two.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace stentor::bench {

class BatchTimes {
public:
    using Clock = std::chrono::steady_clock;

    // Times `work`, which says how many items it did; none: it does not count.
    template <typename Work>
    std::size_t time(Work&& work) {
        const Clock::time_point began = Clock::now();
        const std::size_t items = work();
        const std::chrono::duration<double, std::nano> took = Clock::now() - began;
        if (items > 0 && ++seen_ % every_ == 0) {
            per_item_ns_.push_back(took.count() / static_cast<double>(items));
            if (per_item_ns_.size() == kSamplesMax) thin_out();
        }
        return items;
    }

    double median_ns() {
        if (per_item_ns_.empty()) return 0;
        const auto middle =
            per_item_ns_.begin() + static_cast<std::ptrdiff_t>(per_item_ns_.size() / 2);
        std::ranges::nth_element(per_item_ns_, middle);
        return *middle;
    }

private:
    static constexpr std::size_t kSamplesMax = 8192;

    void thin_out() {
        for (std::size_t i = 0; i < kSamplesMax / 2; ++i) per_item_ns_[i] = per_item_ns_[2 * i];
        per_item_ns_.resize(kSamplesMax / 2);
        every_ *= 2;
    }

    std::vector<double> per_item_ns_;
    std::size_t seen_ = 0;
    std::size_t every_ = 1;
};

}  // namespace stentor::bench
