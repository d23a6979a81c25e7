// The tool's one clock: monotonic nanoseconds.
// Thread: any.
// Invariant: never compared with wall-clock time.
#pragma once

#include <chrono>
#include <cstdint>

namespace stentor::bench {

inline std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}
inline double seconds_of(std::int64_t ns) {
    return static_cast<double>(ns) / 1e9;
}

}  // namespace stentor::bench
