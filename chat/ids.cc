// UserId and its text (docs/protocol.md, "Frames").
// Thread: any.
// Invariant: parse(to_string()) is the same user.
#include "chat/ids.h"

namespace stentor::chat {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

UserId UserId::random(RandomSource& source) {
    UserId user;
    while (!user) user.value = source.next();
    return user;
}

std::optional<UserId> UserId::parse(std::string_view text) {
    if (text.size() != kCharacters || text.front() != 'u') return std::nullopt;
    UserId user;
    for (const char character : text.substr(1)) {
        const std::size_t digit = kDigits.find(character);
        if (digit == std::string_view::npos) return std::nullopt;
        user.value = (user.value << 4U) | digit;
    }
    if (!user) return std::nullopt;
    return user;
}

std::array<char, UserId::kCharacters> UserId::to_characters() const {
    std::array<char, kCharacters> text{};
    text.front() = 'u';
    std::uint64_t rest = value;
    for (std::size_t at = kCharacters - 1; at > 0; --at) {
        text[at] = kDigits[rest & 15U];
        rest >>= 4U;
    }
    return text;
}

std::string UserId::to_string() const {
    const auto text = to_characters();
    return {text.data(), text.size()};
}

}  // namespace stentor::chat
