// See sequence.h.
// Thread: see sequence.h.
// Invariant: see sequence.h.
#include "bench/load/sequence.h"

#include <algorithm>

namespace stentor::bench {

std::uint64_t Sequence::missing() const {
    std::uint64_t sum = 0;
    if (missing_) {
        for (const Range& range : *missing_) sum += range.end - range.begin;
    }
    return sum;
}

Sequence::Arrival Sequence::arrive_out_of_order(std::uint64_t number) {
    if (number > next_) {
        if (!missing_) missing_ = std::make_unique<std::vector<Range>>();
        missing_->push_back({next_, number});
        next_ = number + 1;
        return Arrival::kAhead;
    }
    if (!missing_) return Arrival::kRepeated;
    const auto found = std::ranges::find_if(
        *missing_, [&](const Range& range) { return range.begin <= number && number < range.end; });
    if (found == missing_->end()) return Arrival::kRepeated;
    const Range hole = *found;
    missing_->erase(found);
    if (hole.begin < number) missing_->push_back({hole.begin, number});
    if (number + 1 < hole.end) missing_->push_back({number + 1, hole.end});
    return Arrival::kLate;
}

}  // namespace stentor::bench
