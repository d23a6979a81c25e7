// Tests of the assembler: bounds of its memory and of its frames.
#include "ws/assembler.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace stentor::ws {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

TEST(Assembler, HoldsWhatCameInOrderWithPadding) {
    // Property: the message is the chunks in order, with zeroed readable bytes behind it.
    Assembler assembler(10'000);
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        const std::string chunk = std::to_string(i);
        assembler.append(bytes_of(chunk));
        expected += chunk;
    }
    const std::span<std::byte> message = assembler.message();
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(message.data()), message.size()), expected);
    for (std::size_t i = 0; i < kMessagePaddingBytes; ++i) {
        EXPECT_EQ(message.data()[message.size() + i], std::byte{0});
    }
}

TEST(Assembler, MemoryFollowsWhatCame) {
    // Property: at every size, at most twice what came and a small constant is held, and never more
    // than the limit allows.
    constexpr std::size_t kLimit = 70'000;
    constexpr std::size_t kAround = kMessageHeadroomBytes + kMessagePaddingBytes;
    Assembler assembler(kLimit);
    const std::size_t empty = assembler.held_bytes();
    EXPECT_EQ(empty, sizeof(Assembler));
    const std::string chunk(7, 'x');
    while (assembler.bytes_left() >= chunk.size()) {
        assembler.append(bytes_of(chunk));
        ASSERT_LE(assembler.held_bytes(), empty + kAround + 256 + 2 * assembler.size());
        ASSERT_LE(assembler.held_bytes(), empty + kAround + kLimit);
    }
    EXPECT_EQ(assembler.size() + assembler.bytes_left(), kLimit);
}

TEST(Assembler, EmptyMessageHasPaddingToo) {
    // Property: a message of no bytes may be read into its padding like any other.
    Assembler assembler(0);
    EXPECT_EQ(assembler.message().size(), 0U);
    EXPECT_EQ(assembler.message().data()[kMessagePaddingBytes - 1], std::byte{0});
}

TEST(Assembler, FrameFloodDiesAndSmallFramesPass) {
    // Property: 4096 empty frames are allowed and one more is not; frames of 32 bytes never end.
    Assembler flooded(1 << 20);
    for (int i = 0; i < 4096; ++i) ASSERT_TRUE(flooded.count_frame(0));
    EXPECT_FALSE(flooded.count_frame(0));
    Assembler fed(8 << 20);
    const std::string chunk(32, 'x');
    for (int i = 0; i < 200'000; ++i) {
        ASSERT_TRUE(fed.count_frame(chunk.size())) << i;
        fed.append(bytes_of(chunk));
    }
}

}  // namespace
}  // namespace stentor::ws
