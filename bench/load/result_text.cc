// The result for people, and what makes it doubtful. See result.h.
// Thread: main.
// Invariant: a figure that was not measured has no line.
#include <fmt/format.h>

#include <algorithm>

#include "bench/load/result.h"

namespace stentor::bench {
namespace {

constexpr double kBottleneckShare = 0.9;
constexpr double kRateReached = 0.97;

struct Colours {
    std::string_view name;
    std::string_view fault;
    std::string_view end;
};

class TargetText {
public:
    TargetText(const TargetResult& target, const Colours& colours, std::string_view unit)
        : target_(target), colours_(colours), unit_(unit) {}

    std::string write() {
        text_ = fmt::format("{}{}{}\n", colours_.name, target_.name, colours_.end);
        write_spread("rate", fmt::format("{} a second", unit_));
        write_spread("per_cpu_second", "per CPU second");
        write_spread("per_busy_second", "per busy second of its core");
        write_latency();
        for (const auto& [name, value] : target_.figures) {
            std::string words = name;
            std::ranges::replace(words, '_', ' ');
            line(words, fmt::format("{:.6g}", value));
        }
        write_tls();
        write_faults();
        return std::move(text_);
    }

private:
    void line(std::string_view name, std::string_view value) {
        text_ += fmt::format("  {:<28} {}\n", name, value);
    }

    void write_spread(const std::string& metric, const std::string& words) {
        const auto found = target_.summary.find(metric);
        if (found == target_.summary.end()) return;
        const Spread& is = found->second;
        line(words, fmt::format("{:.0f}  ({:.0f} to {:.0f})", is.median, is.min, is.max));
    }

    void write_latency() {
        if (target_.latency.count() == 0) return;
        const LatencySummary all = target_.latency.summary();
        const auto ms = [](std::int64_t ns) { return static_cast<double>(ns) / 1e6; };
        line("latency, ms",
             fmt::format("p50 {:.3f}  p90 {:.3f}  p99 {:.3f}  p99.9 {:.3f}  max {:.3f}",
                         ms(all.p50), ms(all.p90), ms(all.p99), ms(all.p999), ms(all.max)));
    }

    void write_tls() {
        if (!target_.tls) return;
        const TlsReport& tls = *target_.tls;
        line("TLS", fmt::format("{} {}{}, {} handshakes, {} resumed", tls.version, tls.cipher,
                                tls.verified ? "" : ", not verified", tls.handshakes, tls.resumed));
    }

    void write_faults() {
        Slice sum;
        for (const Slice& slice : target_.slices) {
            sum.lost += slice.lost;
            sum.duplicates += slice.duplicates;
            sum.reordered += slice.reordered;
            sum.gaps += slice.gaps;
            sum.seq_faults += slice.seq_faults;
            sum.misplaced += slice.misplaced;
        }
        if (sum.gaps > 0) line("left out, and said so", fmt::format("{} deliveries", sum.gaps));
        if (!sum.faulty()) return;
        text_ +=
            fmt::format("  {}lost {}, doubled {}, out of order {}, wrong seq {}, misplaced {}{}\n",
                        colours_.fault, sum.lost, sum.duplicates, sum.reordered, sum.seq_faults,
                        sum.misplaced, colours_.end);
    }

    const TargetResult& target_;
    const Colours& colours_;
    const std::string_view unit_;
    std::string text_;
};

double median_of(const TargetResult& target, double (*value)(const Slice&)) {
    std::vector<double> values;
    for (const Slice& slice : target.slices) values.push_back(value(slice));
    return spread_of(std::move(values)).median;
}

}  // namespace

std::string to_text(const Result& result, bool colour) {
    const Colours colours =
        colour ? Colours{.name = "\x1b[1m", .fault = "\x1b[31m", .end = "\x1b[0m"} : Colours{};
    std::string_view unit = "deliveries";
    if (result.workload == Workload::kEcho) unit = "messages";
    if (result.workload == Workload::kConnect) unit = "handshakes";
    if (result.workload == Workload::kStorm) unit = "returns";
    std::string text;
    for (const TargetResult& target : result.targets) {
        text += TargetText(target, colours, unit).write();
    }
    for (const Ratio& ratio : result.ratios) {
        text += fmt::format("{} / {}: {:<16} {:.3f}  ({:.3f} to {:.3f})\n", ratio.target, ratio.to,
                            ratio.metric, ratio.spread.median, ratio.spread.min, ratio.spread.max);
    }
    return text;
}

void add_warnings(const Options& options, Result& result) {
    const auto warn = [&](std::string text) { result.warnings.push_back(std::move(text)); };
#ifndef NDEBUG
    warn("this is a debug build of the tool: its figures say little");
#endif
    const std::vector<int> allowed = allowed_cores();
    for (const TargetSpec& spec : options.targets) {
        if (allowed.size() == 1 && spec.core == allowed.front()) {
            warn(fmt::format("the client shares core {} with {}", *spec.core, spec.name));
        }
    }
    for (const TargetResult& target : result.targets) {
        const double busy =
            median_of(target, [](const Slice& slice) { return slice.busiest_thread; });
        if (busy > kBottleneckShare) {
            warn(fmt::format(
                "the client was the bottleneck: a thread of it was busy for {:.0f} % of "
                "the time with {}",
                100 * busy, target.name));
        }
        const double sent = median_of(target, [](const Slice& slice) {
            return slice.seconds > 0 ? static_cast<double>(slice.messages) / slice.seconds : 0;
        });
        const double offered =
            median_of(target, [](const Slice& slice) { return slice.offered.value_or(0); });
        if (sent < kRateReached * offered) {
            warn(fmt::format("{}: {:.0f} messages a second went through, not the {:.0f} of {}",
                             target.name, sent, offered, options.share > 0 ? "--share" : "--rate"));
        }
    }
}

}  // namespace stentor::bench
