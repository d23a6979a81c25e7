// What a run does: the values of the command line, checked.
// Thread: immutable after start.
// Invariant: there is at least one target, and at least one connection in every room.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/target.h"
#include "bench/load/tls_client_context.h"

namespace stentor::bench {

inline constexpr std::uint32_t kIdleRoom = 20;  // members of a room, of the workload idle

enum class Workload : std::uint8_t { kEcho, kFanout, kConnect, kIdle, kChat, kStorm };
std::string_view name_of(Workload workload);

struct Options {
    Workload workload = Workload::kEcho;
    std::vector<TargetSpec> targets = {};

    std::uint32_t connections = 0;  // of each target
    std::uint32_t rooms = 1;
    std::uint32_t senders = 1;  // in each room
    std::uint32_t size = 128;   // payload bytes as delivered
    std::uint32_t depth = 1;
    std::uint32_t burst = 0;
    double rate = 0;   // messages a second in all, of a target; 0: closed loop
    double share = 0;  // open loop: of what the first target reached just before; 0: `rate` says it

    bool says_goodbye = false;  // connect: ends by a close frame, not by a reset

    std::chrono::nanoseconds slice = std::chrono::milliseconds{600};
    std::chrono::nanoseconds warmup = std::chrono::milliseconds{300};
    std::chrono::nanoseconds patience = std::chrono::seconds{5};
    std::optional<std::chrono::nanoseconds> duration =
        {};  // of each target; else `repetitions` slices
    std::uint32_t repetitions = 9;

    TlsTrust trust = {};  // of all wss:// targets

    std::uint32_t threads = 0;  // 0: cores less one
    std::uint32_t sources = 0;  // 0: as many as the connections need
    bool zero_mask = false;

    std::string json_file = {};  // "-": standard output
    std::string hgrm_file = {};
    bool quiet = false;
};

struct CommandLine {
    bool help = false;
    std::string help_text;
    Options options;
};
// `arguments` without the program's name. On failure: one line that says what is wrong.
std::expected<CommandLine, std::string> read_command_line(std::span<const std::string> arguments);

}  // namespace stentor::bench
