// A message that does not lie whole in the input: fragmented, or too large for it. One growing
// buffer, and no object per fragment (RFC 6455 5.4).
// Thread: owner reactor.
// Invariant: size() <= limit; the buffer grows by bytes that came or were inflated, never by
// lengths that were announced; kMessagePaddingBytes are readable behind size(), and
// kMessageHeadroomBytes writable in front of the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "ws/frame.h"
#include "ws/inflation.h"
#include "ws/utf8.h"
#include "ws/violation.h"

namespace stentor::ws {

// As core::kReadablePaddingBytes: JSON is read with vector loads that may pass the end.
inline constexpr std::size_t kMessagePaddingBytes = 64;
// kServerHeaderBytesMax, rounded up to where vectors begin.
inline constexpr std::size_t kMessageHeadroomBytes = 16;
static_assert(kMessageHeadroomBytes >= kServerHeaderBytesMax);

// A message may have at most 4096 + bytes/32 frames: a flood of empty or tiny fragments dies, and
// 65,536 fragments of 64 bytes pass.
inline constexpr std::uint64_t kFramesFree = 4096;
inline constexpr std::uint64_t kBytesPerFurtherFrame = 32;

class Assembler {
public:
    // `bytes_max`: what the whole message may have, decoded.
    explicit Assembler(std::size_t bytes_max)
        : bytes_max_(bytes_max), wire_bytes_left_(bytes_max) {}
    // For a message that comes compressed.
    Assembler(std::size_t bytes_max, Inflation inflation)
        : bytes_max_(bytes_max),
          wire_bytes_left_(compressed_bytes_max(bytes_max)),
          inflation_(std::move(inflation)) {}

    // One more frame, of `payload_bytes`. False: too many for so few bytes. Precondition:
    // payload_bytes <= wire_bytes_left().
    bool count_frame(std::uint64_t payload_bytes);
    // What the frames to come may have on the wire.
    std::uint64_t wire_bytes_left() const { return wire_bytes_left_; }
    bool is_compressed() const { return inflation_.has_value(); }
    // Of a compressed message: see Inflation.
    std::uint8_t inflate_allowance_megabytes() const { return inflation_->allowance_megabytes(); }

    // Payload as it came, in order; `text`, if there is one, sees what it says. kNone while nothing
    // is wrong.
    Violation take(std::span<const std::byte> chunk, Utf8Validator* text);
    // The last frame ended.
    Violation finish(Utf8Validator* text);

    // Precondition: chunk.size() <= bytes_left().
    void append(std::span<const std::byte> chunk);

    std::size_t size() const { return size_; }
    std::size_t bytes_left() const { return bytes_max_ - size_; }
    // The message so far, with zeroed padding behind it; valid until the next append().
    std::span<std::byte> message();
    // Memory held, this object and its inflater included.
    std::size_t held_bytes() const;

private:
    void grow(std::size_t needed);

    std::byte* at(std::size_t offset) const {
        return buffer_.get() + kMessageHeadroomBytes + offset;
    }

    std::unique_ptr<std::byte[]> buffer_;  // headroom, capacity_, padding
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t bytes_max_;
    std::uint64_t wire_bytes_left_;
    std::uint64_t wire_bytes_ = 0;
    std::uint64_t frames_ = 0;
    std::optional<Inflation> inflation_;
};

}  // namespace stentor::ws
