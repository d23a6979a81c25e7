// Tests of lists in header fields (RFC 9110 5.6, RFC 6455 9.1).
#include "ws/field_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stentor::ws {
namespace {

TEST(FieldList, TokensAreThoseOfTheStandard) {
    // Property: of all octets, exactly the 77 tchars of RFC 9110 5.6.2 make tokens.
    int chars = 0;
    for (int octet = 0; octet < 256; ++octet) {
        const auto c = static_cast<char>(octet);
        const bool separator = std::string_view("\"(),/:;<=>?@[\\]{}").contains(c);
        EXPECT_EQ(is_token({&c, 1}), octet > ' ' && octet < 0x7f && !separator) << octet;
        chars += is_token_char(c) ? 1 : 0;
    }
    EXPECT_EQ(chars, 77);
    EXPECT_FALSE(is_token(""));
    EXPECT_FALSE(is_token("a b"));
}

TEST(FieldList, ElementsOfAllLinesAreVisitedWithoutTheEmptyOnes) {
    // Property: elements come trimmed and in order, over lines; empty ones are no elements.
    const std::vector<std::string_view> lines{" a ,b,, ", "", ",\tc"};
    std::string visited;
    EXPECT_TRUE(for_each_element(lines, [&](std::string_view element) {
        visited.append("<").append(element).append(">");
        return true;
    }));
    EXPECT_EQ(visited, "<a><b><c>");
    EXPECT_FALSE(for_each_element(lines, [](std::string_view element) { return element != "b"; }));
}

TEST(FieldList, ReaderTakesWhatIsThere) {
    // Property: tokens, quoted tokens and separators are taken with the blanks before them.
    FieldReader reader(" name \t= \"v\\al\" ;x");
    EXPECT_EQ(reader.take_token(), "name");
    EXPECT_FALSE(reader.take(';'));
    EXPECT_TRUE(reader.take('='));
    EXPECT_EQ(reader.take_token_or_quoted(), "val");
    EXPECT_FALSE(reader.at_end());
    EXPECT_TRUE(reader.take(';'));
    EXPECT_EQ(reader.take_token_or_quoted(), "x");
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.take_token(), "");
}

}  // namespace
}  // namespace stentor::ws
