// Tests of the frame parser (RFC 6455 5.2, 5.4, 5.5).
#include "ws/frame_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ws/frame_writer.h"

namespace stentor::ws {
namespace {

using std::string_view_literals::operator""sv;

constexpr FrameRules kBetweenMessages{
    .data_bytes_max = 1 << 20, .in_message = false, .accept_binary = true};
constexpr FrameRules kInMessage{
    .data_bytes_max = 1 << 20, .in_message = true, .accept_binary = true};
const MaskKey kKey{0x01020304};

auto parse(std::string_view bytes, const FrameRules& rules = kBetweenMessages) {
    return parse_frame_header(std::as_bytes(std::span(bytes)), rules);
}

// The verdict on a header as it comes octet by octet: kNone while nothing is wrong.
Violation verdict(std::string_view bytes, const FrameRules& rules = kBetweenMessages) {
    Violation first = Violation::kNone;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const auto parsed = parse(bytes.substr(0, size), rules);
        const Violation now = parsed ? Violation::kNone : parsed.error();
        if (first != Violation::kNone) {
            EXPECT_EQ(now, first) << "changed at octet " << size;
        }
        first = now;
    }
    return first;
}

TEST(FrameParser, HeaderIsNothingUntilItIsWhole) {
    // Property: every proper prefix of a header is "not complete", the whole one is read right.
    for (const std::size_t payload_bytes : {0UL, 5UL, 125UL, 126UL, 0xffffUL, 0x10000UL}) {
        std::string frame;
        append_masked_frame(frame, Opcode::kText, std::string(payload_bytes, 'x'), kKey);
        const std::size_t header_bytes = frame_header_bytes(payload_bytes) + kMaskBytes;
        for (std::size_t size = 0; size < header_bytes; ++size) {
            const auto parsed = parse(std::string_view(frame).substr(0, size));
            ASSERT_TRUE(parsed.has_value());
            ASSERT_FALSE(parsed->has_value()) << size << " of " << header_bytes;
        }
        const auto parsed = parse(frame);
        ASSERT_TRUE(parsed.has_value() && parsed->has_value());
        EXPECT_EQ((*parsed)->payload_bytes, payload_bytes);
        EXPECT_EQ((*parsed)->header_bytes, header_bytes);
        EXPECT_EQ((*parsed)->opcode, Opcode::kText);
        EXPECT_EQ((*parsed)->mask.word, kKey.word);
        EXPECT_TRUE((*parsed)->fin);
    }
}

TEST(FrameParser, EachFirstOctetIsJudgedAlone) {
    // Property: for all 256 first octets, within and between messages, the verdict is the RFC's and
    // needs no second octet.
    for (unsigned octet = 0; octet < 256; ++octet) {
        for (const bool in_message : {false, true}) {
            const unsigned opcode = octet & 0x0f;
            const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
            Violation expected = Violation::kNone;
            if ((octet & 0x70) != 0) {
                expected = Violation::kReservedBitsSet;
            } else if (!known) {
                expected = Violation::kReservedOpcode;
            } else if (opcode >= 8) {
                if (octet < 0x80) expected = Violation::kFragmentedControl;
            } else if (opcode == 0 && !in_message) {
                expected = Violation::kContinuationWithoutStart;
            } else if (opcode != 0 && in_message) {
                expected = Violation::kMessageInsideMessage;
            }
            const std::string bytes(1, static_cast<char>(octet));
            EXPECT_EQ(verdict(bytes, in_message ? kInMessage : kBetweenMessages), expected)
                << "octet " << octet << (in_message ? " in a message" : "");
        }
    }
}

TEST(FrameParser, Rsv1StandsWhereCompressionWasAgreedAndAMessageBegins) {
    // Property: for all first octets where permessage-deflate was agreed, RSV1 is allowed on texts
    // and binaries that begin alone, names its rule elsewhere, and changes nothing without it.
    for (unsigned octet = 0; octet < 256; ++octet) {
        for (const bool in_message : {false, true}) {
            FrameRules rules = in_message ? kInMessage : kBetweenMessages;
            const std::string plain(1, static_cast<char>(octet & ~0x40U));
            const Violation expected_plain = verdict(plain, rules);
            rules.accept_compressed = true;
            rules.compressed_bytes_max = 10;
            EXPECT_EQ(verdict(plain, rules), expected_plain) << octet;
            const unsigned opcode = octet & 0x0f;
            Violation expected = expected_plain;
            if ((octet & 0x30) == 0 && opcode == 0) expected = Violation::kRsv1OnContinuation;
            if ((octet & 0x30) == 0 && opcode >= 8 && opcode <= 10) {
                expected = Violation::kRsv1OnControl;
            }
            EXPECT_EQ(verdict(std::string(1, static_cast<char>(octet | 0x40)), rules), expected)
                << octet << (in_message ? " in a message" : "");
        }
    }
}

TEST(FrameParser, CompressedFramesHaveALimitOfTheirOwn) {
    // Property: the frame that says so is measured by compressed_bytes_max, all others by
    // data_bytes_max.
    const FrameRules rules{.data_bytes_max = 200,
                           .in_message = false,
                           .accept_binary = true,
                           .accept_compressed = true,
                           .compressed_bytes_max = 300};
    EXPECT_EQ(verdict("\xc1\xfe\x01\x2c"sv, rules), Violation::kNone);
    EXPECT_EQ(verdict("\xc1\xfe\x01\x2d"sv, rules), Violation::kMessageTooLarge);
    EXPECT_EQ(verdict("\x81\xfe\x00\xc8"sv, rules), Violation::kNone);
    EXPECT_EQ(verdict("\x81\xfe\x00\xc9"sv, rules), Violation::kMessageTooLarge);
    const auto parsed = parse("\x41\x80keys", rules);
    ASSERT_TRUE(parsed.has_value() && parsed->has_value());
    EXPECT_TRUE((*parsed)->compressed);
    EXPECT_FALSE((*parsed)->fin);
}

TEST(FrameParser, LengthRules) {
    // Property: lengths that are unmasked, not minimal, above 63 bits or of a long control frame
    // are refused as soon as the octet that shows it is there, without the key.
    EXPECT_EQ(verdict("\x81\x05"sv), Violation::kUnmaskedFrame);
    EXPECT_EQ(verdict("\x89\xfe"sv), Violation::kControlTooLong);
    EXPECT_EQ(verdict("\x8a\xff"sv), Violation::kControlTooLong);
    EXPECT_EQ(verdict("\x88\xfd"sv), Violation::kNone);
    EXPECT_EQ(verdict("\x81\xfe\x00\x7d"sv), Violation::kLengthNotMinimal);
    EXPECT_EQ(verdict("\x81\xfe\x00\x7e"sv), Violation::kNone);
    EXPECT_EQ(verdict("\x81\xff\0\0\0\0\0\0\xff\xff"sv), Violation::kLengthNotMinimal);
    EXPECT_EQ(verdict("\x81\xff\0\0\0\0\0\x01\0\0"sv), Violation::kNone);
    EXPECT_EQ(verdict("\x81\xff\x80"sv), Violation::kLengthHighBitSet);
    EXPECT_EQ(verdict("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv), Violation::kLengthHighBitSet);
}

TEST(FrameParser, LimitIsExactAndComesBeforeTheKey) {
    // Property: a message may grow by exactly data_bytes_max; the octet of the length that is over
    // it is enough to refuse, and the largest announced length does not wrap.
    const FrameRules tight{.data_bytes_max = 200, .in_message = true, .accept_binary = true};
    EXPECT_EQ(verdict("\x80\xfe\x00\xc8"sv, tight), Violation::kNone);
    EXPECT_EQ(verdict("\x80\xfe\x00\xc9"sv, tight), Violation::kMessageTooLarge);
    EXPECT_EQ(verdict("\x80\xff\x7f\xff\xff\xff\xff\xff\xff\xff"sv, tight),
              Violation::kMessageTooLarge);
    const FrameRules full{.data_bytes_max = 0, .in_message = true, .accept_binary = true};
    EXPECT_EQ(verdict("\x80\x80"sv, full), Violation::kNone);
    EXPECT_EQ(verdict("\x80\x81"sv, full), Violation::kMessageTooLarge);
    EXPECT_EQ(verdict("\x89\xfd"sv, full), Violation::kNone);
}

TEST(FrameParser, BinaryIsRefusedByItsFirstOctet) {
    // Property: where binary is not accepted, its opcode alone is refused; text and control are
    // not.
    const FrameRules text_only{.data_bytes_max = 100, .in_message = false, .accept_binary = false};
    EXPECT_EQ(verdict("\x82"sv, text_only), Violation::kBinaryRefused);
    EXPECT_EQ(verdict("\x02"sv, text_only), Violation::kBinaryRefused);
    EXPECT_EQ(verdict("\x81"sv, text_only), Violation::kNone);
    EXPECT_EQ(verdict("\x89"sv, text_only), Violation::kNone);
}

TEST(FrameParser, PayloadIsUnmaskedInPlaceInAnyPieces) {
    // Property: take() unmasks exactly the payload, whatever the pieces, and stops at its end.
    const std::string plain = "the voice of fifty, and then the next frame";
    std::string frame;
    append_masked_frame(frame, Opcode::kText, plain, kKey);
    const auto header = parse(frame);
    ASSERT_TRUE(header.has_value() && header->has_value());
    for (std::size_t piece = 1; piece <= frame.size(); ++piece) {
        std::string bytes = frame.substr((*header)->header_bytes) + "next";
        FrameParser parser;
        parser.begin(**header);
        auto left = std::as_writable_bytes(std::span(bytes));
        while (parser.payload_bytes_left() != 0) {
            left = left.subspan(parser.take(left.first(std::min(piece, left.size()))).bytes.size());
        }
        EXPECT_TRUE(parser.in_frame());
        EXPECT_TRUE(parser.take(left).bytes.empty());
        parser.end();
        EXPECT_FALSE(parser.in_frame());
        ASSERT_EQ(bytes, plain + "next") << "pieces of " << piece;
    }
}

}  // namespace
}  // namespace stentor::ws
