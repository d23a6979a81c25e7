// How sizes, times and numbers are written. See chat/options/units.h.
// Thread: one. Invariant: a table for each parser.
#include "chat/options/units.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>

namespace stentor::chat {
namespace {

using namespace std::chrono_literals;

// Property: a size is a number of bytes, or one with a binary unit.
TEST(Units, SizesTakeBinaryUnits) {
    EXPECT_EQ(parse_size_bytes("0"), 0u);
    EXPECT_EQ(parse_size_bytes("4096"), 4096u);
    EXPECT_EQ(parse_size_bytes("4096B"), 4096u);
    EXPECT_EQ(parse_size_bytes("64KiB"), 65'536u);
    EXPECT_EQ(parse_size_bytes("1MiB"), 1'048'576u);
    EXPECT_EQ(parse_size_bytes("3GiB"), 3'221'225'472u);
}

// Property: what could be meant in two ways, or overflows, is refused with words.
TEST(Units, DoubtfulSizesAreRefused) {
    for (const std::string_view text :
         {"", "KiB", "64K", "64KB", "64kib", "64 KiB", "-1", "+1", "1.5MiB", "0x10",
          "18446744073709551615", "99999999999999999999", "18014398509481984KiB", "64KiBKiB"}) {
        const auto parsed = parse_size_bytes(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_FALSE(parsed.error().empty());
    }
}

// Property: a time needs a unit, so that nobody mistakes seconds for milliseconds.
TEST(Units, TimesNeedAUnit) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("10m"), 10min);
    EXPECT_EQ(parse_duration("2h"), 2h);
    EXPECT_EQ(parse_duration("30d"), 720h);
    EXPECT_EQ(parse_duration("0s"), 0s);
    for (const std::string_view text : {"", "30", "s", "30sec", "-1s", "1.5s", "30 s", "367d",
                                        "99999999999999999999s", "9223372036854775807d"}) {
        EXPECT_FALSE(parse_duration(text).has_value()) << text;
    }
}

// Property: what is printed is read back to the same value.
TEST(Units, WhatIsPrintedIsReadBack) {
    for (const std::uint64_t bytes :
         {0ull, 1ull, 1000ull, 1024ull, 65'536ull, 65'537ull, 1ull << 30}) {
        EXPECT_EQ(parse_size_bytes(format_size(bytes)), bytes);
    }
    EXPECT_EQ(format_size(65'536), "64KiB");
    EXPECT_EQ(format_size(1000), "1000");
    for (const core::Duration time :
         {core::Duration{0ms}, core::Duration{1ms}, core::Duration{1500ms}, core::Duration{90s},
          core::Duration{10min}, core::Duration{24h}}) {
        EXPECT_EQ(parse_duration(format_duration(time)), time);
    }
    EXPECT_EQ(format_duration(10min), "10m");
    EXPECT_EQ(format_duration(1500ms), "1500ms");
}

// Property: a number has no unit, sign or fraction.
TEST(Units, NumbersAreWholeAndBare) {
    EXPECT_EQ(parse_number("0"), 0u);
    EXPECT_EQ(parse_number("20"), 20u);
    for (const std::string_view text : {"", "-1", "1.5", "1e3", "20s", " 20", "20 ", "1_000"}) {
        EXPECT_FALSE(parse_number(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace stentor::chat
