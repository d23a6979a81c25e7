// JsonAppender: what is gathered and what is not come out the same.
// Thread: one.
// Invariant: each test compares with the plain way to write the same.
#include "chat/protocol/json_appender.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "chat/protocol/encode.h"

namespace stentor::chat {
namespace {

template <typename Append>
std::string appended(Append append) {
    std::string out = "kept";
    {
        JsonAppender json(out);
        append(json);
    }
    EXPECT_EQ(out.substr(0, 4), "kept") << "it is appended";
    return out.substr(4);
}

// Numbers around each power of ten and of two are written as the library writes them.
TEST(JsonAppender, NumbersAreWrittenInFull) {
    std::vector<std::uint64_t> numbers{0, std::numeric_limits<std::uint64_t>::max()};
    for (std::uint64_t power = 1; power <= std::numeric_limits<std::uint64_t>::max() / 10;
         power *= 10) {
        numbers.insert(numbers.end(), {power - 1, power, power + 1, 10 * power});
    }
    for (std::uint32_t bit = 1; bit < 64; ++bit) {
        const std::uint64_t power = std::uint64_t{1} << bit;
        numbers.insert(numbers.end(), {power - 1, power, power + 1});
    }
    for (const std::uint64_t number : numbers) {
        EXPECT_EQ(appended([&](JsonAppender& json) { json.number(number); }),
                  std::to_string(number));
        const auto negative = -static_cast<std::int64_t>(number / 2);
        EXPECT_EQ(appended([&](JsonAppender& json) { json.number(negative); }),
                  std::to_string(negative));
    }
    constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(appended([](JsonAppender& json) { json.number(kLeast); }), std::to_string(kLeast));
}

// A text of any length comes out as append_json_string() writes it, whatever stands anywhere in it.
TEST(JsonAppender, TextsOfAnyLengthAreTheJsonString) {
    const auto check = [](const std::string& text) {
        std::string expected;
        append_json_string(expected, text);
        const std::vector<char> exact(text.begin(), text.end());  // so that an overread is seen
        ASSERT_EQ(appended([&](JsonAppender& json) { json.text({exact.data(), exact.size()}); }),
                  expected);
    };
    for (std::size_t size = 0; size <= 70; ++size) {
        const std::string plain(size, 'x');
        check(plain);
        for (std::size_t at = 0; at < size; ++at) {
            for (const char special : {'"', '\\', '\n', '\0', '\x1f', ' ', '\x7f', '!', '#'}) {
                std::string text = plain;
                text[at] = special;
                check(text);
            }
            check(plain.substr(0, at) + "\u2028é’" + plain.substr(at));
        }
    }
    for (const std::size_t size : {1000u, 1021u, 1022u, 1023u, 1024u, 1025u, 5000u}) {
        check(std::string(size, 'x'));
        check(std::string(size, 'x') + "\"");
    }
}

// Pieces of all kinds keep their order however many of them fit what is gathered.
TEST(JsonAppender, OrderIsKeptWhereTheGatheredEnds) {
    for (std::size_t lead = 0; lead < 1100; ++lead) {
        const std::string filler(lead, 'f');
        std::string expected;
        for (int round = 0; round < 3; ++round) {
            expected += filler + R"(,"a":)" + "18446744073709551615" + "\"text\"" + "}" +
                        R"("say \"hi\"")" + "-7";
        }
        ASSERT_EQ(appended([&](JsonAppender& json) {
                      for (int round = 0; round < 3; ++round) {
                          json.raw(filler);
                          json.raw(R"(,"a":)");
                          json.number(std::numeric_limits<std::uint64_t>::max());
                          json.text("text");
                          json.raw('}');
                          json.text(R"(say "hi")");
                          json.number(std::int64_t{-7});
                      }
                  }),
                  expected);
    }
}

}  // namespace
}  // namespace stentor::chat
