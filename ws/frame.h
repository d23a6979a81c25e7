// The WebSocket frame as it stands on the wire: constants, opcodes, header layout (RFC 6455 5.2).
// Thread: any; constants and values.
// Invariant: nothing here holds state.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stentor::ws {

//   octet 0          octet 1          then                       then, if M      then
//   F R R R o o o o  M l l l l l l l  [2 or 8 octets of length]  [4 octets key]  payload
//   | | | | \-----/  | \-----------/
//   | | | | opcode   | 0..125: the length itself
//   | \-+-/          | 126: 16 bits follow, 127: 64 bits follow, the top one zero (network order)
//   | RSV1..3        M: the payload is masked; always from a client, never from a server
//   FIN: the last frame of its message
inline constexpr std::uint8_t kFinBit = 0x80;
inline constexpr std::uint8_t kRsvBits = 0x70;
inline constexpr std::uint8_t kRsv1Bit = 0x40;  // the message is compressed (RFC 7692 6)
inline constexpr std::uint8_t kOpcodeBits = 0x0f;
inline constexpr std::uint8_t kControlBit = 0x08;  // within the opcode: 0x8..0xf are control frames
inline constexpr std::uint8_t kMaskBit = 0x80;
inline constexpr std::uint8_t kLengthBits = 0x7f;
inline constexpr std::uint8_t kLength16 = 126;
inline constexpr std::uint8_t kLength64 = 127;

inline constexpr std::size_t kMaskBytes = 4;
inline constexpr std::size_t kServerHeaderBytesMax = 10;
inline constexpr std::size_t kControlPayloadBytesMax = 125;
inline constexpr std::size_t kCloseCodeBytes = 2;
inline constexpr std::size_t kCloseReasonBytesMax = kControlPayloadBytesMax - kCloseCodeBytes;
// A control frame is handled only when it is whole, so whoever feeds us holds at least this much.
inline constexpr std::size_t kClientControlFrameBytesMax = 2 + kMaskBytes + kControlPayloadBytesMax;

enum class Opcode : std::uint8_t {
    kContinuation = 0x0,
    kText = 0x1,
    kBinary = 0x2,
    kClose = 0x8,
    kPing = 0x9,
    kPong = 0xa,
};

constexpr bool is_control(Opcode opcode) {
    return (static_cast<std::uint8_t>(opcode) & kControlBit) != 0;
}

// Close codes (RFC 6455 7.4.1 and the IANA registry) that this server sends or tells apart.
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseUnsupportedData = 1003;
inline constexpr std::uint16_t kCloseNoCode = 1005;  // never on the wire: the frame had no code
inline constexpr std::uint16_t kCloseInvalidPayload = 1007;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseTooLarge = 1009;
inline constexpr std::uint16_t kCloseServiceRestart = 1012;
inline constexpr std::uint16_t kCloseTryAgainLater = 1013;

// May `code` stand in a close frame? (7.4: 1004..1006 and 1015 may not, 1016..2999 are unassigned,
// 3000..4999 belong to libraries and applications.)
constexpr bool is_wire_close_code(std::uint16_t code) {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace stentor::ws
