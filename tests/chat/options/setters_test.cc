// The setters of values that only one or two rows have.
#include "chat/options/setters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/dialect/service.h"

namespace stentor::chat {
namespace {

using testing::HasSubstr;
using Strings = std::vector<std::string>;

TEST(Setters, DialectsAreNamedAsTheirRowsAre) {
    // What is shown is taken again; others are refused with the names that there are.
    Options options;
    ASSERT_TRUE(set_dialects(options, Strings{"classic", "plain"}));
    EXPECT_EQ(show_dialects(options), (Strings{"classic", "plain"}));
    for (const char* none : {"native", "echo", "line", "console", "morse", ""}) {
        const Checked refused = set_dialects(options, Strings{"plain", none});
        ASSERT_FALSE(refused) << none;
        EXPECT_THAT(refused.error(), HasSubstr("classic, plain"));
    }
    EXPECT_EQ(options.dialects.size(), 2u) << "a setter that fails has changed nothing";
}

TEST(Setters, TheRootSpeaksNativeUnlessToldOtherwise) {
    // The dialects that have a path of their own, and the native one.
    Options options;
    EXPECT_EQ(show_root_dialect(options), Strings{"native"});
    ASSERT_TRUE(set_root_dialect(options, Strings{"classic"}));
    EXPECT_EQ(show_root_dialect(options), Strings{"classic"});
    const Checked refused = set_root_dialect(options, Strings{"echo"});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error(), HasSubstr("native, classic, plain"));
}

TEST(Setters, LinesNeedNoTls) {
    // Telnet could not speak it.
    Options options;
    EXPECT_TRUE(show_line_listen(options).empty());
    ASSERT_TRUE(set_line_listen(options, Strings{"127.0.0.1:7000"}));
    EXPECT_EQ(show_line_listen(options), Strings{"127.0.0.1:7000"});
    EXPECT_FALSE(set_line_listen(options, Strings{"tls:127.0.0.1:7000"}));
    EXPECT_FALSE(set_line_listen(options, Strings{"nonsense"}));
}

}  // namespace
}  // namespace stentor::chat
