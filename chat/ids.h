// The small value types that envelopes carry: who, which room, where in its log.
// Thread: any; they are values.
// Invariant: a UserId and its text are one to one; of all spellings only to_string()'s is parsed.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/random.h"

namespace stentor::chat {

// A user: 64 random bits, on the wire "u" and sixteen lower-case hexadecimal digits. 0 is nobody.
struct UserId {
    static constexpr std::size_t kCharacters = 17;

    std::uint64_t value = 0;

    static UserId random(RandomSource& source);  // never nobody
    // Nothing for any other spelling, and for nobody.
    static std::optional<UserId> parse(std::string_view text);
    std::string to_string() const;
    // The same without an allocation, for the encoder.
    std::array<char, kCharacters> to_characters() const;
    explicit operator bool() const { return value != 0; }
    friend bool operator==(UserId, UserId) = default;
    friend auto operator<=>(UserId, UserId) = default;
};

// A position in a room's log: (epoch, seq) never names two events (docs/decisions.md, "Epochs").
struct Position {
    std::string epoch;
    std::uint64_t seq = 0;
};

}  // namespace stentor::chat
