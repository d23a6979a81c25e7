// idle: what a connection costs that sits in a room of 20 and says nothing: memory as the slope
// between a quarter of the connections and all of them, before and after everybody has talked once,
// and the processor time of all of them together.
// Thread: a driver is its worker's; the rest is main's.
// Invariant: memory is read only when nothing is under way.
#include <fmt/format.h>

#include <thread>

#include "bench/load/fleet.h"
#include "bench/load/meter.h"
#include "bench/load/probe.h"
#include "bench/load/wire.h"
#include "bench/load/workloads.h"

namespace stentor::bench {
namespace {

constexpr std::chrono::milliseconds kSettle{1000};  // what a server frees, it frees by timers
constexpr std::chrono::seconds kIdleTime{5};

class IdleDriver final : public Driver {
public:
    explicit IdleDriver(Worker& worker) : worker_(worker) {}

    // Each connection pings, and each room's sender says something.
    void talk(Traffic& traffic) {
        for (Connection& connection : traffic.connections()) {
            if (traffic.worker_of(connection) != worker_.index()) continue;
            if (connection.phase != Phase::kReady) continue;
            append_client_frame(connection.outbox, ws::Opcode::kPing, "idle", worker_.next_mask());
            if (connection.stream != kNoStream) say(traffic, connection);
            worker_.flush(connection);
        }
    }
    void close_all(Traffic& traffic) {
        for (Connection& connection : traffic.connections()) {
            if (traffic.worker_of(connection) == worker_.index()) worker_.close(connection, true);
        }
    }
    void on_message(Connection&, std::string_view) override {}

private:
    void say(Traffic& traffic, Connection& sender) {
        Stream& stream = traffic.streams()[sender.stream];
        const PreparedMessage& message = *stream.message;
        const ws::MaskKey key = worker_.next_mask();
        char* at = append_client_head(sender.outbox, ws::Opcode::kText, message.text.size(), key);
        message.text.copy(at, message.text.size());
        message.number(at, {stream.id, stream.next.fetch_add(1)});
        mask_payload(at, message.text.size(), key);
    }

    Worker& worker_;
};

struct Memory {
    double anonymous = 0;
    double resident = 0;
};

class IdleRun {
public:
    IdleRun(const Options& options, Fleet& fleet, Progress& progress)
        : options_(options), fleet_(fleet), progress_(progress) {
        for (std::uint32_t i = 0; i < fleet.crew().size(); ++i) {
            drivers_.push_back(std::make_unique<IdleDriver>(fleet.crew().worker(i)));
        }
        fleet.crew().on_each([&](Worker& worker) { worker.set_driver(&driver(worker)); });
    }
    ~IdleRun() { fleet_.stop(); }
    IdleRun(const IdleRun&) = delete;
    IdleRun& operator=(const IdleRun&) = delete;

    Outcome measure(std::uint32_t target, TargetResult& result) {
        Traffic& traffic = fleet_.traffic(target);
        traffic.prepare_messages(options_.size);
        const std::uint32_t fewer = options_.connections / 4 / kIdleRoom * kIdleRoom;
        const double more = options_.connections - fewer;
        const Memory empty = memory(target);
        progress_.show(fmt::format("{}: {} connections", result.name, fewer));
        if (auto connected = fleet_.connect(target, 0, fewer); !connected) return connected;
        talk(target);
        const Memory few = memory(target);
        progress_.show(fmt::format("{}: {} connections", result.name, options_.connections));
        if (auto connected = fleet_.connect(target, fewer, options_.connections); !connected) {
            return connected;
        }
        const Memory silent = memory(target);
        talk(target);
        const Memory talked = memory(target);
        result.connections = options_.connections;
        result.figures = {
            {"bytes_per_connection", (silent.anonymous - few.anonymous) / more},
            {"bytes_per_connection_after_traffic", (talked.anonymous - few.anonymous) / more},
            {"rss_bytes_per_connection", (silent.resident - few.resident) / more},
            {"rss_bytes_per_connection_after_traffic", (talked.resident - few.resident) / more},
            {"rss_bytes_without_connections", empty.resident},
            {"rss_bytes_with_all_connections", talked.resident}};
        stay_idle(target, result);
        fleet_.crew().on_each([&](Worker& worker) { driver(worker).close_all(traffic); });
        return {};
    }

private:
    IdleDriver& driver(const Worker& worker) { return *drivers_[worker.index()]; }

    void talk(std::uint32_t target) {
        fleet_.wait_for_silence();
        fleet_.crew().on_each([&](Worker& worker) { driver(worker).talk(fleet_.traffic(target)); });
    }

    Memory memory(std::uint32_t target) {
        fleet_.wait_for_silence();
        std::this_thread::sleep_for(kSettle);
        const int pid = fleet_.traffic(target).target().spec.pid.value_or(0);
        const auto read = [&](const char* line) {
            return static_cast<double>(process_memory_bytes(pid, line).value_or(0));
        };
        return {.anonymous = read("RssAnon"), .resident = read("VmRSS")};
    }

    void stay_idle(std::uint32_t target, TargetResult& result) {
        progress_.show(result.name + ": idle");
        const std::uint64_t frames = fleet_.crew().frames();
        const Meter meter(fleet_.traffic(target).target().spec, fleet_.crew());
        std::this_thread::sleep_for(options_.duration.value_or(kIdleTime));
        Slice slice;
        meter.read(slice);
        const auto received = static_cast<double>(fleet_.crew().frames() - frames);
        result.figures["idle_frames_per_second"] = received / slice.seconds;
        if (slice.cpu_seconds)
            result.figures["idle_cpu_share"] = *slice.cpu_seconds / slice.seconds;
        result.slices.push_back(slice);
    }

    const Options& options_;
    Fleet& fleet_;
    Progress& progress_;
    std::vector<std::unique_ptr<IdleDriver>> drivers_;
};

}  // namespace

Outcome run_idle(const Options& options, Progress& progress, Result& result) {
    for (const TargetSpec& spec : options.targets) {
        if (!spec.pid) return std::unexpected("target " + spec.name + ": idle needs its pid");
    }
    auto fleet = Fleet::make(options, {.all_at_once = false});
    if (!fleet) return std::unexpected(fleet.error());
    IdleRun run(options, **fleet, progress);
    for (std::uint32_t target = 0; target < (*fleet)->size(); ++target) {
        TargetResult& found = result.targets[target];
        if (const auto measured = run.measure(target, found); !measured) return measured;
        const TargetState& state = (*fleet)->traffic(target).target();
        if (state.closed > 0) {
            result.failed = true;
            result.warnings.push_back(fmt::format("{}: {} connections were lost: {}", found.name,
                                                  state.closed.load(), state.complaint()));
        }
    }
    (*fleet)->report_tls(result);
    return {};
}

}  // namespace stentor::bench
