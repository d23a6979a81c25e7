// What the benchmarks work on: texts as people write them in chats, of exact sizes, and frames as
// clients send them.
// Thread: any; pure.
// Invariant: the same from run to run.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::bench {

enum class Script { kAscii, kMixed, kCjk };
inline constexpr std::string_view kScriptNames[] = {"ascii", "mixed", "cjk"};

// Valid UTF-8 of exactly `bytes` bytes.
std::string text_of(Script script, std::size_t bytes);

// With core::kReadablePaddingBytes readable behind what it holds.
class PaddedBytes {
public:
    explicit PaddedBytes(std::string_view text);
    std::span<std::byte> bytes() { return std::span(bytes_).first(size_); }

private:
    std::vector<std::byte> bytes_;
    std::size_t size_;
};

// `{"type":"send",…}` for `room` with that content.
std::string send_command(std::string_view room, std::string_view id, std::string_view content);

}  // namespace stentor::bench
