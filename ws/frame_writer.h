// Frames to send: header with the shortest length, then payload (RFC 6455 5.2). A server's frames
// are unmasked; the masked twin at the end is for clients: tests, tools, the load generator.
// Thread: any; pure.
// Invariant: what is appended is one whole frame, or exactly its header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ws/frame.h"
#include "ws/mask.h"

namespace stentor::ws {

// Size of the header of an unmasked frame with that payload.
constexpr std::size_t frame_header_bytes(std::size_t payload_bytes) {
    if (payload_bytes < kLength16) return 2;
    return payload_bytes <= 0xffff ? 4 : kServerHeaderBytesMax;
}

// A header by value, on the stack.
struct FrameHeaderBytes {
    std::array<std::byte, kServerHeaderBytesMax> octets;
    std::size_t size;

    std::span<const std::byte> bytes() const { return std::span(octets).first(size); }
};

// `first_bits` are FIN and RSV; a frame that is a whole message has kFinBit alone.
constexpr FrameHeaderBytes frame_header(Opcode opcode, std::size_t payload_bytes,
                                        std::uint8_t first_bits = kFinBit) {
    FrameHeaderBytes header{};
    header.octets[0] = static_cast<std::byte>(first_bits | static_cast<std::uint8_t>(opcode));
    header.size = frame_header_bytes(payload_bytes);
    if (header.size == 2) {
        header.octets[1] = static_cast<std::byte>(payload_bytes);
        return header;
    }
    header.octets[1] = static_cast<std::byte>(header.size == 4 ? kLength16 : kLength64);
    std::uint64_t left = payload_bytes;
    for (std::size_t i = header.size - 1; i >= 2; --i) {
        header.octets[i] = static_cast<std::byte>(left & 0xff);
        left >>= 8;
    }
    return header;
}

inline void append_bytes(std::string& out, std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
inline void append_bytes(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

// `Buffer` is std::string or std::vector<std::byte>.
template <typename Buffer>
void append_frame_header(Buffer& out, Opcode opcode, std::size_t payload_bytes,
                         std::uint8_t first_bits = kFinBit) {
    append_bytes(out, frame_header(opcode, payload_bytes, first_bits).bytes());
}

template <typename Buffer>
void append_frame(Buffer& out, Opcode opcode, std::span<const std::byte> payload,
                  std::uint8_t first_bits = kFinBit) {
    append_frame_header(out, opcode, payload.size(), first_bits);
    append_bytes(out, payload);
}
template <typename Buffer>
void append_frame(Buffer& out, Opcode opcode, std::string_view payload,
                  std::uint8_t first_bits = kFinBit) {
    append_frame(out, opcode, std::as_bytes(std::span(payload)), first_bits);
}

// The payload of the frame at the front of `frames`, whole ones that append_frame() wrote; moves
// behind it.
inline std::string_view take_server_payload(std::string_view& frames) {
    const auto byte_at = [&](std::size_t at) { return static_cast<unsigned char>(frames[at]); };
    std::size_t size = byte_at(1);
    std::size_t header = 2;
    if (size >= kLength16) {
        const std::size_t length_bytes = size == kLength16 ? 2 : 8;
        size = 0;
        for (std::size_t i = 0; i < length_bytes; ++i) {
            size = size << 8U | byte_at(header++);
        }
    }
    const std::string_view payload = frames.substr(header, size);
    frames.remove_prefix(header + size);
    return payload;
}

// A client's frame. The key should be unpredictable (5.3) where a browser could be behind it.
template <typename Buffer>
void append_masked_frame(Buffer& out, Opcode opcode, std::span<const std::byte> payload,
                         MaskKey key, std::uint8_t first_bits = kFinBit) {
    FrameHeaderBytes header = frame_header(opcode, payload.size(), first_bits);
    header.octets[1] |= static_cast<std::byte>(kMaskBit);
    append_bytes(out, header.bytes());
    append_bytes(out, std::as_bytes(std::span(&key.word, 1)));
    const std::size_t start = out.size();
    append_bytes(out, payload);
    apply_mask(std::as_writable_bytes(std::span(out).subspan(start)), key);
}
template <typename Buffer>
void append_masked_frame(Buffer& out, Opcode opcode, std::string_view payload, MaskKey key,
                         std::uint8_t first_bits = kFinBit) {
    append_masked_frame(out, opcode, std::as_bytes(std::span(payload)), key, first_bits);
}

}  // namespace stentor::ws
