// See chat_content.h.
// Thread: any; pure.
// Invariant: see chat_content.h.
#include "bench/load/chat_content.h"

#include <array>

#include "core/hash.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kHeadBytes = kStampBytes + kStampDigits;
constexpr std::array<std::string_view, 16> kPieces{"a",  "e", "n",  "T",   "7", " ", ", ",   "\"",
                                                   "\\", "/", "\n", "<b>", "é", "ß", "世界", "👍"};

std::uint64_t checksum_of(std::string_view stamp, std::string_view body) {
    return hash_of(body, hash_of(stamp));
}

}  // namespace

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    return core::siphash_1_3({.k0 = 0x7374656e746f7220u, .k1 = seed}, text);
}

std::string make_content(Stamp stamp, std::size_t bytes) {
    std::string body;
    std::uint64_t state = stamp.word();
    while (body.size() + kHeadBytes < bytes) {
        state = core::mix64(state + 0x9e3779b97f4a7c15u);
        body += kPieces[state % kPieces.size()];
    }
    body += '.';  // a blank at the end might be trimmed
    std::string content(kHeadBytes, ' ');
    write_stamp(content.data(), stamp);
    write_hex(content.data() + kStampBytes, checksum_of(content.substr(0, kStampBytes), body));
    return content + body;
}

std::optional<CheckedContent> check_content(std::string_view content) {
    const auto stamp = read_stamp(content, 0);
    if (!stamp) return std::nullopt;
    if (content.size() < kHeadBytes) return CheckedContent{*stamp, false};
    std::array<char, kStampDigits> expected;
    write_hex(expected.data(),
              checksum_of(content.substr(0, kStampBytes), content.substr(kHeadBytes)));
    const std::string_view found = content.substr(kStampBytes, kStampDigits);
    return CheckedContent{*stamp, found == std::string_view(expected.data(), expected.size())};
}

}  // namespace stentor::bench
