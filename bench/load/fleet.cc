// See fleet.h.
// Thread: main.
// Invariant: see fleet.h.
#include "bench/load/fleet.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/load/clock.h"
#include "bench/load/probe.h"

namespace stentor::bench {
namespace {

constexpr std::uint64_t kOwnFiles = 64;            // the tool's own
constexpr std::uint32_t kPortsOfASource = 20'000;  // of 28,000 by default
constexpr std::int64_t kNoProgressNs = 10'000'000'000;
constexpr std::int64_t kSilenceNs = 200'000'000;
constexpr std::int64_t kSilenceAtMostNs = 10'000'000'000;
constexpr std::chrono::milliseconds kLook{5};

std::expected<void, std::string> raise_file_limit(std::uint64_t connections) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (connections + kOwnFiles <= files.rlim_cur) return {};
    return std::unexpected(fmt::format("{} connections need more files than the limit of {} allows",
                                       connections, files.rlim_cur));
}

// Where the servers are not, if that leaves anything.
std::vector<int> cores_beside(const std::vector<TargetSpec>& targets) {
    const std::vector<int> allowed = allowed_cores();
    std::vector<int> cores;
    for (const int core : allowed) {
        if (std::ranges::none_of(targets, [&](const auto& one) { return one.core == core; })) {
            cores.push_back(core);
        }
    }
    return cores.empty() ? allowed : cores;
}

}  // namespace

std::expected<std::unique_ptr<Fleet>, std::string> Fleet::make(const Options& options,
                                                               const FleetShape& wanted) {
    const std::uint64_t all =
        std::uint64_t{options.connections} * (wanted.all_at_once ? options.targets.size() : 1);
    if (const auto raised = raise_file_limit(all); !raised) {
        return std::unexpected(raised.error());
    }
    std::unique_ptr<Fleet> fleet(new Fleet(options));
    const std::vector<int> cores = cores_beside(options.targets);
    const auto allowed = static_cast<std::uint32_t>(allowed_cores().size());
    const std::uint32_t threads = options.threads > 0 ? options.threads : std::max(2U, allowed) - 1;
    const TrafficShape shape{.connections = options.connections,
                             .rooms = options.rooms,
                             .senders = options.senders,
                             .workers = threads};
    for (const TargetSpec& spec : options.targets) {
        const auto added = fleet->add(spec, shape);
        if (!added) return std::unexpected("target " + spec.name + ": " + added.error());
    }
    const std::uint32_t sources =
        std::max(options.connections / kPortsOfASource + 1, wanted.sources_least);
    fleet->crew_ = std::make_unique<Crew>(
        threads, WorkerOptions{.sources = options.sources > 0 ? options.sources : sources,
                               .opening_max = wanted.opening_max,
                               .zero_mask = options.zero_mask,
                               .joins = wanted.joins,
                               .cores = cores});
    return fleet;
}

std::expected<void, std::string> Fleet::add(const TargetSpec& spec, const TrafficShape& shape) {
    const auto address = resolve(spec.url);
    if (!address) return std::unexpected(address.error());
    std::shared_ptr<const TlsClientContext> tls;
    if (spec.url.tls) {
        auto made = TlsClientContext::make(options_.trust, spec.url.host);
        if (!made) return std::unexpected(made.error());
        tls = std::move(*made);
    }
    const auto index = static_cast<std::uint32_t>(targets_.size());
    targets_.push_back(std::make_unique<TargetState>(index, spec, *address, std::move(tls)));
    traffics_.push_back(std::make_unique<Traffic>(*targets_.back(), shape));
    return {};
}

std::expected<void, std::string> Fleet::connect(std::uint32_t target, std::uint32_t begin,
                                                std::uint32_t end) {
    Traffic& traffic = *traffics_[target];
    TargetState& state = traffic.target();
    const std::uint32_t wanted = state.ready.load() + (end - begin);
    crew_->on_each([&](Worker& worker) {
        for (std::uint32_t i = begin; i < end; ++i) {
            Connection& connection = traffic.connections()[i];
            if (traffic.worker_of(connection) == worker.index()) worker.open(connection);
        }
    });
    std::uint32_t seen = state.ready.load();
    std::int64_t since = now_ns();
    while (state.ready.load() < wanted && state.failed.load() == 0) {
        std::this_thread::sleep_for(kLook);
        const std::uint32_t ready = state.ready.load();
        if (ready != seen) {
            seen = ready;
            since = now_ns();
        } else if (now_ns() - since > kNoProgressNs) {
            const std::string heard = state.overheard();
            return std::unexpected(fmt::format(
                "target {}: {} of {} connections are ready, and no more for 10 s{}{}",
                state.spec.name, ready, wanted, heard.empty() ? "" : "; it said: ", heard));
        }
    }
    if (state.failed.load() == 0) return {};
    return std::unexpected(fmt::format("target {} ({}): {}", state.spec.name,
                                       state.spec.url.authority, state.complaint()));
}

std::expected<void, std::string> Fleet::connect_all() {
    for (std::uint32_t target = 0; target < size(); ++target) {
        const auto connected = connect(target, 0, options_.connections);
        if (!connected) return connected;
    }
    wait_for_silence();
    return {};
}

void Fleet::wait_for_silence() {
    const std::int64_t begin = now_ns();
    std::uint64_t frames = crew_->frames();
    std::int64_t since = begin;
    while (now_ns() - since < kSilenceNs && now_ns() - begin < kSilenceAtMostNs) {
        std::this_thread::sleep_for(kLook);
        if (const std::uint64_t now = crew_->frames(); now != frames) {
            frames = now;
            since = now_ns();
        }
    }
}

void Fleet::report_tls(Result& result) const {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        result.targets[i].tls = targets_[i]->tls_report();
    }
}

}  // namespace stentor::bench
