// What a name may be and which names clash (docs/protocol.md, "Names"). Thread: one, but for the
// last test. Invariant: as each test says.
#include "chat/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace stentor::chat {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string repeated(std::string_view unit, std::size_t times) {
    std::string text;
    for (std::size_t time = 0; time < times; ++time) text += unit;
    return text;
}

// Letters, marks, digits and . _ - of any script make a name, and a name in NFC stays as it is.
TEST(Names, LettersMarksAndDigitsOfAnyScriptPass) {
    for (const std::string_view name :
         {"ann", "Ann.Lee_2-x", "7", "José", "Ангела", "山田太郎", "한국어", "ไทย", "हिन्दी", "عربي",
          "ʻokina", "٣٤", "ﬁ", "ａｎｎ", "a\u0323", "...a", "_x", "-1"}) {
        const auto normalised = normalize_user_name(name);
        ASSERT_TRUE(normalised) << name << ": " << normalised.error();
        EXPECT_EQ(normalize_user_name(*normalised), normalised) << name;
        EXPECT_EQ(normalize_room_name(name), normalised) << name;
    }
    EXPECT_EQ(normalize_user_name("Ann.Lee_2-x"), "Ann.Lee_2-x");
}

// A name that is not in NFC is brought there, not refused.
TEST(Names, AreComposed) {
    EXPECT_EQ(normalize_user_name("Jose\u0301"), "José");
    EXPECT_EQ(normalize_user_name("\u1112\u1161\u11ab"), "한");
    EXPECT_EQ(normalize_room_name("\u212b"), "\u00c5");  // the Ångström sign is the letter
}

// Spaces, controls, symbols and whatever is invisible are refused, and the words name the culprit.
TEST(Names, RefusedCharactersAreNamed) {
    const struct {
        std::string_view name;
        std::string_view culprit;
    } kTable[] = {
        {"a b", "U+0020"},
        {"a\tb", "U+0009"},
        {"a\nb", "U+000A"},
        {"a\x7f", "U+007F"},
        {"a@b", "U+0040"},
        {"a/b", "U+002F"},
        {"<b>", "U+003C"},
        {"a:b", "U+003A"},
        {"ann\u00a0", "U+00A0"},
        {"ann\u200b", "U+200B"},  // zero-width space
        {"an\u200dn", "U+200D"},  // zero-width joiner
        {"\u202enna", "U+202E"},  // right-to-left override
        {"ann\u2066", "U+2066"},  // left-to-right isolate
        {"\ufeff"
         "ann",
         "U+FEFF"},
        {"an\u00adn", "U+00AD"},  // soft hyphen
        {"ann\ufe0f", "U+FE0F"},  // variation selector, a mark nobody sees
        {"a\u034f"
         "b",
         "U+034F"},            // combining grapheme joiner, likewise
        {"\u3164", "U+3164"},  // Hangul filler, a letter nobody sees
        {"\u115f", "U+115F"},
        {"\uffa0", "U+FFA0"},
        {"\u2800", "U+2800"},
        {"ann\u2028", "U+2028"},
        {"ann\U0001f600", "U+1F600"},
        {"½", "U+00BD"},
        {"\ue000", "U+E000"},
        {"\ufffd", "U+FFFD"},
        {"a\U000e0061", "U+E0061"},
    };
    for (const auto& row : kTable) {
        const auto name = normalize_user_name(row.name);
        ASSERT_FALSE(name) << row.culprit;
        EXPECT_THAT(name.error(), StartsWith("name: ")) << row.culprit;
        EXPECT_THAT(name.error(), HasSubstr(row.culprit));
        const auto room = normalize_room_name(row.name);
        ASSERT_FALSE(room) << row.culprit;
        EXPECT_THAT(room.error(), StartsWith("room: ")) << row.culprit;
    }
    EXPECT_FALSE(normalize_user_name(std::string_view("a\0b", 3)));
}

// Bytes that are no UTF-8 never make a name.
TEST(Names, BrokenUtf8IsRefused) {
    for (const std::string_view bytes :
         {"\xff", "a\x80", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
        EXPECT_FALSE(normalize_user_name(bytes));
    }
}

// A name holds a letter or digit, and begins with no mark.
TEST(Names, NeedSomethingToRead) {
    EXPECT_EQ(normalize_user_name("").error(), "name: must not be empty");
    for (const std::string_view name : {".", "..", "_", "---", "._-"}) {
        EXPECT_EQ(normalize_user_name(name).error(), "name: must hold a letter or a digit") << name;
    }
    for (const std::string_view name : {"\u0301", "\u0301a", "\u20dda", "\u0903"}) {
        EXPECT_EQ(normalize_user_name(name).error(), "name: must not begin with a mark") << name;
    }
}

// The limits count code points of the composed name: 32 for users, 64 for rooms.
TEST(Names, LimitsCountComposedCodePoints) {
    for (const std::string_view unit :
         {"a", "é", "語", "\U00020000", "e\u0301", "\u03b1\u0313\u0300\u0345"}) {
        EXPECT_TRUE(normalize_user_name(repeated(unit, 32))) << unit;
        EXPECT_EQ(normalize_user_name(repeated(unit, 33)).error(),
                  "name: longer than 32 characters");
        EXPECT_TRUE(normalize_room_name(repeated(unit, 64))) << unit;
        EXPECT_EQ(normalize_room_name(repeated(unit, 65)).error(),
                  "room: longer than 64 characters");
    }
    EXPECT_EQ(normalize_user_name(std::string(1 << 20, 'a')).error(),
              "name: longer than 32 characters");
    EXPECT_LE(normalize_user_name(repeated("\U00020000", 32))->size(), kUserNameBytesMax);
}

// Rooms that begin with "dm." in whatever case or width are the server's; users may be called so,
// and so may "dmx".
TEST(Names, DirectRoomsAreReserved) {
    for (const std::string_view name :
         {"dm.x", "DM.x", "Dm.x", "dM.é", "ｄｍ.x", "ＤＭ.x", "dｍ.x", "dm."}) {
        const auto room = normalize_room_name(name);
        ASSERT_FALSE(room) << name;
        EXPECT_THAT(room.error(), HasSubstr("reserved")) << name;
    }
    EXPECT_TRUE(normalize_room_name("ｄｍx"));
    EXPECT_TRUE(normalize_room_name("d"));
    EXPECT_TRUE(normalize_room_name("dmx"));
    EXPECT_TRUE(normalize_room_name("dm"));
    EXPECT_TRUE(normalize_room_name("a.dm.x"));
    EXPECT_TRUE(normalize_user_name("dm.x"));
}

// Names that look alike have one skeleton.
TEST(NameSkeleton, LookAlikesClash) {
    const std::string_view kTable[][2] = {
        {"admin", "Admin"},      {"admin", "ADMIN"},     {"admin", "аdmin"},  // Cyrillic а
        {"admin", "adrnin"},                                                  // r n for m
        {"admin", "ａｄｍｉｎ"},                                              // full width
        {"admin", "аdmіn"},                                                   // Cyrillic а and і
        {"scope", "ѕсоре"},                                                   // all Cyrillic
        {"file", "ﬁle"},                                                      // a ligature
        {"strasse", "straße"},   {"José", "jose\u0301"}, {"ο", "o"},          // Greek omicron
        {"paul", "pau1"},
    };
    for (const auto& [one, other] : kTable) {
        EXPECT_EQ(name_skeleton(one), name_skeleton(other)) << one << " and " << other;
    }
}

// Names that do not look alike keep skeletons of their own, accents included.
TEST(NameSkeleton, DifferentNamesDoNotClash) {
    const std::string_view kNames[] = {"ann", "anna", "bob", "admin1x", "jose", "josé", "山",
                                       "岩",  "a.b",  "a_b", "ab",      "ünal", "unal"};
    for (const auto one : kNames) {
        for (const auto other : kNames) {
            EXPECT_EQ(one == other, name_skeleton(one) == name_skeleton(other)) << one << other;
        }
    }
}

// What looks like the operator's name is the operator's; what contains it is not.
TEST(NameSkeleton, OfTheOperatorIsKnown) {
    for (const std::string_view name : {"operator", "OPERATOR", "оperаtor", "ｏｐｅｒａｔｏｒ"}) {
        EXPECT_TRUE(is_operators(name_skeleton(name))) << name;
    }
    for (const std::string_view name : {"operator1", "operators", "operato", "the.operator"}) {
        EXPECT_FALSE(is_operators(name_skeleton(name))) << name;
    }
}

// Many threads ask ICU at once and get what one thread gets.
TEST(NameSkeleton, IsTheSameOnEveryThread) {
    const std::vector<std::string> names = {"аdmin", "adrnin", "ａｄｍｉｎ", "José", "山田", "ﬁle"};
    std::vector<std::string> results(8);
    {
        std::vector<std::jthread> threads;
        for (std::string& result : results) {
            threads.emplace_back([&names, &result] {
                for (int round = 0; round < 200; ++round) {
                    result.clear();
                    for (const auto& name : names) {
                        result += *normalize_user_name(name) + name_skeleton(name) + "\n";
                    }
                }
            });
        }
    }
    for (const auto& result : results) EXPECT_EQ(result, results.front());
}

// Code points are counted, not bytes and not what one sees.
TEST(CodePointCount, CountsCodePoints) {
    EXPECT_EQ(code_point_count(""), 0U);
    EXPECT_EQ(code_point_count("abc"), 3U);
    EXPECT_EQ(code_point_count("é語\U0001f600"), 3U);
    EXPECT_EQ(code_point_count("e\u0301"), 2U);
    EXPECT_EQ(code_point_count("👍🏽"), 2U);
}

// A guest's name is "guest-" and six hexadecimal digits, and a name like any other.
TEST(GuestName, IsAName) {
    SeededRandom random(5);
    for (int draw = 0; draw < 100; ++draw) {
        const std::string name = guest_name(random);
        EXPECT_THAT(name, StartsWith("guest-"));
        EXPECT_EQ(name.size(), 12U);
        EXPECT_EQ(normalize_user_name(name), name);
    }
}

}  // namespace
}  // namespace stentor::chat
