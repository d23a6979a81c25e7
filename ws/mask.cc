// The XOR of mask.h, in blocks that the compiler turns into vector instructions (RFC 6455 5.3).
// Thread: any; pure.
// Invariant: every byte of the span is touched exactly once, none outside.
#include "ws/mask.h"

#include <array>

namespace stentor::ws {
namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
// Four words that the compiler keeps in one or two vector registers.
using Vector [[gnu::vector_size(32)]] = std::uint64_t;
constexpr std::size_t kBlockVectors = 4;
constexpr std::size_t kBlockBytes = kBlockVectors * sizeof(Vector);

// Loads and stores by memcpy: any alignment, no aliasing, and still plain vector moves. One vector
// at a time: of a whole block in an array g++ 12 makes a detour through the stack, ten times as
// slow.
[[gnu::always_inline]] inline void mask_blocks(std::byte* at, std::size_t blocks,
                                               std::uint64_t key) {
    const Vector wide = {key, key, key, key};
    for (std::size_t left = blocks * kBlockVectors; left != 0; --left, at += sizeof(Vector)) {
        Vector vector;
        std::memcpy(&vector, at, sizeof(vector));
        vector ^= wide;
        std::memcpy(at, &vector, sizeof(vector));
    }
}

[[gnu::noinline]] void mask_blocks_portable(std::byte* at, std::size_t blocks, std::uint64_t key) {
    mask_blocks(at, blocks, key);
}

// The same loop compiled a second time for wider registers, chosen when the program starts: faster
// on large messages, without asking for more than the baseline of the architecture.
#if defined(__x86_64__)
[[gnu::target("avx2")]] void mask_blocks_avx2(std::byte* at, std::size_t blocks,
                                              std::uint64_t key) {
    mask_blocks(at, blocks, key);
}
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;
const auto kMaskBlocks = kHasAvx2 ? mask_blocks_avx2 : mask_blocks_portable;
#else
constexpr auto kMaskBlocks = mask_blocks_portable;
#endif

void mask_word(std::byte* at, std::uint64_t key) {
    std::uint64_t word;
    std::memcpy(&word, at, kWordBytes);
    word ^= key;
    std::memcpy(at, &word, kWordBytes);
}

template <typename MaskBlocks>
MaskKey apply(std::span<std::byte> bytes, MaskKey key, MaskBlocks mask_blocks_of) {
    // Block and word are multiples of the key's length, so the key stays in phase until the tail.
    const std::uint64_t wide = (std::uint64_t{key.word} << 32) | key.word;
    std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    if (left >= kBlockBytes) {
        mask_blocks_of(at, left / kBlockBytes, wide);
        at += left - left % kBlockBytes;
        left %= kBlockBytes;
    }
    for (; left >= kWordBytes; left -= kWordBytes, at += kWordBytes) mask_word(at, wide);
    const auto octets = std::bit_cast<std::array<std::byte, kWordBytes>>(wide);
    for (std::size_t i = 0; i < left; ++i) at[i] ^= octets[i];
    return key.after(bytes.size());
}

}  // namespace

MaskKey apply_mask(std::span<std::byte> bytes, MaskKey key) {
    return apply(bytes, key, kMaskBlocks);
}

MaskKey apply_mask_portably_for_test(std::span<std::byte> bytes, MaskKey key) {
    return apply(bytes, key, mask_blocks_portable);
}

}  // namespace stentor::ws
