// The plain way of what the ws floor does by vectors: what it is compared with, in answers and in
// time. Written after the RFCs, one octet at a time.
// Thread: any; pure.
// Invariant: shares no code with the ws floor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stentor::bench {

using KeyOctets = std::array<std::byte, 4>;

// RFC 6455 5.3: octet i of the payload meets octet (phase + i) mod 4 of the key.
void unmask_by_octets(std::span<std::byte> payload, const KeyOctets& key, std::size_t phase);

// RFC 3629 4, by the table of its syntax.
bool is_utf8_by_octets(std::span<const std::byte> text);

}  // namespace stentor::bench
