// The XOR of mask.h, in blocks that the compiler turns into vector instructions (RFC 6455 5.3).
// Thread: any; pure. Invariant: every byte of the span is touched exactly once, none outside.
#include "ws/mask.h"

#include <array>

namespace stentor::ws {
namespace {

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
constexpr std::size_t kBlockWords = 8;
constexpr std::size_t kBlockBytes = kBlockWords * kWordBytes;

// Loads and stores by memcpy: any alignment, no aliasing, and still plain vector moves.
void mask_block(std::byte* at, std::uint64_t key) {
    std::array<std::uint64_t, kBlockWords> words;
    std::memcpy(words.data(), at, kBlockBytes);
    for (std::uint64_t& word : words) word ^= key;
    std::memcpy(at, words.data(), kBlockBytes);
}

void mask_word(std::byte* at, std::uint64_t key) {
    std::uint64_t word;
    std::memcpy(&word, at, kWordBytes);
    word ^= key;
    std::memcpy(at, &word, kWordBytes);
}

}  // namespace

MaskKey apply_mask(std::span<std::byte> bytes, MaskKey key) {
    // Block and word are multiples of the key's length, so the key stays in phase until the tail.
    const std::uint64_t wide = (std::uint64_t{key.word} << 32) | key.word;
    std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= kBlockBytes; left -= kBlockBytes, at += kBlockBytes) mask_block(at, wide);
    for (; left >= kWordBytes; left -= kWordBytes, at += kWordBytes) mask_word(at, wide);
    const auto octets = std::bit_cast<std::array<std::byte, kWordBytes>>(wide);
    for (std::size_t i = 0; i < left; ++i) at[i] ^= octets[i];
    return key.after(bytes.size());
}

}  // namespace stentor::ws
