// See sample.h.
// Thread: any; pure.
// Invariant: see sample.h.
#include "bench/micro/sample.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/mirrored_ring.h"

namespace stentor::bench {
namespace {

constexpr std::string_view kAscii =
    "Did anybody see the new release? It starts in a second here, I like the dark theme most. "
    "Lunch at noon, the usual place; tell Ann, she was asking. ";
constexpr std::string_view kMixed =
    "Grüße aus Köln! Ça va? 👍 Ich hätte gern einen Kaffee ☕ — naïve question: où est la gare? "
    "See you at the café, ciao 😀 ";
constexpr std::string_view kCjk =
    "今日は天気がいいですね。明日の会議は何時からですか？我们下午三点见面吧，谢谢！";

bool begins_code_point(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

std::string text_of(Script script, std::size_t bytes) {
    const std::string_view sentence = script == Script::kAscii   ? kAscii
                                      : script == Script::kMixed ? kMixed
                                                                 : kCjk;
    std::string text;
    while (text.size() < bytes) text += sentence;
    std::size_t end = bytes;
    while (end < text.size() && end > 0 && !begins_code_point(text[end])) --end;
    text.resize(end);
    text.append(bytes - end, '.');
    return text;
}

PaddedBytes::PaddedBytes(std::string_view text)
    : bytes_(text.size() + core::kReadablePaddingBytes), size_(text.size()) {
    std::ranges::copy(std::as_bytes(std::span(text)), bytes_.begin());
}

std::string send_command(std::string_view room, std::string_view id, std::string_view content) {
    return fmt::format(R"({{"type":"send","room":"{}","id":"{}","content":"{}"}})", room, id,
                       content);
}

}  // namespace stentor::bench
