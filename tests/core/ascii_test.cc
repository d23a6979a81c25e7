// ASCII as protocols mean it.
#include "core/ascii.h"

#include <gtest/gtest.h>

namespace stentor::core::ascii {
namespace {

TEST(Ascii, CaseIsThatOfTheTwentySixLettersAlone) {
    // No neighbour of the letters, and no byte of UTF-8, has a case.
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool capital = byte >= 0x41 && byte <= 0x5a;
        EXPECT_EQ(lower(c), capital ? static_cast<char>(byte + 32) : c) << byte;
        EXPECT_EQ(is_alpha(c), capital || (byte >= 0x61 && byte <= 0x7a)) << byte;
    }
    EXPECT_TRUE(equal_ignoring_case("UpGrade", "upgrade"));
    EXPECT_FALSE(equal_ignoring_case("upgrade", "upgrades"));
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Ascii, TrimTakesBlanksAtTheEndsAlone) {
    // What is between stays, line ends too.
    EXPECT_EQ(trim(" \ta b\t "), "a b");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim("\ra\n"), "\ra\n");
}

}  // namespace
}  // namespace stentor::core::ascii
