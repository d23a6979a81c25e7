// Looking again soon, and letting others run where there are fewer cores than threads.
// Thread: one.
// Invariant: yields once in kTimesBeforeYield.
#pragma once

#include <cstdint>
#include <thread>

namespace stentor::bench {

class Spin {
public:
    void once() {
        if (++times_ % kTimesBeforeYield == 0) std::this_thread::yield();
    }

private:
    static constexpr std::uint32_t kTimesBeforeYield = 256;
    std::uint32_t times_ = 0;
};

}  // namespace stentor::bench
