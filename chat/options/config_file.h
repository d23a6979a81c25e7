// The file of --config: TOML, one key for each option at the top level, checked strictly.
// Thread: any.
// Invariant: a key that is no option's is an error, with its line and the nearest key.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "chat/options/given.h"

namespace stentor::chat {

// On failure: the whole message, which begins with "PATH:LINE:".
std::expected<Given, std::string> read_config_file(const std::string& path);
// The same for text in hand; `path` is for the messages.
std::expected<Given, std::string> parse_config(std::string_view text, const std::string& path);

}  // namespace stentor::chat
