// Payloads made smaller, or left as they are.
#include "chat/frame_deflater.h"

#include <gtest/gtest.h>

#include "chat/random.h"
#include "tests/chat/support/inflated.h"

namespace stentor::chat {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

class FrameDeflaterTest : public testing::Test {
protected:
    std::uint64_t count(ShardCounter which) const { return metrics.counters[which].value(); }
    ShardMetrics metrics;
    FrameDeflater deflater{metrics};
    const std::string long_text = std::string(500, 'a') + std::string(500, 'b');
};

TEST_F(FrameDeflaterTest, WhatShrinksComesOutSmallerAndWhole) {
    // In every window; and it is counted, before and behind.
    for (std::uint8_t bits = 8; bits <= 15; ++bits) {
        const auto smaller = deflater.smaller(bytes_of(long_text), bits);
        ASSERT_TRUE(smaller.has_value());
        EXPECT_LT(smaller->size(), 100u);
        EXPECT_EQ(inflated(text_of(*smaller), bits), long_text);
    }
    EXPECT_EQ(count(ShardCounter::kDeflated), 8u);
    EXPECT_EQ(count(ShardCounter::kDeflateInBytes), 8 * long_text.size());
    EXPECT_LT(count(ShardCounter::kDeflateOutBytes), 8 * 100u);
}

TEST_F(FrameDeflaterTest, WhatWouldNotPayStaysAsItIs) {
    // Short events are not even tried, and noise does not shrink.
    EXPECT_FALSE(deflater.smaller_event(std::string(kDeflateEventBytesMin - 1, 'a'), 12));
    EXPECT_EQ(count(ShardCounter::kDeflated), 0u);
    EXPECT_TRUE(deflater.smaller_event(std::string(kDeflateEventBytesMin, 'a'), 12));
    SeededRandom random(1);
    std::string noise;
    while (noise.size() < 1000) {
        noise += static_cast<char>(random.next() & 0xff);
    }
    EXPECT_FALSE(deflater.smaller(bytes_of(noise), 12));
    EXPECT_EQ(inflated(text_of(deflater.compressed(bytes_of(noise), 12)), 12), noise);
}

TEST_F(FrameDeflaterTest, NothingOfOneMessageShowsInTheSizeOfAnother) {
    // A text has the same compressed form whatever was compressed before it.
    const std::string secret = "a long text that somebody else said, and a rather secret one: " +
                               std::string("0123456789abcdef0123456789abcdef") + long_text;
    const std::string first = text_of(*deflater.smaller(bytes_of(secret), 15));
    deflater.smaller(bytes_of(secret + secret), 15);
    EXPECT_EQ(text_of(*deflater.smaller(bytes_of(secret), 15)), first);
}

}  // namespace
}  // namespace stentor::chat
