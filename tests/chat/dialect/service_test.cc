// The table of what can be spoken.
#include "chat/dialect/service.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace stentor::chat {
namespace {

TEST(Service, EveryRowHasANameAndAPathOfItsOwn) {
    // Those with a listener of their own have no path.
    std::set<std::string_view> names;
    std::set<std::string_view> paths;
    for (const ServiceRow& row : service_rows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        if (row.reach == ServiceRow::Reach::kListener) {
            EXPECT_EQ(row.path, "");
        } else {
            EXPECT_TRUE(paths.insert(row.path).second) << row.path;
        }
    }
}

TEST(Service, OnlyDialectsOfAPathAreChosenByName) {
    // Not /echo, which has a flag, nor what has a listener.
    EXPECT_EQ(dialect_named("native"), Service::kNative);
    EXPECT_EQ(row_of(*dialect_named("classic")).path, "/classic");
    EXPECT_EQ(row_of(*dialect_named("plain")).path, "/plain");
    for (const char* name : {"echo", "line", "console", "", "Classic"}) {
        EXPECT_FALSE(dialect_named(name)) << name;
    }
}

}  // namespace
}  // namespace stentor::chat
