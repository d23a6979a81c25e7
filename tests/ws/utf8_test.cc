// Tests of UTF-8 validation against a table that is made by encoding every code point (RFC 3629).
#include "ws/utf8.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::ws {
namespace {

std::string encode(std::uint32_t point) {
    const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
    if (point < 0x80) return {static_cast<char>(point)};
    if (point < 0x800) return {static_cast<char>(0xc0 | point >> 6), tail(point)};
    if (point < 0x10000) {
        return {static_cast<char>(0xe0 | point >> 12), tail(point >> 6), tail(point)};
    }
    return {static_cast<char>(0xf0 | point >> 18), tail(point >> 12), tail(point >> 6),
            tail(point)};
}

// Which beginnings of code points exist, and which of them are whole. Knows nothing of ranges.
class Reference {
public:
    Reference() {
        for (std::uint32_t point = 0; point <= 0x10ffff; ++point) {
            if (point >= 0xd800 && point <= 0xdfff) continue;
            const std::string octets = encode(point);
            std::uint32_t index = 0;
            for (std::size_t i = 0; i + 1 < octets.size(); ++i) {
                index = index << 8 | static_cast<std::uint8_t>(octets[i]);
                open_[i][index] = true;
            }
            lengths_[static_cast<std::uint8_t>(octets[0])] =
                static_cast<std::uint8_t>(octets.size());
        }
    }

    // How many octets of the text are possible, and whether it may end there.
    struct Verdict {
        std::size_t possible;
        bool whole;
    };
    Verdict judge(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size()) {
            const std::size_t length = lengths_[static_cast<std::uint8_t>(text[at])];
            if (length == 0) return {at, false};
            std::uint32_t index = 0;
            for (std::size_t i = 0; i < length; ++i, ++at) {
                if (at == text.size()) return {at, false};
                const auto octet = static_cast<std::uint8_t>(text[at]);
                const bool last = i + 1 == length;
                const bool possible = last && length > 1 ? (octet & 0xc0) == 0x80
                                                         : last || open_[i][index << 8 | octet];
                if (!possible) return {at, false};
                index = index << 8 | octet;
            }
        }
        return {at, true};
    }

private:
    std::array<std::uint8_t, 256> lengths_{};
    std::array<std::vector<bool>, 3> open_{std::vector<bool>(1 << 8), std::vector<bool>(1 << 16),
                                           std::vector<bool>(1 << 24)};
};

const Reference& reference() {
    static const Reference made;
    return made;
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

// Feeds pieces of one size; the octet at which feed() failed is found by pieces of one.
bool agrees_in_pieces(std::string_view text, std::size_t piece, Reference::Verdict expected) {
    Utf8Validator validator;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string_view now = text.substr(at, piece);
        const bool good = validator.feed(bytes_of(now));
        if (good != (at + now.size() <= expected.possible)) return false;
        if (!good) return true;
    }
    return validator.at_boundary() == expected.whole;
}

bool agrees_split_at(std::string_view text, std::size_t cut, Reference::Verdict expected) {
    Utf8Validator validator;
    const bool first = validator.feed(bytes_of(text.substr(0, cut)));
    if (first != (cut <= expected.possible)) return false;
    if (!first) return true;
    const bool second = validator.feed(bytes_of(text.substr(cut)));
    if (second != (expected.possible == text.size())) return false;
    return !second || validator.at_boundary() == expected.whole;
}

void expect_agreement(std::string_view text) {
    const Reference::Verdict expected = reference().judge(text);
    bool agrees =
        is_valid_utf8(bytes_of(text)) == expected.whole && agrees_in_pieces(text, 1, expected);
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
        agrees = agrees && agrees_split_at(text, cut, expected);
    }
    ASSERT_TRUE(agrees) << testing::PrintToString(std::string(text));
}

TEST(Utf8, EverySequenceOfOneTwoOrThreeOctetsIsJudgedRight) {
    // Property: each is accepted or refused, at its first impossible octet, however it is split.
    // The third octet goes through all values behind possible pairs, through the borders behind
    // others.
    constexpr std::array<unsigned, 8> kBorders{0x00, 0x7f, 0x80, 0x8f, 0xa0, 0xbf, 0xc0, 0xff};
    for (unsigned first = 0; first < 256; ++first) {
        std::string text(1, static_cast<char>(first));
        expect_agreement(text);
        for (unsigned second = 0; second < 256; ++second) {
            text.resize(2);
            text[1] = static_cast<char>(second);
            expect_agreement(text);
            const bool inside = first >= 0x80 && reference().judge(text).possible == 2;
            const std::size_t thirds = inside ? 256 : kBorders.size();
            text.resize(3);
            for (std::size_t i = 0; i < thirds; ++i) {
                text[2] = static_cast<char>(inside ? i : kBorders[i]);
                expect_agreement(text);
            }
            if (HasFatalFailure()) return;
        }
    }
}

TEST(Utf8, AllThreeOctetSequencesAsWholeTexts) {
    // Property: the verdict on a whole text equals the reference for every sequence whose first
    // octet is not ASCII (behind one that is, the rest is a sequence of two).
    std::string text(3, '\0');
    for (unsigned value = 0x800000; value < 0x1000000; ++value) {
        text[0] = static_cast<char>(value >> 16);
        text[1] = static_cast<char>(value >> 8);
        text[2] = static_cast<char>(value);
        ASSERT_EQ(is_valid_utf8(bytes_of(text)), reference().judge(text).whole) << value;
    }
}

TEST(Utf8, FourOctetSequencesAtEverySplit) {
    // Property: as above for random sequences of four octets behind leads that open one, and for
    // all pairs of lead and second octet.
    std::mt19937 random(3629);
    for (int i = 0; i < 200'000; ++i) {
        std::string text{static_cast<char>(0xee + random() % 8), static_cast<char>(random()),
                         static_cast<char>(0x70 + random() % 0x60),
                         static_cast<char>(0x70 + random() % 0x60)};
        expect_agreement(text);
        if (HasFatalFailure()) return;
    }
    for (unsigned pair = 0xf000; pair <= 0xffff; ++pair) {
        const std::string text{static_cast<char>(pair >> 8), static_cast<char>(pair), '\x80',
                               '\xbf'};
        expect_agreement(text);
        if (HasFatalFailure()) return;
    }
}

TEST(Utf8, LongTextsWithOneWrongOctetAnywhere) {
    // Property: in texts longer than the SIMD blocks, one changed octet is found wherever it
    // stands, and where it came.
    std::mt19937 random(6455);
    for (int round = 0; round < 400; ++round) {
        std::string text;
        while (text.size() < 150 + random() % 300) {
            const unsigned range = random() % 4 == 0 ? 0x110000 : random() % 2 ? 0x800 : 0x80;
            const auto point = static_cast<std::uint32_t>(random() % range);
            if (point < 0xd800 || point > 0xdfff) text += encode(point);
        }
        expect_agreement(text);
        text[random() % text.size()] = static_cast<char>(random());
        expect_agreement(text);
        const Reference::Verdict expected = reference().judge(text);
        for (const std::size_t piece : {2U, 3U, 5U, 16U, 63U, 64U, 65U}) {
            ASSERT_TRUE(agrees_in_pieces(text, piece, expected)) << "pieces of " << piece;
        }
    }
}

TEST(Utf8, ImpossibleOctetFailsBeforeTheTextGoesOn) {
    // Property: an impossible octet fails in its own call, though its code point is not complete
    // (as the fail-fast cases of the Autobahn suite want).
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(bytes_of("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5")));
    EXPECT_TRUE(validator.feed(bytes_of("\xf4")));
    EXPECT_FALSE(validator.feed(bytes_of("\x90")));
    validator.reset();
    EXPECT_TRUE(validator.feed(bytes_of("\xed")));
    EXPECT_FALSE(validator.feed(bytes_of("\xa0")));
    validator.reset();
    EXPECT_FALSE(validator.feed(bytes_of("\xc0")));
}

}  // namespace
}  // namespace stentor::ws
