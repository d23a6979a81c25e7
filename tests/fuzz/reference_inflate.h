// Inflation bit by bit, as RFC 1951 says it, to hold the fast one against; and what RFC 7692 7.2.2
// adds: a message goes on behind a last block, and must end between two blocks.
// Thread: any; pure.
// Invariant: it makes what the octets say and stops at the first bit that says nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace stentor::fuzz {

struct ReferenceInflated {
    std::string text;          // what was made
    bool whole = false;        // the message ended as it must
    std::size_t farthest = 0;  // how far back its references reach
    bool too_long = false;     // more than was asked for; the rest was not looked at
};

// `payload` is that of a message, without the tail 00 00 ff ff.
ReferenceInflated reference_inflate(std::span<const std::byte> payload, std::size_t bytes_max);

}  // namespace stentor::fuzz
