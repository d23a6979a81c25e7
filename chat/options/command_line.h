// The command line, by CLI11: which flags were given with which texts. What they mean is the
// table's.
// Thread: any; pure.
// Invariant: exactly one action.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/options/given.h"

namespace stentor::chat {

enum class Action : std::uint8_t { kServe, kHelp, kVersion, kCheckConfig, kPrintConfig };

struct CommandLine {
    Action action = Action::kServe;
    std::optional<std::string> config_file;
    Given given;
};

// The flags that are no options of the server itself, for --help and for suggestions.
struct ActionFlag {
    std::string_view name;
    std::string_view meaning;
};
std::span<const ActionFlag> action_flags();

// `arguments` without the program's name. On failure: the whole message, with the nearest known
// flag.
std::expected<CommandLine, std::string> read_command_line(std::span<const std::string> arguments);

}  // namespace stentor::chat
