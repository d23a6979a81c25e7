// Streaming UTF-8 (RFC 3629): simdjson for whole stretches, one octet at a time across the seams.
// Thread: any; values.
// Invariant: what goes to simdjson begins and ends between code points, unless it is invalid in
// itself.
#include "ws/utf8.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace stentor::ws {
namespace {

constexpr bool is_continuation(std::uint8_t octet) {
    return (octet & 0xc0) == 0x80;
}

// How many octets at the end belong to a code point that is not complete: 0..3.
std::size_t open_tail_bytes(std::span<const std::byte> octets) {
    const std::size_t look = std::min<std::size_t>(octets.size(), 3);
    for (std::size_t back = 1; back <= look; ++back) {
        const auto octet = static_cast<std::uint8_t>(octets[octets.size() - back]);
        if (is_continuation(octet)) continue;
        const std::size_t length = octet < 0xc0 ? 1 : octet < 0xe0 ? 2 : octet < 0xf0 ? 3 : 4;
        return length > back ? back : 0;
    }
    return 0;
}

// Chat is mostly short and often ASCII: cheaper than the call into simdjson.
bool is_short_ascii(std::span<const std::byte> text) {
    constexpr std::size_t kShortBytes = 256;
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    if (text.size() > kShortBytes) return false;
    std::uint64_t seen = 0;
    std::size_t at = 0;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, text.data() + at, sizeof(word));
        seen |= word;
    }
    for (; at < text.size(); ++at) seen |= static_cast<std::uint64_t>(text[at]);
    return (seen & kHighBits) == 0;
}

}  // namespace

bool is_valid_utf8(std::span<const std::byte> text) {
    return is_short_ascii(text) ||
           simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
}

bool Utf8Validator::feed(std::span<const std::byte> octets) {
    while (awaited_ != 0 && !octets.empty()) {
        if (!feed_octet(static_cast<std::uint8_t>(octets.front()))) return false;
        octets = octets.subspan(1);
    }
    const std::size_t tail_bytes = open_tail_bytes(octets);
    if (!is_valid_utf8(octets.first(octets.size() - tail_bytes))) return false;
    for (const std::byte octet : octets.last(tail_bytes)) {
        if (!feed_octet(static_cast<std::uint8_t>(octet))) return false;
    }
    return true;
}

//   lead      then        excluded by the range of the second octet
//   c2..df    1
//   e0        2           80..9f: overlong
//   ed        2           a0..bf: surrogates
//   f0        3           80..8f: overlong
//   f4        3           90..bf: above U+10FFFF
// c0, c1 (overlong) and f5..ff lead nothing.
bool Utf8Validator::feed_octet(std::uint8_t octet) {
    if (awaited_ != 0) {
        if (octet < lower_ || octet > upper_) return false;
        --awaited_;
        lower_ = 0x80;
        upper_ = 0xbf;
        return true;
    }
    if (octet < 0x80) return true;
    if (octet < 0xc2 || octet > 0xf4) return false;
    awaited_ = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3;
    if (octet == 0xe0) lower_ = 0xa0;
    if (octet == 0xed) upper_ = 0x9f;
    if (octet == 0xf0) lower_ = 0x90;
    if (octet == 0xf4) upper_ = 0x8f;
    return true;
}

}  // namespace stentor::ws
