// Tests of masking (RFC 6455 5.3) against one byte at a time.
#include "ws/mask.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace stentor::ws {
namespace {

constexpr std::array<std::byte, 4> kOctets{std::byte{0x37}, std::byte{0xfa}, std::byte{0x21},
                                           std::byte{0x3d}};

std::vector<std::byte> random_bytes(std::size_t count) {
    std::mt19937 random(6455);
    std::vector<std::byte> bytes(count);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
}

using Apply = Unmasked (*)(std::span<std::byte>, MaskKey);

void expect_same_as_scalar(Apply apply, std::span<const std::byte> plain, std::size_t alignment,
                           std::size_t phase) {
    constexpr std::size_t kGuard = 64;
    alignas(64) std::array<std::byte, kGuard + 64 + 300 + kGuard> memory{};
    const auto span = std::span(memory).subspan(kGuard + alignment, plain.size());
    std::ranges::copy(plain, span.begin());
    const auto before = memory;
    const MaskKey key = MaskKey::from_wire(kOctets.data()).after(phase);

    const Unmasked unmasked = apply(span, key);

    EXPECT_EQ(unmasked.next_key.word, key.after(plain.size()).word);
    for (std::size_t i = 0; i < memory.size(); ++i) {
        const std::size_t start = kGuard + alignment;
        const bool inside = i >= start && i < start + plain.size();
        const std::byte expected =
            inside ? before[i] ^ kOctets[(phase + i - start) % 4] : before[i];
        ASSERT_EQ(memory[i], expected)
            << plain.size() << " bytes at " << alignment << ", phase " << phase << ", byte " << i;
    }
}

TEST(Mask, EqualsOneByteAtATimeForEveryPhaseAlignmentAndLength) {
    // Property: either form XORs exactly its span with the key in phase, and touches nothing else.
    const std::vector<std::byte> plain = random_bytes(300);
    for (std::size_t length = 0; length <= plain.size(); ++length) {
        for (std::size_t alignment = 0; alignment < 64; alignment += length % 3 == 0 ? 1U : 7U) {
            for (std::size_t phase = 0; phase < 4; ++phase) {
                for (const Apply apply : {unmask, unmask_portably_for_test}) {
                    expect_same_as_scalar(apply, std::span(plain).first(length), alignment, phase);
                }
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST(Mask, TellsAsciiForEveryPlaceOfTheOneByteThatIsNot) {
    // Property: what is unmasked is called ASCII exactly when no byte of it has its high bit, bytes
    // in front and behind left alone.
    const MaskKey key = MaskKey::from_wire(kOctets.data());
    for (const Apply apply : {unmask, unmask_portably_for_test}) {
        for (std::size_t length = 0; length <= 300; ++length) {
            std::vector<std::byte> around(length + 2, std::byte{0xff});
            const auto text = std::span(around).subspan(1, length);
            std::ranges::fill(text, std::byte{'a'});
            apply_mask(text, key);
            EXPECT_TRUE(apply(text, key).ascii) << length;
            for (std::size_t at = 0; at < length; ++at) {
                text[at] = std::byte{0x80};
                apply_mask(text, key);
                ASSERT_FALSE(apply(text, key).ascii) << at << " of " << length;
                text[at] = std::byte{0x7f};
            }
        }
    }
}

TEST(Mask, PiecesEqualTheWhole) {
    // Property: masking piece by piece with the returned key equals masking at once.
    const std::vector<std::byte> plain = random_bytes(1000);
    const MaskKey key = MaskKey::from_wire(kOctets.data());
    std::vector<std::byte> whole = plain;
    apply_mask(whole, key);
    for (std::size_t piece = 1; piece < 200; ++piece) {
        std::vector<std::byte> pieces = plain;
        MaskKey turned = key;
        for (std::size_t at = 0; at < pieces.size(); at += piece) {
            turned = apply_mask(std::span(pieces).subspan(at, std::min(piece, pieces.size() - at)),
                                turned);
        }
        ASSERT_EQ(pieces, whole) << "pieces of " << piece;
    }
}

TEST(Mask, TwiceIsNothing) {
    // Property: masking is its own inverse, on a long run too.
    const std::vector<std::byte> plain = random_bytes(100'003);
    const MaskKey key = MaskKey::from_wire(kOctets.data());
    std::vector<std::byte> bytes = plain;
    apply_mask(bytes, key);
    EXPECT_NE(bytes, plain);
    apply_mask(bytes, key);
    EXPECT_EQ(bytes, plain);
}

}  // namespace
}  // namespace stentor::ws
