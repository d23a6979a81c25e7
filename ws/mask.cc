// The XOR of mask.h, in blocks that the compiler turns into vector instructions (RFC 6455 5.3).
// Thread: any; pure.
// Invariant: every byte of the span is touched exactly once, none outside.
#include "ws/mask.h"

#include <array>

namespace stentor::ws {
namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kHighBits = 0x8080808080808080;
// Four words that the compiler keeps in one or two vector registers.
using Vector [[gnu::vector_size(32)]] = std::uint64_t;
constexpr std::size_t kBlockVectors = 4;
constexpr std::size_t kBlockBytes = kBlockVectors * sizeof(Vector);

// Loads and stores by memcpy: any alignment, no aliasing, and still plain vector moves. One vector
// at a time: of a whole block in an array g++ 12 makes a detour through the stack, ten times as
// slow. Returns every bit that one of the words now has.
[[gnu::always_inline]] inline std::uint64_t mask_blocks(std::byte* at, std::size_t blocks,
                                                        std::uint64_t key) {
    const Vector wide = {key, key, key, key};
    Vector seen = {};
    for (std::size_t left = blocks * kBlockVectors; left != 0; --left, at += sizeof(Vector)) {
        Vector vector;
        std::memcpy(&vector, at, sizeof(vector));
        vector ^= wide;
        seen |= vector;
        std::memcpy(at, &vector, sizeof(vector));
    }
    return seen[0] | seen[1] | seen[2] | seen[3];
}

[[gnu::noinline]] std::uint64_t mask_blocks_portable(std::byte* at, std::size_t blocks,
                                                     std::uint64_t key) {
    return mask_blocks(at, blocks, key);
}

// The same loop compiled a second time for wider registers, chosen when the program starts: faster
// on large messages, without asking for more than the baseline of the architecture.
#if defined(__x86_64__)
[[gnu::target("avx2")]] std::uint64_t mask_blocks_avx2(std::byte* at, std::size_t blocks,
                                                       std::uint64_t key) {
    return mask_blocks(at, blocks, key);
}
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;
const auto kMaskBlocks = kHasAvx2 ? mask_blocks_avx2 : mask_blocks_portable;
#else
constexpr auto kMaskBlocks = mask_blocks_portable;
#endif

std::uint64_t mask_word(std::byte* at, std::uint64_t key) {
    std::uint64_t word;
    std::memcpy(&word, at, kWordBytes);
    word ^= key;
    std::memcpy(at, &word, kWordBytes);
    return word;
}

template <typename MaskBlocks>
Unmasked apply(std::span<std::byte> bytes, MaskKey key, MaskBlocks mask_blocks_of) {
    // Block and word are multiples of the key's length, so the key stays in phase until the tail.
    const std::uint64_t wide = (std::uint64_t{key.word} << 32) | key.word;
    std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t seen = 0;
    if (left >= kBlockBytes) {
        seen = mask_blocks_of(at, left / kBlockBytes, wide);
        at += left - left % kBlockBytes;
        left %= kBlockBytes;
    }
    for (; left >= kWordBytes; left -= kWordBytes, at += kWordBytes) seen |= mask_word(at, wide);
    const auto octets = std::bit_cast<std::array<std::byte, kWordBytes>>(wide);
    for (std::size_t i = 0; i < left; ++i) {
        at[i] ^= octets[i];
        seen |= static_cast<std::uint64_t>(at[i]);
    }
    return {.next_key = key.after(bytes.size()), .ascii = (seen & kHighBits) == 0};
}

}  // namespace

MaskKey apply_mask(std::span<std::byte> bytes, MaskKey key) {
    return unmask(bytes, key).next_key;
}

Unmasked unmask(std::span<std::byte> bytes, MaskKey key) {
    return apply(bytes, key, kMaskBlocks);
}

Unmasked unmask_portably_for_test(std::span<std::byte> bytes, MaskKey key) {
    return apply(bytes, key, mask_blocks_portable);
}

}  // namespace stentor::ws
