// User and room names (docs/protocol.md, "Names"): code points, NFC, allowed characters; and the
// skeleton by which two names clash (UTS 39 on the NFKC case-fold). ICU does the tables.
// Thread: any; the ICU objects behind it are immutable after first use.
// Invariant: a normalised name is in NFC and normalises to itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "chat/ids.h"
#include "chat/random.h"

namespace stentor::chat {

inline constexpr std::uint32_t kUserNameCodePointsMax = 32;
inline constexpr std::uint32_t kRoomNameCodePointsMax = 64;
inline constexpr std::size_t kUtf8BytesPerCodePointMax = 4;
inline constexpr std::size_t kUserNameBytesMax = kUserNameCodePointsMax * kUtf8BytesPerCodePointMax;

// The name in NFC, or why it is none, in words for the client ("name: longer than 32 characters").
// Names that are not NFC already are normalised, not refused.
std::expected<std::string, std::string> normalize_user_name(std::string_view raw);
// The same for rooms; names that begin with "dm.", or look so but for case and width, are refused
// as reserved.
std::expected<std::string, std::string> normalize_room_name(std::string_view raw);

// Equal exactly when two user names clash. A key only, never shown: "0" becomes "O", "m" "rn".
std::string name_skeleton(std::string_view name);

// Whoever runs the server is this user whenever it runs; and goes by this name, whether or not the
// console is on, and nobody else.
inline constexpr UserId kOperator{1};
inline constexpr std::string_view kOperatorName = "operator";
bool is_operators(std::string_view skeleton);

// Number of code points of valid UTF-8.
std::size_t code_point_count(std::string_view utf8);

// A name for who brought none: "guest-7f3a9c". Whether it is free, its home decides.
std::string guest_name(RandomSource& random);

}  // namespace stentor::chat
