// Tests of the deflater (RFC 7692 7.2.1, 7.1.2.1): what it makes inflates, within the window.
#include "ws/deflater.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/ws/deflate_texts.h"

namespace stentor::ws {
namespace {

using namespace test;  // NOLINT: the texts are written for these tests

TEST(Deflater, EachWindowInflatesWithThatWindow) {
    // Property: for every window, a peer that keeps exactly the promised window gets the message.
    Deflaters deflaters;
    for (std::uint8_t bits = kWindowBitsMin; bits <= kWindowBitsMax; ++bits) {
        for (const std::string& text : sample_texts()) {
            const std::string compressed = deflated(deflaters.with_window(bits), text);
            ASSERT_EQ(reference_inflated(compressed, bits), text) << unsigned{bits};
        }
    }
}

TEST(Deflater, NoReferenceReachesBeyondTheWindow) {
    // Property: the distances that stand in the stream are at most the promised window, on texts
    // that tempt to longer ones; and some are there, so that this is no test of nothing.
    Deflaters deflaters;
    for (std::uint8_t bits = kWindowBitsMin; bits <= kWindowBitsMax; ++bits) {
        std::size_t largest = 0;
        for (const std::string& text : sample_texts()) {
            const std::string compressed = deflated(deflaters.with_window(bits), text);
            largest = std::max(largest, largest_distance(compressed));
        }
        EXPECT_LE(largest, std::size_t{1} << bits) << unsigned{bits};
        EXPECT_GT(largest, (std::size_t{1} << bits) / 4) << unsigned{bits};
    }
}

TEST(Deflater, MessagesKnowNothingOfEachOther) {
    // Property: a message's bytes are the same whatever was compressed before it.
    Deflater fresh(12);
    Deflater used(12);
    for (const std::string& text : sample_texts()) {
        EXPECT_EQ(deflated(used, text), deflated(used, text));
        Deflater first(12);
        EXPECT_EQ(deflated(used, text), deflated(first, text));
    }
}

TEST(Deflater, AppendsBehindWhatIsThere) {
    // Property: the payload is appended, without its tail; the empty message is one octet
    // (7.2.3.6).
    Deflater deflater(15);
    std::string out = "header";
    deflater.compress({}, out);
    EXPECT_EQ(out, std::string("header\0", 7));
    const std::string hello = deflated(deflater, "Hello");
    EXPECT_EQ(hello, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7));
}

TEST(Deflater, MemoryIsKnownAndDoesNotGrow) {
    // Property: held_bytes() is all of it, is reached at once, and rises with the window alone.
    Deflaters deflaters;
    EXPECT_EQ(deflaters.held_bytes(), sizeof(Deflaters));
    std::size_t before = 0;
    for (const std::uint8_t bits : std::to_array<std::uint8_t>({9, 12, 15})) {
        Deflater& deflater = deflaters.with_window(bits);
        const std::size_t held = deflater.held_bytes();
        EXPECT_GT(held, before);
        for (const std::string& text : sample_texts()) deflated(deflater, text);
        EXPECT_EQ(deflater.held_bytes(), held);
        EXPECT_EQ(&deflaters.with_window(bits), &deflater);
        before = held;
    }
    EXPECT_LT(deflaters.held_bytes(), 400'000U);
}

}  // namespace
}  // namespace stentor::ws
