// connect: each of --connections slots connects, upgrades and ends the connection, again and again.
// The time counts from connect() to the 101 (of a server that only accepts: to its end of stream).
// Thread: a driver is its worker's; the rest is main's.
// Invariant: a slice ends when all slots are closed.
#include <thread>

#include "bench/load/clock.h"
#include "bench/load/fleet.h"
#include "bench/load/message_driver.h"
#include "bench/load/meter.h"
#include "bench/load/wire.h"
#include "bench/load/workloads.h"

namespace stentor::bench {
namespace {

constexpr std::uint32_t kSources = 64;  // a port that was used rests for a while
constexpr std::int64_t kPatienceNs = 10'000'000'000;
constexpr std::chrono::microseconds kLook{200};

class ConnectDriver final : public Driver {
public:
    ConnectDriver(Worker& worker, bool says_goodbye)
        : worker_(worker), says_goodbye_(says_goodbye) {}

    Cell done;
    Cell failed;
    Cell finished;  // slots that have stopped, in this slice
    Histogram latency;

    void begin(Traffic& traffic) {
        active_ = true;
        latency.clear();
        for (Connection& slot : traffic.connections()) {
            if (traffic.worker_of(slot) == worker_.index()) worker_.open(slot);
        }
    }
    void stop() { active_ = false; }

    void on_ready(Connection& slot) override {
        latency.record(worker_.now() - slot.opened_ns);
        done.add(1);
        if (says_goodbye_ && slot.fd) {
            constexpr std::string_view kNormalClosure = "\x03\xe8";  // 1000
            append_client_frame(slot.outbox, ws::Opcode::kClose, kNormalClosure,
                                worker_.next_mask());
            worker_.flush(slot);
            return;
        }
        worker_.close(slot, true);
        again(slot);
    }
    void on_message(Connection&, std::string_view) override {}
    void on_closed(Connection& slot, bool ready) override {
        if (!ready) failed.add(1);
        again(slot);
    }

private:
    void again(Connection& slot) {
        if (active_) {
            worker_.open(slot);
        } else {
            finished.add(1);
        }
    }

    Worker& worker_;
    const bool says_goodbye_;
    bool active_ = false;
};

class ConnectRun {
public:
    ConnectRun(const Options& options, Fleet& fleet) : options_(options), fleet_(fleet) {
        for (std::uint32_t i = 0; i < fleet.crew().size(); ++i) {
            drivers_.push_back(
                std::make_unique<ConnectDriver>(fleet.crew().worker(i), options.says_goodbye));
        }
        fleet.crew().on_each([&](Worker& worker) { worker.set_driver(&driver(worker)); });
    }
    ~ConnectRun() { fleet_.stop(); }
    ConnectRun(const ConnectRun&) = delete;
    ConnectRun& operator=(const ConnectRun&) = delete;

    Slice drive(std::uint32_t target, std::chrono::nanoseconds time, Histogram* all) {
        Traffic& traffic = fleet_.traffic(target);
        const std::uint64_t done = sum(&ConnectDriver::done);
        const std::uint64_t failed = sum(&ConnectDriver::failed);
        const std::uint64_t finished = sum(&ConnectDriver::finished);
        const Meter meter(traffic.target().spec, fleet_.crew());
        fleet_.crew().on_each([&](Worker& worker) { driver(worker).begin(traffic); });
        std::this_thread::sleep_for(time);
        fleet_.crew().on_each([&](Worker& worker) { driver(worker).stop(); });
        while (sum(&ConnectDriver::finished) - finished < options_.connections &&
               now_ns() - meter.begin_ns() < time.count() + kPatienceNs) {
            std::this_thread::sleep_for(kLook);
        }
        Slice slice;
        meter.read(slice);
        slice.deliveries = sum(&ConnectDriver::done) - done;
        slice.lost = sum(&ConnectDriver::failed) - failed;
        slice.messages = slice.deliveries + slice.lost;
        const auto latency = fleet_.crew().gather<Histogram>(
            [&](Worker& worker) -> const Histogram& { return driver(worker).latency; });
        slice.latency = latency.summary();
        if (all != nullptr) all->add(latency);
        return slice;
    }

private:
    ConnectDriver& driver(const Worker& worker) { return *drivers_[worker.index()]; }
    std::uint64_t sum(Cell ConnectDriver::* cell) const {
        return sum_of<ConnectDriver>(drivers_, cell);
    }

    const Options& options_;
    Fleet& fleet_;
    std::vector<std::unique_ptr<ConnectDriver>> drivers_;
};

}  // namespace

Outcome run_connect(const Options& options, Progress& progress, Result& result) {
    const FleetShape shape{
        .joins = false, .opening_max = options.connections, .sources_least = kSources};
    auto fleet = Fleet::make(options, shape);
    if (!fleet) return std::unexpected(fleet.error());
    ConnectRun run(options, **fleet);
    for (std::uint32_t target = 0; target < (*fleet)->size(); ++target) {
        progress.show("warming up " + result.targets[target].name);
        const Slice first = run.drive(target, options.warmup, nullptr);
        if (first.deliveries == 0 && first.lost > 0) {
            const TargetState& state = (*fleet)->traffic(target).target();
            return std::unexpected("target " + state.spec.name + ": " + state.complaint());
        }
    }
    for (std::uint32_t n = 0; n < repetitions_of(options); ++n) {
        for (std::uint32_t target = 0; target < (*fleet)->size(); ++target) {
            TargetResult& found = result.targets[target];
            found.slices.push_back(run.drive(target, options.slice, &found.latency));
            progress.show(words_of_slice(options, found));
        }
    }
    (*fleet)->report_tls(result);
    return {};
}

}  // namespace stentor::bench
