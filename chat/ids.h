// The small value types that envelopes carry: who, which room, where in its log.
// Thread: any; they are values.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace stentor::chat {

// A user: 64 random bits, on the wire "u" and sixteen hexadecimal digits. 0 is nobody.
struct UserId {
    std::uint64_t value = 0;

    static UserId random();
    static std::optional<UserId> parse(std::string_view text);
    std::string to_string() const;
    explicit operator bool() const { return value != 0; }
    friend bool operator==(UserId, UserId) = default;
    friend auto operator<=>(UserId, UserId) = default;
};

// A position in a room's log: (epoch, seq) never names two events (decision 5).
struct Position {
    std::string epoch;
    std::uint64_t seq = 0;
};

}  // namespace stentor::chat
