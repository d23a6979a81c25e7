// All targets, their connections and the workers that carry them: what every workload begins with.
// Thread: main.
// Invariant: the connections outlive the workers, and are theirs until then.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/result.h"
#include "bench/load/target.h"
#include "bench/load/traffic.h"
#include "bench/load/worker.h"

namespace stentor::bench {

struct FleetShape {
    bool joins = true;                // false: ready means upgraded
    bool all_at_once = true;          // the connections of all targets, or of one after the other
    std::uint32_t opening_max = 64;   // of each worker
    std::uint32_t sources_least = 1;  // where many ports are used up
};

class Fleet {
public:
    // On failure: one line that says what is wrong.
    static std::expected<std::unique_ptr<Fleet>, std::string> make(const Options& options,
                                                                   const FleetShape& shape = {});

    Crew& crew() { return *crew_; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(traffics_.size()); }
    Traffic& traffic(std::uint32_t target) { return *traffics_[target]; }
    const std::vector<std::unique_ptr<Traffic>>& traffics() const { return traffics_; }

    // Opens connections [begin, end) of a target and waits until all are ready. The workers have
    // their drivers by then.
    std::expected<void, std::string> connect(std::uint32_t target, std::uint32_t begin,
                                             std::uint32_t end);
    std::expected<void, std::string> connect_all();
    // Ends the workers, for what their drivers use is about to go.
    void stop() { crew_.reset(); }
    // Until nothing has come in for a while: the talk of the joins is over.
    void wait_for_silence();
    // How each wss:// target was spoken to, into result.targets, which stand in the same order.
    void report_tls(Result& result) const;

private:
    explicit Fleet(const Options& options) : options_(options) {}
    std::expected<void, std::string> add(const TargetSpec& spec, const TrafficShape& shape);

    const Options options_;
    std::vector<std::unique_ptr<TargetState>> targets_;
    std::vector<std::unique_ptr<Traffic>> traffics_;
    std::unique_ptr<Crew> crew_;  // last: its threads end first
};

}  // namespace stentor::bench
