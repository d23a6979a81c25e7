// UTF-8 as octets arrive (RFC 3629, RFC 6455 8.1): long stretches by SIMD, seams by a small state.
// Thread: any; a value.
// Invariant: feed() fails in the call that brings the first octet which no valid text could have
// there; what is awaited then lies in [lower_, upper_].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stentor::ws {

// One whole text.
bool is_valid_utf8(std::span<const std::byte> text);

class Utf8Validator {
public:
    // The next octets of the text. False: the text is not UTF-8; only reset() may follow.
    bool feed(std::span<const std::byte> octets);
    // May the text end here? False in the middle of a code point.
    bool at_boundary() const { return awaited_ == 0; }
    void reset() { *this = Utf8Validator(); }

private:
    bool feed_octet(std::uint8_t octet);

    std::uint8_t awaited_ = 0;   // continuation octets that the open code point still needs
    std::uint8_t lower_ = 0x80;  // range of the next one
    std::uint8_t upper_ = 0xbf;
};

}  // namespace stentor::ws
