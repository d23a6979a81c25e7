// The command line by CLI11, which is seen in this file alone. See options.h.
// Thread: any; pure but for the file of --targets.
// Invariant: no exception of CLI11 leaves this file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>

#include "bench/load/options.h"
#include "chat/options/units.h"

namespace stentor::bench {
namespace {

struct WorkloadRow {
    Workload workload;
    std::string_view name;
    std::string_view meaning;
    std::uint32_t connections;  // when none are asked for
};
constexpr std::array<WorkloadRow, 6> kWorkloads{{
    {Workload::kEcho, "echo", "each connection sends and gets its own message back", 100},
    {Workload::kFanout, "fanout", "senders in rooms; every member gets every message", 500},
    {Workload::kConnect, "connect", "connect, upgrade, close, as fast as it goes", 64},
    {Workload::kIdle, "idle", "memory of connections that sit in rooms of 20", 10'000},
    {Workload::kChat, "chat", "native protocol, all its verbs, every answer checked", 100},
    {Workload::kStorm, "storm", "all connections drop at once and come back", 2'000},
}};

const WorkloadRow& row_of(Workload workload) {
    return *std::ranges::find(kWorkloads, workload, &WorkloadRow::workload);
}

// The texts of flags whose meaning is looked at after CLI11.
struct Raw {
    std::string workload;
    std::string targets_file;
    TargetTexts target;
    std::map<std::string, std::string> times;  // by flag
};

CLI::Validator between(std::uint32_t least, std::uint32_t most) {
    CLI::Validator range = CLI::Range(least, most);
    return range.description(fmt::format("{}..{}", least, most));
}

void add_targets(CLI::App& app, Raw& raw) {
    const std::string group = "What is measured";
    app.add_option("--targets", raw.targets_file, "JSON file of servers, driven in turn")
        ->type_name("FILE")
        ->group(group);
    app.add_option("--url", raw.target.url,
                   "the one server: ws:// or wss://HOST:PORT/PATH; {room} in path or query is\n"
                   "the room that the connection joins, as in /ws?room={room}")
        ->type_name("URL")
        ->group(group);
    app.add_option("--pid", raw.target.pid, "its process, for CPU and memory")
        ->type_name("N")
        ->group(group);
    app.add_option("--core", raw.target.core, "its core, for the time in which that was busy")
        ->type_name("N")
        ->group(group);
    app.add_option("--dialect", raw.target.dialect,
                   "native, raw, echo; accept for connect (default: what the workload needs)")
        ->type_name("WORD")
        ->group(group);
    app.add_option("--join", raw.target.join,
                   "a text sent after the upgrade, repeatable; {room} and {user} are filled in")
        ->allow_extra_args(false)
        ->group(group);
    app.add_option("--joined", raw.target.joined, "text in a frame that says: joined")
        ->group(group);
    app.add_option("--message", raw.target.message,
                   "what senders send; {stamp} is needed, {pad}, {number}, {room}, {user} may be")
        ->group(group);
}

void add_tls(CLI::App& app, TlsTrust& trust) {
    const std::string group = "TLS, of wss:// URLs";
    app.add_option("--ca", trust.ca_file,
                   "certificates to trust, PEM, instead of what the system trusts")
        ->type_name("FILE")
        ->group(group);
    app.add_flag("--insecure", trust.insecure, "take any certificate, for any name")
        ->excludes("--ca")
        ->group(group);
    app.add_flag("--tls-resume", trust.resumes,
                 "who comes back resumes its session (default: a full handshake each time)")
        ->group(group);
}

void add_load(CLI::App& app, Options& options) {
    const std::string group = "Load";
    app.add_option("--connections", options.connections, "of each server")
        ->check(between(1U, 60'000U))
        ->type_name("N")
        ->group(group);
    app.add_option("--rooms", options.rooms, "among which they are divided")
        ->check(between(1U, 60'000U))
        ->type_name("N")
        ->group(group);
    app.add_option("--senders", options.senders, "in each room")
        ->check(between(1U, 10'000U))
        ->type_name("N")
        ->group(group);
    app.add_option("--size", options.size, "payload bytes of a message as it is delivered")
        ->check(between(1U, 16U << 20U))
        ->type_name("BYTES")
        ->group(group);
    app.add_option("--depth", options.depth, "closed loop: messages of each sender under way")
        ->check(between(1U, 1024U))
        ->type_name("N")
        ->group(group);
    app.add_option("--burst", options.burst,
                   "so many at once, the next when all members have them all")
        ->check(between(1U, 1024U))
        ->type_name("N")
        ->group(group);
    app.add_flag("--goodbye", options.says_goodbye,
                 "connect: end by the closing handshake, not by a reset")
        ->group(group);
    app.add_option("--rate", options.rate,
                   "open loop: messages a second of all senders; timed from when they are due")
        ->check(CLI::PositiveNumber)
        ->type_name("N")
        ->group(group);
    app.add_option("--share", options.share,
                   "open loop, echo and fanout: this share of what the first server reaches in\n"
                   "the closed loop, found anew before each round of the others")
        ->check(CLI::Range(0.01, 2.0).description("0.01..2"))
        ->type_name("X")
        ->group(group);
}

void add_course(CLI::App& app, Options& options, Raw& raw) {
    const std::string group = "Course";
    app.add_option("--slice", raw.times["--slice"], "time for one server at a time (600ms)")
        ->type_name("TIME")
        ->group(group);
    app.add_option("--repetitions", options.repetitions, "slices of each server")
        ->check(between(1U, 100'000U))
        ->type_name("N")
        ->group(group);
    app.add_option("--duration", raw.times["--duration"],
                   "time for each server in all, instead of --repetitions")
        ->type_name("TIME")
        ->group(group);
    app.add_option("--patience", raw.times["--patience"],
                   "how long what is missing is waited for, until it counts as lost (5s)")
        ->type_name("TIME")
        ->group(group);
    app.add_option("--warmup", raw.times["--warmup"], "before the first slice (300ms)")
        ->type_name("TIME")
        ->group(group);
}

void add_tool(CLI::App& app, Options& options) {
    const std::string group = "The tool";
    app.add_option("--threads", options.threads, "its own (default: the cores less one)")
        ->check(between(1U, 256U))
        ->type_name("N")
        ->group(group);
    app.add_option("--sources", options.sources,
                   "source addresses on loopback, 127.0.0.1 and on (default: as needed)")
        ->check(between(1U, 250U))
        ->type_name("N")
        ->group(group);
    app.add_flag("--zero-mask", options.zero_mask, "mask with zeros, which costs nothing")
        ->group(group);
    app.add_option("--json", options.json_file, "write the result there; - is standard output")
        ->type_name("FILE")
        ->group(group);
    app.add_option("--hgrm", options.hgrm_file,
                   "write the latencies there, as HdrHistogram's text; a file per server")
        ->type_name("FILE")
        ->group(group);
    app.add_flag("--quiet", options.quiet, "print nothing but errors and --json -")->group(group);
}

std::expected<void, std::string> set_times(Options& options, const Raw& raw) {
    for (const auto& [flag, text] : raw.times) {
        if (text.empty()) continue;
        const auto time = chat::parse_duration(text);
        if (!time) return std::unexpected(fmt::format("{} \"{}\": {}", flag, text, time.error()));
        if (flag == "--slice") options.slice = *time;
        if (flag == "--warmup") options.warmup = *time;
        if (flag == "--patience") options.patience = *time;
        if (flag == "--duration") options.duration = *time;
    }
    if (options.slice < std::chrono::milliseconds{1}) {
        return std::unexpected("--slice: at least 1ms");
    }
    return {};
}

std::expected<void, std::string> set_targets(Options& options, const Raw& raw) {
    const std::string_view dialect = options.workload == Workload::kEcho ? "echo" : "native";
    if (raw.targets_file.empty() == raw.target.url.empty()) {
        return std::unexpected("give either --url or --targets");
    }
    if (!raw.targets_file.empty()) {
        auto targets = read_targets(raw.targets_file, dialect);
        if (!targets) return std::unexpected(targets.error());
        options.targets = std::move(*targets);
        return {};
    }
    auto target = make_target(raw.target, dialect);
    if (!target) return std::unexpected(target.error());
    options.targets.push_back(std::move(*target));
    return {};
}

std::expected<void, std::string> check_trust(const Options& options) {
    const TlsTrust& trust = options.trust;
    const bool given = !trust.ca_file.empty() || trust.insecure || trust.resumes;
    const bool wanted = std::ranges::any_of(
        options.targets, [](const TargetSpec& target) { return target.url.tls; });
    if (given && !wanted) {
        return std::unexpected("--ca, --insecure, --tls-resume: for wss://, which no URL is");
    }
    return {};
}

std::expected<void, std::string> check_rooms(const Options& options) {
    if (options.workload != Workload::kEcho && options.workload != Workload::kConnect) return {};
    for (const TargetSpec& target : options.targets) {
        if (!target.url.names_room) continue;
        return std::unexpected(fmt::format("{}: {} joins no room that {{room}} could name",
                                           target.url.text, name_of(options.workload)));
    }
    return {};
}

std::expected<void, std::string> set_shape(Options& options) {
    if (options.connections == 0) options.connections = row_of(options.workload).connections;
    if (options.workload == Workload::kEcho) options.rooms = options.connections;
    if (options.workload == Workload::kIdle) {
        if (options.connections < 8 * kIdleRoom) {
            return std::unexpected(
                "--connections: idle measures a slope, which needs 160 at least");
        }
        options.connections = options.connections / kIdleRoom * kIdleRoom;
        options.rooms = options.connections / kIdleRoom;
    }
    if (options.workload == Workload::kChat) {
        options.connections -= options.connections % options.rooms;
    }
    if (options.rooms > options.connections) {
        return std::unexpected("--rooms: more than --connections");
    }
    if (options.senders > options.connections / options.rooms) {
        return std::unexpected("--senders: more than a room has members");
    }
    if ((options.burst > 0) + (options.rate > 0) + (options.share > 0) > 1) {
        return std::unexpected("--burst, --rate and --share exclude each other");
    }
    const bool sends_messages =
        options.workload == Workload::kEcho || options.workload == Workload::kFanout;
    if (options.share > 0 && !sends_messages) {
        return std::unexpected("--share is for echo and fanout");
    }
    return {};
}

std::expected<CommandLine, std::string> finish(Raw& raw, Options options) {
    const auto* const row = std::ranges::find(kWorkloads, raw.workload, &WorkloadRow::name);
    if (row == kWorkloads.end()) {
        std::string known;
        for (const WorkloadRow& one : kWorkloads) known += " " + std::string(one.name);
        return std::unexpected(raw.workload.empty()
                                   ? "which workload? There is" + known
                                   : "no workload \"" + raw.workload + "\": there is" + known);
    }
    options.workload = row->workload;
    const auto times = set_times(options, raw);
    if (!times) return std::unexpected(times.error());
    const auto targets = set_targets(options, raw);
    if (!targets) return std::unexpected(targets.error());
    const auto trust = check_trust(options);
    if (!trust) return std::unexpected(trust.error());
    const auto rooms = check_rooms(options);
    if (!rooms) return std::unexpected(rooms.error());
    const auto shape = set_shape(options);
    if (!shape) return std::unexpected(shape.error());
    return CommandLine{.help = false, .help_text = {}, .options = std::move(options)};
}

std::string footer() {
    std::string text = "WORKLOAD is one of\n";
    for (const WorkloadRow& row : kWorkloads) {
        text += "  " + std::string(row.name) + std::string(10 - row.name.size(), ' ') +
                std::string(row.meaning) + " (" + std::to_string(row.connections) +
                " connections)\n";
    }
    return text +
           "\nstentor-bench fanout --url ws://127.0.0.1:8080/ws --connections 500 --depth 2\n"
           "Exit codes: 0 all went well, 1 it failed or messages were lost, doubled or out of "
           "order, 2 usage.";
}

}  // namespace

std::string_view name_of(Workload workload) {
    return row_of(workload).name;
}

std::expected<CommandLine, std::string> read_command_line(std::span<const std::string> arguments) {
    CLI::App app("The load tool of stentor, for any WebSocket server.", "stentor-bench");
    Raw raw;
    Options options;
    app.option_defaults()->always_capture_default(false);
    app.add_option("WORKLOAD", raw.workload, "what to do");
    add_targets(app, raw);
    add_tls(app, options.trust);
    add_load(app, options);
    add_course(app, options, raw);
    add_tool(app, options);
    app.footer(footer());
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        return CommandLine{.help = true, .help_text = app.help(), .options = {}};
    } catch (const CLI::Error& error) {
        return std::unexpected(error.what());
    }
    return finish(raw, std::move(options));
}

}  // namespace stentor::bench
