// Tests of the negotiation of permessage-deflate (RFC 6455 9.1, RFC 7692 5 and 7.1).
// g++ 12 sees an uninitialised std::function inside <regex> with -fsanitize (GCC bug 105562).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "ws/deflate_offer.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::ws {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::string_view kPlain =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The answer to one line: empty for declined, "400" for no list of extensions.
std::string answer_to(const Lines& lines, bool deflate = true) {
    const auto answer = answer_deflate_offers(lines, deflate);
    if (!answer) return "400";
    EXPECT_EQ(answer->parameters.on, !answer->extension.empty());
    const std::size_t asked = answer->extension.find("server_max_window_bits=");
    const std::string bits = std::to_string(unsigned{answer->parameters.server_window_bits});
    EXPECT_EQ(asked == std::string::npos ? "15" : answer->extension.substr(asked + 23), bits);
    return answer->extension;
}

TEST(DeflateOffer, OffersThatWeKeepAreAnswered) {
    // Property: every well-formed offer is accepted without takeover in both directions, and names
    // the server's window exactly where it was asked for.
    for (const std::string_view offer : {
             "permessage-deflate",
             " \tpermessage-deflate ",
             "permessage-deflate;client_max_window_bits",
             "permessage-deflate; client_max_window_bits=8",
             "permessage-deflate; client_max_window_bits = \"15\"",
             "permessage-deflate; client_no_context_takeover",
             "permessage-deflate ; server_no_context_takeover ; client_no_context_takeover",
         }) {
        EXPECT_EQ(answer_to({offer}), kPlain) << offer;
    }
    for (int bits = 8; bits <= 15; ++bits) {
        const std::string number = std::to_string(bits);
        const std::string expected = std::string(kPlain) + "; server_max_window_bits=" + number;
        for (const std::string& value : {number, '"' + number + '"', "\"\\" + number + '"'}) {
            EXPECT_EQ(answer_to({"permessage-deflate; server_max_window_bits=" + value}), expected)
                << value;
        }
    }
}

TEST(DeflateOffer, BadParametersDeclineTheirOfferAlone) {
    // Property: each kind of bad parameter declines; the offer behind it is taken instead.
    const std::vector<std::string> bad{
        "unknown",
        "unknown=1",
        "server_no_context_takeover=1",
        "client_no_context_takeover=\"x\"",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits=10; client_max_window_bits",
        "server_max_window_bits=10; server_max_window_bits=10",
        "server_max_window_bits",
        "Server_max_window_bits=10",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=0",
        "server_max_window_bits=08",
        "server_max_window_bits=010",
        "server_max_window_bits=+9",
        "server_max_window_bits=-9",
        "server_max_window_bits=9.0",
        "server_max_window_bits=0x9",
        "server_max_window_bits=1000000000000000000000000",
        "server_max_window_bits=1",
        "server_max_window_bits=20",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=09",
        "client_max_window_bits=abc",
    };
    for (const std::string& parameters : bad) {
        const std::string offer = "permessage-deflate; " + parameters;
        EXPECT_EQ(answer_to({offer}), "") << offer;
        EXPECT_EQ(answer_to({offer + "; client_max_window_bits"}), "") << offer;
        EXPECT_EQ(answer_to({offer + ", permessage-deflate"}), kPlain) << offer;
        EXPECT_EQ(answer_to({offer, "permessage-deflate"}), kPlain) << offer;
        EXPECT_EQ(answer_to({"permessage-deflate, " + offer}), kPlain) << offer;
    }
}

TEST(DeflateOffer, FirstAcceptableOfferWins) {
    // Property: order decides, over elements and lines; other extensions are passed over.
    EXPECT_EQ(answer_to({"x-webkit-deflate-frame, foo; a=b; c=\"d\", bar;"
                         "permessage-deflate, permessage-deflate; server_max_window_bits=9",
                         "permessage-deflate"}),
              std::string(kPlain) + "; server_max_window_bits=9");
    EXPECT_EQ(answer_to({"permessage-deflate; server_max_window_bits=10, permessage-deflate"}),
              std::string(kPlain) + "; server_max_window_bits=10");
    EXPECT_EQ(answer_to({"permessage-deflate, permessage-deflate; server_max_window_bits=10"}),
              kPlain);
    EXPECT_EQ(answer_to({"Permessage-Deflate"}), "");
    EXPECT_EQ(answer_to({"permessage-deflate2; client_max_window_bits"}), "");
    EXPECT_EQ(answer_to({"mux; max-channels=4; flow-control"}), "");
}

TEST(DeflateOffer, EmptyElementsCountForNothing) {
    // Property: the list rule lets elements be empty (RFC 2616 2.1), but one must not be.
    EXPECT_EQ(answer_to({",, permessage-deflate ,\t,"}), kPlain);
    EXPECT_EQ(answer_to({"", "permessage-deflate"}), kPlain);
    EXPECT_EQ(answer_to({}), "");
    EXPECT_EQ(answer_to({""}), "400");
    EXPECT_EQ(answer_to({" \t"}), "400");
    EXPECT_EQ(answer_to({",", " , "}), "400");
}

TEST(DeflateOffer, WhatIsNoListOfExtensionsIsRefused) {
    // Property: bad grammar anywhere is found, behind an accepted offer and with deflate off too.
    for (const std::string_view wrong : {
             "permessage-deflate;",
             "permessage-deflate;;a",
             "permessage-deflate; ;",
             "permessage-deflate; =10",
             "permessage-deflate; a=",
             "permessage-deflate; a==b",
             "permessage-deflate; a=b=c",
             "permessage-deflate; a b",
             "permessage-deflate b",
             "permessage-deflate; server_max_window_bits=\"10",
             "permessage-deflate; server_max_window_bits=\"\"",
             "permessage-deflate; server_max_window_bits=\"1 0\"",
             "permessage-deflate; server_max_window_bits=\"10\"x",
             "permessage-deflate; server_max_window_bits=\"10\\",
             "permessage-deflate; server_max_window_bits=\"10\\\"",
             "permessage-deflate; server_max_window_bits='10",
             "permessage-deflate; \"a\"=b",
             "\"permessage-deflate\"",
             "foo/bar",
             "foo; a=\"x,y\"",
             "foo; a=\"x;y\"",
             "caf\xc3\xa9",
             "=",
             ";",
             "a\r\nb",
             "a\x7f",
         }) {
        const bool token_with_apostrophe = wrong.find('\'') != std::string_view::npos;
        const std::string expected = token_with_apostrophe ? "" : "400";
        EXPECT_EQ(answer_to({wrong}), expected) << wrong;
        EXPECT_EQ(answer_to({wrong}, false), expected) << wrong;
        if (token_with_apostrophe) continue;
        EXPECT_EQ(answer_to({"permessage-deflate", wrong}), "400") << wrong;
    }
}

TEST(DeflateOffer, SwitchedOffEverythingIsDeclined) {
    // Property: with deflate off, good offers are declined and nothing else changes.
    EXPECT_EQ(answer_to({"permessage-deflate; server_max_window_bits=10"}, false), "");
    EXPECT_EQ(answer_to({}, false), "");
}

// Fields out of pieces that grammar is made of, and some that it is not.
std::string random_field(std::mt19937& random) {
    static constexpr std::array<std::string_view, 16> kPieces{"permessage-deflate",
                                                              ";",
                                                              ";",
                                                              ",",
                                                              ", ",
                                                              "=",
                                                              "\"",
                                                              " ",
                                                              "10",
                                                              "7",
                                                              "a",
                                                              "\\",
                                                              "\t",
                                                              "/",
                                                              "server_max_window_bits",
                                                              "client_no_context_takeover"};
    std::string field = random() % 2 == 0 ? "permessage-deflate" : "";
    for (std::size_t pieces = random() % 12; pieces > 0; --pieces) {
        field += kPieces[random() % kPieces.size()];
    }
    return field;
}

TEST(DeflateOffer, GrammarIsTheOneOfTheStandard) {
    // Property: a field is refused exactly if it does not match RFC 6455 9.1, written down a second
    // time as a regular expression.
    const std::string token = "[!#$%&'*+.^_`|~0-9A-Za-z-]";
    const std::string value = "(?:" + token + "+|\"(?:\\\\?" + token + ")+\")";
    const std::string parameter = "[ \t]*;[ \t]*" + token + "+(?:[ \t]*=[ \t]*" + value + ")?";
    const std::string extension = token + "+(?:" + parameter + ")*";
    const std::regex list("[ \t,]*" + extension + "(?:[ \t]*,[ \t]*(?:" + extension + ")?)*[ \t]*");
    std::mt19937 random(6455);
    int good = 0;
    for (int i = 0; i < 30'000; ++i) {
        const std::string field = random_field(random);
        const bool matches = std::regex_match(field, list);
        ASSERT_EQ(answer_to({field}) != "400", matches) << field;
        ASSERT_EQ(answer_to({field}, false) != "400", matches) << field;
        good += matches ? 1 : 0;
    }
    EXPECT_GT(good, 1000);
}

TEST(DeflateOffer, LinesAreOneList) {
    // Property: two fields on two lines are answered as one line with a comma between them.
    std::mt19937 random(7692);
    for (int i = 0; i < 10'000; ++i) {
        const std::string first = random_field(random);
        const std::string second = random_field(random);
        if (first.find('"') != std::string::npos) continue;  // a string may not go on behind a line
        ASSERT_EQ(answer_to({first, second}), answer_to({first + "," + second}))
            << first << " | " << second;
    }
}

TEST(DeflateOffer, LongFieldsCostOnePass) {
    // Property: many offers, parameters and commas end in one answer, without recursion.
    std::string many;
    for (int i = 0; i < 20'000; ++i) many += "permessage-deflate; server_max_window_bits=7,,";
    EXPECT_EQ(answer_to({many}), "");
    EXPECT_EQ(answer_to({many + "permessage-deflate"}), kPlain);
    std::string wide = "permessage-deflate";
    for (int i = 0; i < 50'000; ++i) wide += "; server_no_context_takeover";
    EXPECT_EQ(answer_to({wide}), "");
    EXPECT_EQ(answer_to({"permessage-deflate; a=\"" + std::string(100'000, 'x') + '"'}), "");
}

}  // namespace
}  // namespace stentor::ws
