// How values are written: sizes (4096, 64KiB, 1MiB), times (250ms, 30s, 10m), whole numbers. One
// parser for the command line, the environment and the file.
// Thread: any; pure.
// Invariant: what a format function writes, its parser reads back to the same value.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/instant.h"

namespace stentor::chat {

// On failure: what is wrong with the text, without quoting it.
std::expected<std::uint64_t, std::string> parse_number(std::string_view text);
std::expected<std::uint64_t, std::string> parse_size_bytes(std::string_view text);
std::expected<core::Duration, std::string> parse_duration(std::string_view text);

// In the largest unit that leaves no fraction: "64KiB", "1000"; "30s", "250ms", "10m".
std::string format_size(std::uint64_t bytes);
std::string format_duration(core::Duration duration);

}  // namespace stentor::chat
