// See reference.h.
// Thread: any; pure.
// Invariant: see reference.h.
#include "bench/micro/reference.h"

namespace stentor::bench {

void unmask_by_octets(std::span<std::byte> payload, const KeyOctets& key, std::size_t phase) {
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] ^= key[(phase + i) % key.size()];
}

bool is_utf8_by_octets(std::span<const std::byte> text) {
    std::size_t awaited = 0;
    unsigned low = 0x80;
    unsigned high = 0xbf;
    for (const std::byte byte : text) {
        const auto octet = static_cast<unsigned>(byte);
        if (awaited > 0) {
            if (octet < low || octet > high) return false;
            --awaited;
            low = 0x80;
            high = 0xbf;
        } else if (octet >= 0x80) {
            if (octet < 0xc2 || octet > 0xf4) return false;
            awaited = octet < 0xe0 ? 1 : octet < 0xf0 ? 2 : 3;
            low = octet == 0xe0 ? 0xa0 : octet == 0xf0 ? 0x90 : 0x80;
            high = octet == 0xed ? 0x9f : octet == 0xf4 ? 0x8f : 0xbf;
        }
    }
    return awaited == 0;
}

}  // namespace stentor::bench
