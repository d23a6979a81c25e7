// From the command line, the environment and the file to the values in effect: flag before
// environment before file before default (README.md, "Tune it by flags").
// Thread: main, before the others start.
// Invariant: a value's source is the first that names it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chat/options/command_line.h"
#include "chat/options/options.h"

namespace stentor::chat {

enum class Source : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

struct Invocation {
    Action action = Action::kServe;
    Options options;
    std::vector<Source> sources;  // of each row of option_rows()
    std::string config_file;      // empty: none was read
};

// The value of an environment variable; nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// `arguments` without the program's name. On failure: the message for the operator.
// With --help and --version nothing else is looked at.
std::expected<Invocation, std::string> load_options(std::span<const std::string> arguments,
                                                    const Environment& environment);

}  // namespace stentor::chat
