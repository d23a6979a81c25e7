// Frames of bench/limit/frames.h: where they end, and what a server sends for them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/limit/frames.h"

namespace stentor::bench::limit {
namespace {

constexpr std::byte kKey[] = {std::byte{0x37}, std::byte{0xfa}, std::byte{0x21}, std::byte{0x3d}};
constexpr std::size_t kSizes[] = {0,  1,  3,   4,   5,   31,  32,  33,    63,    64,
                                  65, 97, 124, 125, 126, 127, 300, 65535, 65536, 70000};

void append_length(std::vector<std::byte>& frame, std::size_t bytes, unsigned mask_bit) {
    const std::size_t extra = bytes < 126 ? 0 : (bytes < 65536 ? 2 : 8);
    const std::size_t code = extra == 0 ? bytes : (extra == 2 ? 126 : 127);
    frame.push_back(static_cast<std::byte>(mask_bit | code));
    for (std::size_t i = extra; i > 0; --i) {
        frame.push_back(static_cast<std::byte>(bytes >> (8 * (i - 1)) & 0xff));
    }
}

std::byte payload_at(std::size_t i) {
    return static_cast<std::byte>(i * 131 + 7);
}

std::vector<std::byte> client_frame(std::size_t bytes) {
    std::vector<std::byte> frame{std::byte{0x82}};
    append_length(frame, bytes, 0x80);
    frame.insert(frame.end(), std::begin(kKey), std::end(kKey));
    for (std::size_t i = 0; i < bytes; ++i) frame.push_back(payload_at(i) ^ kKey[i % kKeyBytes]);
    return frame;
}

std::vector<std::byte> server_frame(std::size_t bytes) {
    std::vector<std::byte> frame{std::byte{0x82}};
    append_length(frame, bytes, 0);
    for (std::size_t i = 0; i < bytes; ++i) frame.push_back(payload_at(i));
    return frame;
}

// A frame is taken when its last byte is there, and neither sooner nor with a byte of the next one.
TEST(LimitFrames, AFrameEndsWhereItsHeadSays) {
    for (const std::size_t bytes : kSizes) {
        std::vector<std::byte> stream = client_frame(bytes);
        const std::size_t whole = stream.size();
        stream.resize(whole + 3);
        const std::size_t first = whole > 1000 ? whole - 20 : 0;
        for (std::size_t there = first; there < whole; ++there) {
            EXPECT_FALSE(whole_frame(std::span(stream).first(there))) << bytes << " " << there;
        }
        for (std::size_t there = whole; there <= stream.size(); ++there) {
            const auto frame = whole_frame(std::span(stream).first(there));
            ASSERT_TRUE(frame) << bytes;
            EXPECT_EQ(frame->size(), whole);
        }
    }
}

// The server's frame is right at every length and wherever it is written, also over the client's.
TEST(LimitFrames, TheServersFrameMayBeWrittenOverTheClients) {
    for (const std::size_t bytes : kSizes) {
        for (const std::size_t down : {0u, 1u, 4u, 5u, 40u, 200u}) {
            std::vector<std::byte> memory(down);
            const std::vector<std::byte> frame = client_frame(bytes);
            memory.insert(memory.end(), frame.begin(), frame.end());
            const auto whole = whole_frame(std::span(memory).subspan(down));
            ASSERT_TRUE(whole);
            EXPECT_TRUE(
                std::ranges::equal(unmask_frame(*whole, memory.data()), server_frame(bytes)))
                << bytes << " bytes, " << down << " down";
        }
        std::vector<std::byte> memory = client_frame(bytes);
        const auto in_place = unmask_in_place(*whole_frame(memory));
        EXPECT_TRUE(std::ranges::equal(in_place, server_frame(bytes))) << bytes;
        EXPECT_EQ(in_place.data() + in_place.size(), memory.data() + memory.size());
    }
}

// A length that no buffer holds is a frame that never ends, not an overflow.
TEST(LimitFrames, AnAbsurdLengthIsNeverWhole) {
    std::vector<std::byte> frame{std::byte{0x82}, std::byte{0xff}};
    frame.resize(2 + 8 + 4 + 100, std::byte{0xff});
    EXPECT_FALSE(whole_frame(frame));
}

}  // namespace
}  // namespace stentor::bench::limit
