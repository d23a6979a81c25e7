// Compression of whole messages (RFC 7692 7.2.1), by zlib's raw deflate. One for each window size
// and thread, not for each connection.
// Thread: owner reactor.
// Invariant: every message begins with an empty window; references reach back at most
// 2^window_bits bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ws/deflate_offer.h"

namespace stentor::ws {

class Deflater {
public:
    // window_bits: 8..15. 8 is kept honestly although zlib has no raw window of 256 bytes.
    explicit Deflater(std::uint8_t window_bits);
    ~Deflater();
    Deflater(const Deflater&) = delete;
    Deflater& operator=(const Deflater&) = delete;

    // Appends the payload of one compressed message, the tail 00 00 ff ff taken off. Its frame
    // bears kRsv1Bit.
    void compress(std::span<const std::byte> message, std::string& out);

    std::uint8_t window_bits() const { return window_bits_; }
    // Memory held, this object included; it does not change.
    std::size_t held_bytes() const;

private:
    struct Stream;
    const std::uint8_t window_bits_;
    std::unique_ptr<Stream> stream_;
};

// The deflaters of a thread, made on first use.
class Deflaters {
public:
    // Precondition: 8..15.
    Deflater& with_window(std::uint8_t window_bits);
    std::size_t held_bytes() const;

private:
    std::array<std::unique_ptr<Deflater>, kWindowBitsMax - kWindowBitsMin + 1> by_window_;
};

}  // namespace stentor::ws
