// See message_run.h.
// Thread: main.
// Invariant: see message_run.h.
#include "bench/load/message_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/load/clock.h"
#include "bench/load/meter.h"

namespace stentor::bench {
namespace {

constexpr std::chrono::microseconds kLook{200};

}  // namespace

MessageRun::MessageRun(const Options& options, Fleet& fleet)
    : options_(options),
      load_{.depth = options.depth, .burst = options.burst, .rate = options.rate},
      fleet_(fleet),
      written_off_(fleet.size()) {
    for (std::uint32_t i = 0; i < fleet.crew().size(); ++i) {
        const auto hand_over = [this](std::uint32_t owner, Stream& stream) {
            fleet_.crew().worker(owner).post(
                [driver = drivers_[owner].get(), &stream] { driver->take_burst(stream); });
        };
        drivers_.push_back(
            std::make_unique<MessageDriver>(fleet.crew().worker(i), fleet.traffics(), hand_over));
    }
    fleet.crew().on_each(
        [&](Worker& worker) { worker.set_driver(drivers_[worker.index()].get()); });
}

MessageRun::Counts MessageRun::counts(std::uint32_t target) const {
    Counts sum;
    for (const auto& driver : drivers_) {
        const MessageCells& cells = driver->cells(target);
        sum.messages += cells.messages.get();
        sum.expected += cells.expected.get();
        sum.delivered += cells.delivered.get();
        sum.duplicates += cells.duplicates.get();
        sum.reordered += cells.reordered.get();
        sum.gaps += cells.gaps.get();
        sum.seq_faults += cells.seq_faults.get();
        sum.misplaced += cells.misplaced.get();
        sum.late += cells.late.get();
    }
    return sum;
}

std::uint64_t MessageRun::under_way(std::uint32_t target) const {
    const Counts now = counts(target);
    const std::uint64_t arrived = now.delivered + now.gaps + written_off_[target];
    return now.expected > arrived ? now.expected - arrived : 0;
}

// Patience begins anew whenever something arrives.
bool MessageRun::wait_for_quiet(std::uint32_t target) {
    std::uint64_t seen = under_way(target);
    std::int64_t since = now_ns();
    while (seen > 0) {
        std::this_thread::sleep_for(kLook);
        const std::uint64_t now = under_way(target);
        if (now != seen) {
            seen = now;
            since = now_ns();
        } else if (now_ns() - since > options_.patience.count()) {
            fleet_.crew().on_each(
                [&](Worker& worker) { drivers_[worker.index()]->write_off(target); });
            written_off_[target] += under_way(target);  // nothing of it counts from here on
            return false;
        }
    }
    return true;
}

std::expected<std::uint64_t, std::string> MessageRun::delivered_bytes(std::uint32_t target,
                                                                      std::uint32_t attempt) {
    Traffic& traffic = fleet_.traffic(target);
    traffic.calibrated_bytes = 0;
    fleet_.crew().on_each(
        [&](Worker& worker) { drivers_[worker.index()]->calibrate(target, attempt); });
    for (const std::int64_t begin = now_ns(); traffic.calibrated_bytes == 0;) {
        if (now_ns() - begin > options_.patience.count()) {
            const std::string complaint = traffic.target().complaint();
            return std::unexpected(fmt::format(
                "target {}: the first message did not come back to its sender within {} s{}{}",
                traffic.target().spec.name, seconds_of(options_.patience.count()),
                complaint.empty() ? "; do join, joined and message fit this server?" : ": ",
                complaint));
        }
        std::this_thread::sleep_for(kLook);
    }
    return traffic.calibrated_bytes.load();
}

// What a server wraps around a message is learned by sending one without padding.
std::expected<void, std::string> MessageRun::calibrate(std::uint32_t target, TargetResult& result) {
    Traffic& traffic = fleet_.traffic(target);
    traffic.prepare_messages(1);
    const auto least = delivered_bytes(target, 0);
    if (!least) return std::unexpected(least.error());
    if (!traffic.target().spec.message->has_pad()) {
        result.delivered_bytes = *least;
        return {};
    }
    traffic.prepare_messages(options_.size > *least ? options_.size - *least + 1 : 1);
    const auto padded = delivered_bytes(target, 1);
    if (!padded) return std::unexpected(padded.error());
    result.delivered_bytes = *padded;
    return {};
}

Slice MessageRun::drive(std::uint32_t target, const Load& load, std::chrono::nanoseconds time,
                        Histogram* all) {
    Crew& crew = fleet_.crew();
    crew.on_each([&](Worker& worker) { drivers_[worker.index()]->rest(target, load); });
    const Counts before = counts(target);
    const std::uint64_t written_off = written_off_[target];

    const Meter meter(fleet_.traffic(target).target().spec, crew);
    crew.on_each(
        [&](Worker& worker) { drivers_[worker.index()]->begin(target, meter.begin_ns()); });
    std::this_thread::sleep_until(
        std::chrono::steady_clock::time_point(std::chrono::nanoseconds(meter.begin_ns()) + time));
    crew.on_each([&](Worker& worker) { drivers_[worker.index()]->stop(); });
    wait_for_quiet(target);

    Slice slice;
    meter.read(slice);
    if (load.rate > 0) slice.offered = load.rate;
    const Counts after = counts(target);
    slice.messages = after.messages - before.messages;
    slice.deliveries = after.delivered - before.delivered;
    slice.lost = written_off_[target] - written_off;
    slice.duplicates = after.duplicates - before.duplicates;
    slice.reordered = after.reordered - before.reordered;
    slice.gaps = after.gaps - before.gaps;
    slice.seq_faults = after.seq_faults - before.seq_faults;
    slice.misplaced = after.misplaced - before.misplaced;
    const auto latency = crew.gather<Histogram>(
        [&](Worker& worker) -> const Histogram& { return drivers_[worker.index()]->latency(); });
    slice.latency = latency.summary();
    if (all != nullptr) all->add(latency);
    return slice;
}

void MessageRun::report(Result& result, std::uint32_t target) const {
    const TargetResult& found = result.targets[target];
    const TargetState& state = fleet_.traffic(target).target();
    if (state.closed > 0) {
        result.failed = true;
        result.warnings.push_back(fmt::format("{}: {} connections were lost: {}", found.name,
                                              state.closed.load(), state.complaint()));
    }
    if (const std::uint64_t late = counts(target).late; late > 0) {
        result.warnings.push_back(
            fmt::format("{}: {} deliveries that count as lost came after all, later than {} s",
                        found.name, late, seconds_of(options_.patience.count())));
    }
    if (found.delivered_bytes > options_.size) {
        result.warnings.push_back(
            fmt::format("{}: its smallest message is delivered as {} bytes, more than --size {}",
                        found.name, found.delivered_bytes, options_.size));
    }
}

void MessageRun::warm_up(Progress& progress, const Result& result) {
    if (options_.warmup.count() == 0) return;
    for (std::uint32_t target = 0; target < fleet_.size(); ++target) {
        progress.show("warming up " + result.targets[target].name);
        drive(target, load_, options_.warmup, nullptr);
    }
}

std::expected<Load, std::string> MessageRun::share_of_first(Progress& progress,
                                                            TargetResult& result) {
    Histogram closed;
    const Slice slice = drive(0, load_, options_.slice, &closed);
    if (slice.messages == 0) {
        return std::unexpected(
            fmt::format("target {}: nothing went through its closed loop, of "
                        "which --share is to be offered",
                        result.name));
    }
    if (fleet_.size() > 1) {
        result.slices.push_back(slice);
        result.latency.add(closed);
        progress.show(words_of_slice(options_, result));
    }
    Load load = load_;
    load.rate = options_.share * static_cast<double>(slice.messages) / slice.seconds;
    return load;
}

Outcome MessageRun::round(Progress& progress, Result& result) {
    Load load = load_;
    if (options_.share > 0) {
        const auto share = share_of_first(progress, result.targets.front());
        if (!share) return std::unexpected(share.error());
        load = *share;
    }
    for (std::uint32_t target = result.first_is_yardstick ? 1 : 0; target < fleet_.size();
         ++target) {
        TargetResult& found = result.targets[target];
        found.slices.push_back(drive(target, load, options_.slice, &found.latency));
        progress.show(words_of_slice(options_, found));
    }
    return {};
}

Outcome MessageRun::run(Progress& progress, Result& result) {
    // Where others are compared, the first one is driven in closed loops alone: right behind its
    // own it would be warmer than they are.
    result.first_is_yardstick = options_.share > 0 && fleet_.size() > 1;
    progress.show("connecting");
    const auto connected = fleet_.connect_all();
    if (!connected) return connected;
    for (std::uint32_t target = 0; target < fleet_.size(); ++target) {
        TargetResult& found = result.targets[target];
        found.connections = options_.connections;
        const auto calibrated = calibrate(target, found);
        if (!calibrated) return calibrated;
    }
    fleet_.wait_for_silence();
    warm_up(progress, result);
    for (std::uint32_t n = 0; n < repetitions_of(options_); ++n) {
        if (const auto driven = round(progress, result); !driven) return driven;
    }
    for (std::uint32_t target = 0; target < fleet_.size(); ++target) report(result, target);
    fleet_.report_tls(result);
    return {};
}

Outcome run_messages(const Options& options, Progress& progress, Result& result) {
    auto fleet = Fleet::make(options);
    if (!fleet) return std::unexpected(fleet.error());
    return MessageRun(options, **fleet).run(progress, result);
}

}  // namespace stentor::bench
