// Parameters of a query: decoded as forms are, and none of what is malformed.
#include "net/http_query.h"

#include <gtest/gtest.h>

namespace stentor::net {
namespace {

// The first of that name counts, wherever it stands; a name alone has an empty value.
TEST(HttpQuery, FirstOfThatNameCounts) {
    EXPECT_EQ(query_parameter("/ws?room=lobby", "room"), "lobby");
    EXPECT_EQ(query_parameter("/ws?a=1&room=x&room=y", "room"), "x");
    EXPECT_EQ(query_parameter("/ws?room", "room"), "");
    EXPECT_EQ(query_parameter("/ws?room=", "room"), "");
    EXPECT_EQ(query_parameter("/ws?room=a=b", "room"), "a=b");
}

// Without a query, or without that name, there is nothing.
TEST(HttpQuery, NothingWhereNothingIs) {
    EXPECT_EQ(query_parameter("/ws", "room"), std::nullopt);
    EXPECT_EQ(query_parameter("/ws?", "room"), std::nullopt);
    EXPECT_EQ(query_parameter("", "room"), std::nullopt);
    EXPECT_EQ(query_parameter("/ws?rooms=1&Room=2", "room"), std::nullopt);
}

// Percent signs and plus signs are decoded, in names too; to whatever octets they say.
TEST(HttpQuery, DecodesAsFormsDo) {
    EXPECT_EQ(query_parameter("/ws?room=l%C3%B6bby", "room"),
              "l\xc3\xb6"
              "bby");
    EXPECT_EQ(query_parameter("/ws?r%6fom=a+b%2Bc", "room"), "a b+c");
    EXPECT_EQ(query_parameter("/ws?room=%ff%00x", "room"), std::string("\xff\0x", 3));
}

// What RFC 3986 does not allow is no query.
TEST(HttpQuery, MalformedHasNoParameters) {
    for (const char* target : {"/ws?room=%", "/ws?room=%2", "/ws?room=%zz", "/ws?room=a&b=%x"}) {
        EXPECT_EQ(query_parameter(target, "room"), std::nullopt) << target;
    }
}

}  // namespace
}  // namespace stentor::net
