// The error codes of docs/protocol.md ("Errors and closing"), words of the field, and the close
// codes of our own (those of RFC 6455 are in ws/frame.h).
// Thread: any; they are values.
// Invariant: each code has one wire word.
#pragma once

#include <cstdint>
#include <string_view>

namespace stentor::chat {

enum class ErrorCode : std::uint8_t {
    kBadJson,
    kBadRequest,
    kUnknownType,
    kLoginFirst,
    kNameTaken,
    kBadName,
    kBadRoom,
    kNotInRoom,
    kNoSuchMessage,
    kNoSuchUser,
    kIdReused,
    kForbidden,
    kTooLarge,
    kTooManyRooms,
    kRateLimited,
    kNotStored,
    kUnavailable,
};

// "bad_json", …: the wire word.
std::string_view wire_word(ErrorCode code);

namespace close_code {
inline constexpr std::uint16_t kKicked = 4403;
inline constexpr std::uint16_t kTimeout = 4408;       // no login or no pong in time
inline constexpr std::uint16_t kTooManySends = 4429;  // over the send rate for 30 s in a row
}  // namespace close_code

}  // namespace stentor::chat
