// The masking key and its XOR over payload, in place (RFC 6455 5.3). Masking is its own inverse.
// Thread: any; pure.
// Invariant: a key is always turned to the next byte that it meets, so no phase has to be
// remembered beside it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "ws/frame.h"

namespace stentor::ws {

// Four octets in wire order: the first one in memory meets the next payload byte.
struct MaskKey {
    std::uint32_t word = 0;

    static MaskKey from_wire(const std::byte* octets) {
        MaskKey key;
        std::memcpy(&key.word, octets, kMaskBytes);
        return key;
    }
    // The same key `bytes` payload bytes later.
    MaskKey after(std::uint64_t bytes) const {
        const int turn = static_cast<int>(bytes % kMaskBytes) * 8;
        if constexpr (std::endian::native == std::endian::little) {
            return {std::rotr(word, turn)};
        } else {
            return {std::rotl(word, turn)};
        }
    }
};

// XORs `bytes` with the key, in place; any alignment, any length. Returns the key turned to the
// byte behind them.
MaskKey apply_mask(std::span<std::byte> bytes, MaskKey key);

// The same, and what a second pass would have to find out.
struct Unmasked {
    MaskKey next_key;
    bool ascii;  // all of the bytes are, as they are now
};
Unmasked unmask(std::span<std::byte> bytes, MaskKey key);
// What unmask() is on a processor without AVX2.
Unmasked unmask_portably_for_test(std::span<std::byte> bytes, MaskKey key);

}  // namespace stentor::ws
