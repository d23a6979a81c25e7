// What has come of one stream of numbered messages, 0, 1, 2, …: each number is new, late or a
// repetition. Cheap while all is well; what is missing is remembered by ranges.
// Thread: one at a time; a value.
// Invariant: a number below next() has come, or stands in exactly one missing range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace stentor::bench {

class Sequence {
public:
    enum class Arrival : std::uint8_t { kNext, kAhead, kLate, kRepeated };

    Arrival arrive(std::uint64_t number) {
        if (number == next_) {
            ++next_;
            return Arrival::kNext;
        }
        return arrive_out_of_order(number);
    }
    std::uint64_t next() const { return next_; }
    // How many numbers below next() have not come.
    std::uint64_t missing() const;

private:
    struct Range {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    Arrival arrive_out_of_order(std::uint64_t number);

    std::uint64_t next_ = 0;
    std::unique_ptr<std::vector<Range>> missing_;  // most sequences never need it
};

}  // namespace stentor::bench
