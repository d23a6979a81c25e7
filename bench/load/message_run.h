// echo and fanout: all targets are connected first, then driven in turn, a slice each, A B C A B C
// … Thread: main. Invariant: a slice begins and ends in quiet: nothing that was sent is still under
// way, or it is counted as lost.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/fleet.h"
#include "bench/load/message_driver.h"
#include "bench/load/options.h"
#include "bench/load/result.h"
#include "bench/load/workloads.h"

namespace stentor::bench {

class MessageRun {
public:
    MessageRun(const Options& options, Fleet& fleet);
    ~MessageRun() { fleet_.stop(); }
    MessageRun(const MessageRun&) = delete;
    MessageRun& operator=(const MessageRun&) = delete;

    Outcome run(Progress& progress, Result& result);

private:
    // What is counted of a target, summed over workers.
    struct Counts {
        std::uint64_t messages = 0;
        std::uint64_t expected = 0;
        std::uint64_t delivered = 0;
        std::uint64_t duplicates = 0;
        std::uint64_t reordered = 0;
        std::uint64_t gaps = 0;
        std::uint64_t seq_faults = 0;
        std::uint64_t misplaced = 0;
        std::uint64_t late = 0;
    };
    Counts counts(std::uint32_t target) const;
    std::uint64_t under_way(std::uint32_t target) const;
    // False: something was still missing when patience ended; that is written off.
    bool wait_for_quiet(std::uint32_t target);

    std::expected<void, std::string> calibrate(std::uint32_t target, TargetResult& result);
    std::expected<std::uint64_t, std::string> delivered_bytes(std::uint32_t target,
                                                              std::uint32_t attempt);
    Slice drive(std::uint32_t target, const Load& load, std::chrono::nanoseconds time,
                Histogram* all);
    void warm_up(Progress& progress, const Result& result);
    // Every other target, a slice each; --share first asks the first one what there is to share.
    Outcome round(Progress& progress, Result& result);
    std::expected<Load, std::string> share_of_first(Progress& progress, TargetResult& result);
    void report(Result& result, std::uint32_t target) const;

    const Options options_;
    const Load load_;  // of --share: the closed loop
    Fleet& fleet_;
    std::vector<std::unique_ptr<MessageDriver>> drivers_;  // of each worker
    std::vector<std::uint64_t> written_off_;               // of each target
};

}  // namespace stentor::bench
