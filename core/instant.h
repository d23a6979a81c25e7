// Time as the rest of the program sees it: monotonic for every interval, Unix milliseconds for what
// people read. A reactor reads the clock once a turn and hands the value down.
// Thread: any.
// Invariant: an Instant is never compared with wall-clock time.
#pragma once

#include <chrono>
#include <cstdint>

namespace stentor::core {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    virtual std::int64_t unix_ms() const = 0;
};

class SystemClock final : public Clock {
public:
    Instant now() const override { return std::chrono::steady_clock::now(); }
    std::int64_t unix_ms() const override {
        using namespace std::chrono;
        return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    }
};

// The clock of tests and of the simulation: it stands still until it is turned.
class ManualClock final : public Clock {
public:
    Instant now() const override { return now_; }
    std::int64_t unix_ms() const override { return unix_ms_; }
    void advance(Duration by) {
        now_ += by;
        unix_ms_ += std::chrono::duration_cast<std::chrono::milliseconds>(by).count();
    }

private:
    Instant now_{std::chrono::hours{1}};
    std::int64_t unix_ms_ = 1'790'000'000'000;
};

}  // namespace stentor::core
