// A message that does not lie whole in the input: fragmented, or too large for it. One growing
// buffer, and no object per fragment (RFC 6455 5.4).
// Thread: owner reactor.
// Invariant: size() <= limit; the buffer grows by bytes that came, never by lengths that were
// announced; kMessagePaddingBytes are readable behind size().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace stentor::ws {

// As core::kReadablePaddingBytes: JSON is read with vector loads that may pass the end.
inline constexpr std::size_t kMessagePaddingBytes = 64;

// A message may have at most 4096 + bytes/32 frames: a flood of empty or tiny fragments dies, and
// 65,536 fragments of 64 bytes pass.
inline constexpr std::uint64_t kFramesFree = 4096;
inline constexpr std::uint64_t kBytesPerFurtherFrame = 32;

class Assembler {
public:
    // `bytes_max`: what the whole message may have; checked by the caller, before append().
    explicit Assembler(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // One more frame, of `payload_bytes`. False: too many for so few bytes.
    bool count_frame(std::uint64_t payload_bytes);
    // Precondition: chunk.size() <= bytes_left().
    void append(std::span<const std::byte> chunk);

    std::size_t size() const { return size_; }
    std::size_t bytes_left() const { return bytes_max_ - size_; }
    // The message so far, with zeroed padding behind it; valid until the next append().
    std::span<std::byte> message();
    // Memory held, this object included.
    std::size_t held_bytes() const;

private:
    void grow(std::size_t needed);

    std::unique_ptr<std::byte[]> buffer_;  // capacity_ + kMessagePaddingBytes
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::size_t bytes_max_;
    std::uint64_t frames_ = 0;
};

}  // namespace stentor::ws
