// The byte pattern of WebSocket without its rules (RFC 6455 5.2): where a client's frame ends, and
// the same frame as a server sends it.
// Thread: any; pure.
// Invariant: a server's frame is the client's without the mask bit and the key, 4 bytes shorter, so
// that it can be written over it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace stentor::bench::limit {

// The load tool always offers the key of RFC 6455 1.3, so the answer to a request never changes.
inline constexpr std::string_view kSwitchingProtocols =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

inline constexpr std::size_t kKeyBytes = 4;

struct ClientFrame {
    std::byte* begin;
    std::size_t head_bytes;  // with the key
    std::size_t payload_bytes;

    std::size_t size() const { return head_bytes + payload_bytes; }
    bool is_control() const { return (std::to_integer<unsigned>(begin[0]) & 0x8u) != 0; }
    bool is_close() const { return (std::to_integer<unsigned>(begin[0]) & 0xfu) == 0x8u; }
};

// The frame at the front of `bytes`, once all of it is there.
std::optional<ClientFrame> whole_frame(std::span<std::byte> bytes);

// Writes the frame as a server sends it to `to`, and says where it lies. `to` is at most 4 bytes
// behind the frame's begin: there the payload stays where it is, before that it moves down.
std::span<std::byte> unmask_frame(const ClientFrame& frame, std::byte* to);
inline std::span<std::byte> unmask_in_place(const ClientFrame& frame) {
    return unmask_frame(frame, frame.begin + kKeyBytes);
}

// The payload of a short server frame (up to 125 bytes), as text.
std::string_view short_text(std::span<const std::byte> server_frame);

}  // namespace stentor::bench::limit
