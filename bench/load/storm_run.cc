// storm: all connections of a server drop at once and come back at once, joins and all. Each one's
// time counts from the drop until it is joined again; the slice lasts until the last one is.
// Thread: a driver is its worker's; the rest is main's.
// Invariant: who fails to come back tries again at once, and is counted.
#include <fmt/format.h>

#include <thread>

#include "bench/load/clock.h"
#include "bench/load/fleet.h"
#include "bench/load/message_driver.h"
#include "bench/load/meter.h"
#include "bench/load/workloads.h"

namespace stentor::bench {
namespace {

constexpr std::int64_t kPatienceNs = 60'000'000'000;
constexpr std::chrono::microseconds kLook{200};

class StormDriver final : public Driver {
public:
    explicit StormDriver(Worker& worker) : worker_(worker) {}

    Cell back;
    Cell retries;
    Histogram latency;

    void drop(Traffic& traffic, std::int64_t when_ns) {
        storming_ = true;
        dropped_ns_ = when_ns;
        latency.clear();
        for (Connection& connection : traffic.connections()) {
            if (traffic.worker_of(connection) != worker_.index()) continue;
            worker_.close(connection, true);
            worker_.open(connection);
        }
    }

    void on_ready(Connection&) override {
        if (!storming_) return;
        latency.record(worker_.now() - dropped_ns_);
        back.add(1);
    }
    void on_message(Connection&, std::string_view) override {}
    void on_closed(Connection& connection, bool) override {
        if (!storming_) return;
        retries.add(1);
        worker_.open(connection);
    }

private:
    Worker& worker_;
    bool storming_ = false;
    std::int64_t dropped_ns_ = 0;
};

class StormRun {
public:
    StormRun(const Options& options, Fleet& fleet) : options_(options), fleet_(fleet) {
        for (std::uint32_t i = 0; i < fleet.crew().size(); ++i) {
            drivers_.push_back(std::make_unique<StormDriver>(fleet.crew().worker(i)));
        }
        fleet.crew().on_each([&](Worker& worker) { worker.set_driver(&driver(worker)); });
    }
    ~StormRun() { fleet_.stop(); }
    StormRun(const StormRun&) = delete;
    StormRun& operator=(const StormRun&) = delete;

    Outcome drive(std::uint32_t target, TargetResult& result) {
        Traffic& traffic = fleet_.traffic(target);
        const std::uint64_t back = sum(&StormDriver::back);
        const std::uint64_t retries = sum(&StormDriver::retries);
        const Meter meter(traffic.target().spec, fleet_.crew());
        fleet_.crew().on_each(
            [&](Worker& worker) { driver(worker).drop(traffic, meter.begin_ns()); });
        while (sum(&StormDriver::back) - back < options_.connections) {
            if (now_ns() - meter.begin_ns() > kPatienceNs) {
                return std::unexpected(
                    fmt::format("target {}: {} of {} connections came back within 60 s: {}",
                                result.name, sum(&StormDriver::back) - back, options_.connections,
                                traffic.target().complaint()));
            }
            std::this_thread::sleep_for(kLook);
        }
        Slice slice;
        meter.read(slice);
        slice.deliveries = options_.connections;
        slice.messages = slice.deliveries + sum(&StormDriver::retries) - retries;
        const auto latency = fleet_.crew().gather<Histogram>(
            [&](Worker& worker) -> const Histogram& { return driver(worker).latency; });
        slice.latency = latency.summary();
        result.latency.add(latency);
        result.slices.push_back(slice);
        fleet_.wait_for_silence();
        return {};
    }

private:
    StormDriver& driver(const Worker& worker) { return *drivers_[worker.index()]; }
    std::uint64_t sum(Cell StormDriver::* cell) const {
        return sum_of<StormDriver>(drivers_, cell);
    }

    const Options& options_;
    Fleet& fleet_;
    std::vector<std::unique_ptr<StormDriver>> drivers_;
};

}  // namespace

Outcome run_storm(const Options& options, Progress& progress, Result& result) {
    auto fleet = Fleet::make(options, {.opening_max = options.connections});
    if (!fleet) return std::unexpected(fleet.error());
    StormRun run(options, **fleet);
    progress.show("connecting");
    if (const auto connected = (*fleet)->connect_all(); !connected) return connected;
    for (std::uint32_t n = 0; n < repetitions_of(options); ++n) {
        for (std::uint32_t target = 0; target < (*fleet)->size(); ++target) {
            TargetResult& found = result.targets[target];
            found.connections = options.connections;
            if (const auto driven = run.drive(target, found); !driven) return driven;
            progress.show(words_of_slice(options, found));
        }
    }
    for (TargetResult& found : result.targets) {
        std::vector<double> seconds;
        double retries = 0;
        for (const Slice& slice : found.slices) {
            seconds.push_back(slice.seconds);
            retries += static_cast<double>(slice.messages - slice.deliveries);
        }
        found.figures["seconds_until_all_are_back"] = spread_of(std::move(seconds)).median;
        found.figures["retries"] = retries;
    }
    (*fleet)->report_tls(result);
    return {};
}

}  // namespace stentor::bench
