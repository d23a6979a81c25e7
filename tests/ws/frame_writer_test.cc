// Tests of the frame writer (RFC 6455 5.2, 5.7).
#include "ws/frame_writer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::ws {
namespace {

using std::string_view_literals::operator""sv;

std::string header_text(Opcode opcode, std::size_t payload_bytes) {
    std::string out;
    append_frame_header(out, opcode, payload_bytes);
    return out;
}

TEST(FrameWriter, LengthsStandInTheirShortestForm) {
    // Property: at each border of the three length forms, the header is the shortest legal one.
    EXPECT_EQ(header_text(Opcode::kText, 0), "\x81\x00"sv);
    EXPECT_EQ(header_text(Opcode::kText, 125), "\x81\x7d"sv);
    EXPECT_EQ(header_text(Opcode::kText, 126), "\x81\x7e\x00\x7e"sv);
    EXPECT_EQ(header_text(Opcode::kBinary, 0xffff), "\x82\x7e\xff\xff"sv);
    EXPECT_EQ(header_text(Opcode::kBinary, 0x10000), "\x82\x7f\0\0\0\0\0\x01\0\0"sv);
    EXPECT_EQ(header_text(Opcode::kBinary, 0x0102030405060708),
              "\x82\x7f\x01\x02\x03\x04\x05\x06\x07\x08"sv);
    for (const std::size_t size : {0UL, 125UL, 126UL, 0xffffUL, 0x10000UL, 1UL << 40}) {
        EXPECT_EQ(header_text(Opcode::kText, size).size(), frame_header_bytes(size));
    }
}

TEST(FrameWriter, ExamplesOfTheStandard) {
    // Property: the frames of RFC 6455 5.7 come out as printed there.
    std::string out;
    append_frame(out, Opcode::kText, "Hello");
    EXPECT_EQ(out, "\x81\x05Hello"sv);
    out.clear();
    append_frame(out, Opcode::kText, "Hel", 0);
    append_frame(out, Opcode::kContinuation, "lo");
    EXPECT_EQ(out, "\x01\x03Hel\x80\x02lo"sv);
    out.clear();
    const auto key = "\x37\xfa\x21\x3d"sv;
    append_masked_frame(out, Opcode::kText, "Hello",
                        MaskKey::from_wire(std::as_bytes(std::span(key)).data()));
    EXPECT_EQ(out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"sv);
}

TEST(FrameWriter, BothBuffersGetTheSameBytesAppended) {
    // Property: string and vector buffers are appended to, with equal bytes.
    std::string text = "before";
    std::vector<std::byte> bytes(6);
    const std::string payload(300, 'x');
    append_frame(text, Opcode::kBinary, payload);
    append_frame(bytes, Opcode::kBinary, payload);
    EXPECT_TRUE(text.starts_with("before\x82"));
    ASSERT_EQ(bytes.size(), text.size());
    EXPECT_TRUE(
        std::equal(bytes.begin() + 6, bytes.end(), std::as_bytes(std::span(text)).begin() + 6));
}

TEST(FrameWriter, PayloadsAreTakenBackInOrder) {
    // Property: frames of all length forms, one behind the other, give back their payloads.
    std::string frames;
    const std::vector<std::size_t> sizes{0, 1, 125, 126, 300, 0xffff, 0x10000, 0x12345, 2};
    for (const std::size_t size : sizes) {
        append_frame(frames, Opcode::kText, std::string(size, static_cast<char>('a' + size % 26)));
    }
    std::string_view rest = frames;
    for (const std::size_t size : sizes) {
        EXPECT_EQ(take_server_payload(rest), std::string(size, static_cast<char>('a' + size % 26)));
    }
    EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace stentor::ws
