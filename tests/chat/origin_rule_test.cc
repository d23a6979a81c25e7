// Which pages may connect. See chat/origin_rule.h.
// Thread: one. Invariant: a table; what is not in it as allowed is refused.
#include "chat/origin_rule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stentor::chat {
namespace {

struct Row {
    const char* origin;
    const char* host;
    bool allowed;
};

// Property: without a list the hosts must be equal; scheme and port do not count, case neither, and
// the three names of this machine are one.
TEST(OriginRule, HostsMustBeEqual) {
    for (const Row& row : std::vector<Row>{
             {"http://chat.example", "chat.example", true},
             {"https://chat.example", "chat.example:8080", true},
             {"https://chat.example:444", "chat.example", true},
             {"https://Chat.Example", "chat.example", true},
             {"http://[2001:db8::1]:80", "[2001:db8::1]:8080", true},
             {"http://localhost:5173", "127.0.0.1:8080", true},
             {"http://127.0.0.1", "[::1]:8080", true},
             {"http://[::1]:1", "LOCALHOST", true},
             {"http://localhost", "localhost:8080", true},
             {"http://evil.example", "chat.example", false},
             {"http://sub.chat.example", "chat.example", false},
             {"http://chat.example.evil.example", "chat.example", false},
             {"http://chat.example@evil.example", "chat.example", false},
             {"http://evil.example/chat.example", "chat.example", false},
             {"http://evil.example?://chat.example", "chat.example", false},
             {"http://[2001:db8::1]", "[2001:db8::2]", false},
             {"http://localhost.evil.example", "localhost", false},
             {"http://127.0.0.2", "127.0.0.1", false},
             {"http://localhost", "chat.example", false},
             {"null", "chat.example", false},
             {"null", "127.0.0.1:8080", false},
             {"", "chat.example", false},
             {"://chat.example", "chat.example", false},
             {"http://", "", false},
             {"chat.example", "chat.example", false},
         }) {
        EXPECT_EQ(origin_allowed(row.origin, row.host, {}), row.allowed)
            << row.origin << " " << row.host;
    }
}

// Property: with a list only exact matches count, whatever the host.
TEST(OriginRule, AListIsExact) {
    const std::vector<std::string> allowed{"https://a.example", "http://b.example:8080"};
    for (const Row& row : std::vector<Row>{
             {"https://a.example", "other", true},
             {"http://b.example:8080", "other", true},
             {"http://a.example", "a.example", false},
             {"https://a.example:443", "a.example", false},
             {"https://a.example.evil", "a.example", false},
             {"http://b.example", "b.example", false},
             {"null", "a.example", false},
         }) {
        EXPECT_EQ(origin_allowed(row.origin, row.host, allowed), row.allowed) << row.origin;
    }
}

// Property: a star allows all, "null" too.
TEST(OriginRule, AStarAllowsAll) {
    const std::vector<std::string> all{"*"};
    EXPECT_TRUE(origin_allowed("https://evil.example", "chat.example", all));
    EXPECT_TRUE(origin_allowed("null", "chat.example", all));
}

}  // namespace
}  // namespace stentor::chat
