// Session tokens: what is ours is accepted, all else is not. Thread: one.
// Invariant: as each test says.
#include "chat/session_token.h"

#include <gtest/gtest.h>

#include <string>

#include "chat/names.h"

namespace stentor::chat {
namespace {

SessionTokens::Key key_of(unsigned char byte) {
    SessionTokens::Key key;
    key.fill(std::byte{byte});
    return key;
}

// A token gives back user and name, whatever the name's script and length.
TEST(SessionTokens, GiveBackUserAndName) {
    const SessionTokens tokens(key_of(1));
    std::string longest;
    for (std::uint32_t at = 0; at < kUserNameCodePointsMax; ++at) longest += "\U00020000";
    for (const std::string& name : {std::string("a"), std::string("ab"), std::string("ann"),
                                    std::string("José"), std::string("a.b"), longest}) {
        const UserId user{0x8a00000000000001U};
        const auto identity = tokens.verify(tokens.sign(user, name));
        ASSERT_TRUE(identity) << name;
        EXPECT_EQ(identity->user, user);
        EXPECT_EQ(identity->name, name);
    }
}

// The form is fixed, so that tokens given out stay valid across versions of the program.
TEST(SessionTokens, FormIsStable) {
    const SessionTokens tokens(key_of(0x0b));
    EXPECT_EQ(tokens.sign(UserId{0x0102030405060708U}, "ann"),
              "s1.AQIDBAUGBwhhbm4.D0BbEM3MzVQ4eo99gJ30N29RZkqWgcVRgebbXYstky4");
}

// Changing any character to any other, or any bit, makes a token worthless.
TEST(SessionTokens, AnyChangedCharacterIsNoticed) {
    const SessionTokens tokens(key_of(1));
    for (const std::string_view name : {"ann", "anna", "annab"}) {  // all three base64 tails
        const std::string token = tokens.sign(UserId{7}, name);
        for (std::size_t at = 0; at < token.size(); ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string tampered = token;
                tampered[at] = static_cast<char>(byte);
                if (tampered == token) continue;
                ASSERT_FALSE(tokens.verify(tampered)) << at << " " << byte;
            }
        }
    }
}

// A token cut short, made longer or padded is refused.
TEST(SessionTokens, OtherLengthsAreRefused) {
    const SessionTokens tokens(key_of(1));
    const std::string token = tokens.sign(UserId{7}, "ann");
    for (std::size_t length = 0; length < token.size(); ++length) {
        EXPECT_FALSE(tokens.verify(token.substr(0, length)));
        EXPECT_FALSE(tokens.verify(token.substr(token.size() - length)));
    }
    for (std::size_t at = 0; at <= token.size(); ++at) {
        for (const char inserted : {'A', '.', '=', ' ', '\n', '\0'}) {
            std::string longer = token;
            longer.insert(at, 1, inserted);
            EXPECT_FALSE(tokens.verify(longer)) << at;
        }
    }
    EXPECT_FALSE(tokens.verify(token + std::string(1 << 20, 'A')));
}

// Another key's tokens are strangers, and so are those of one bit of difference.
TEST(SessionTokens, AnotherKeyRefuses) {
    const std::string token = SessionTokens(key_of(1)).sign(UserId{7}, "ann");
    EXPECT_FALSE(SessionTokens(key_of(2)).verify(token));
    auto key = key_of(1);
    key[31] ^= std::byte{0x80};
    EXPECT_FALSE(SessionTokens(key).verify(token));
    EXPECT_TRUE(SessionTokens(key_of(1)).verify(token));
    EXPECT_NE(SessionTokens::random_key(), SessionTokens::random_key());
}

// Parts of two good tokens make no third.
TEST(SessionTokens, PartsDoNotCombine) {
    const SessionTokens tokens(key_of(1));
    const std::string ann = tokens.sign(UserId{7}, "ann");
    const std::string bob = tokens.sign(UserId{7}, "bob");
    const auto mac_at = ann.rfind('.');
    EXPECT_FALSE(tokens.verify(ann.substr(0, mac_at) + bob.substr(mac_at)));
}

}  // namespace
}  // namespace stentor::chat
