// UserId and its one spelling. Thread: one. Invariant: as each test says.
#include "chat/ids.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace stentor::chat {
namespace {

// A user's text parses to the same user, leading zeros and all.
TEST(UserId, TextParsesToTheSameUser) {
    EXPECT_EQ(UserId{1}.to_string(), "u0000000000000001");
    EXPECT_EQ(UserId{0x8a0f}.to_string(), "u0000000000008a0f");
    EXPECT_EQ(UserId{std::numeric_limits<std::uint64_t>::max()}.to_string(), "uffffffffffffffff");
    SeededRandom random(3);
    for (int draw = 0; draw < 1000; ++draw) {
        const UserId user = UserId::random(random);
        EXPECT_EQ(UserId::parse(user.to_string()), user);
    }
}

// No other spelling than to_string()'s names a user, and none names nobody.
TEST(UserId, OtherSpellingsAreRefused) {
    for (const std::string_view text :
         {"", "u", "0000000000000001", "u000000000000001", "u00000000000000001",
          "U0000000000000001", "u000000000000000A", "u000000000000000g", "u-00000000000000a",
          "u+00000000000000a", "u0x0000000000001", "u 00000000000000a", "u000000000000000\n",
          "u0000000000000000", " u0000000000000001"}) {
        EXPECT_FALSE(UserId::parse(text)) << text;
    }
    EXPECT_FALSE(UserId::parse(std::string_view("u00000000000000\0a", 17)));
}

// A source that gives zero is asked again: a random user is somebody.
TEST(UserId, RandomIsNeverNobody) {
    struct Zeros final : RandomSource {
        std::uint64_t draws = 0;
        std::uint64_t next() override { return draws++ < 3 ? 0 : 42; }
    } source;
    EXPECT_EQ(UserId::random(source), UserId{42});
    EXPECT_FALSE(UserId{});
}

}  // namespace
}  // namespace stentor::chat
