// Frames out of a client's bytes, incremental over payload too: header, chunks unmasked in place,
// end (RFC 6455 5.2; docs/life-of-a-message.md). Every rule about a single frame is checked here.
// Thread: owner reactor.
// Invariant: a length is compared with what is left of the limit before anything is done with it,
// in unsigned 64 bits and by subtraction only, so nothing can wrap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

#include "ws/frame.h"
#include "ws/mask.h"
#include "ws/violation.h"

namespace stentor::ws {

struct FrameHeader {
    std::uint64_t payload_bytes;
    MaskKey mask;
    Opcode opcode;
    bool fin;
    bool compressed;            // the message that begins here is (RFC 7692 6)
    std::uint8_t header_bytes;  // 6, 8 or 14
};

// What the state of the connection allows the next frame to be.
struct FrameRules {
    std::uint64_t data_bytes_max;  // what the message may still grow by
    bool in_message;               // the last data frame had no FIN
    bool accept_binary;
    bool accept_compressed = false;          // permessage-deflate was agreed
    std::uint64_t compressed_bytes_max = 0;  // as data_bytes_max, for a frame that says so
};

// Reads the header at the start of `input`. Nothing: it is not complete, hand it in again with
// more. Each octet is judged as soon as it is there, in their order, so the verdict does not depend
// on how the bytes were split.
std::expected<std::optional<FrameHeader>, Violation> parse_frame_header(
    std::span<const std::byte> input, const FrameRules& rules);

// A part of a frame's payload, unmasked.
struct Chunk {
    std::span<std::byte> bytes;
    bool ascii;  // all of them are
};

// The payload of the frame that is being received.
class FrameParser {
public:
    // A frame's payload begins with the next byte.
    void begin(const FrameHeader& header);
    // Unmasks in place what `input` holds of the payload, and returns that part of it.
    Chunk take(std::span<std::byte> input);

    // Is a frame begun and not ended? A frame without payload is, until end().
    bool in_frame() const { return in_frame_; }
    std::uint64_t payload_bytes_left() const { return payload_bytes_left_; }
    bool fin() const { return fin_; }
    // The payload was taken to its end; the next byte is a header.
    void end() { in_frame_ = false; }

private:
    std::uint64_t payload_bytes_left_ = 0;
    MaskKey mask_;  // turned to the next byte
    bool in_frame_ = false;
    bool fin_ = false;
};

}  // namespace stentor::ws
