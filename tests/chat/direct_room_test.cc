// The names of direct rooms.
#include "chat/direct_room.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

constexpr UserId kAnn{0x8a41c09be2d75f13};
constexpr UserId kBob{0x03f2b7715ce8d940};

// Both users get the same room, and its name gives back who they are.
TEST(DirectRoom, IsTheSameFromBothSides) {
    const std::string name = DirectRoom::of(kAnn, kBob).to_string();
    EXPECT_EQ(name, "dm.u03f2b7715ce8d940.u8a41c09be2d75f13");
    EXPECT_EQ(name, DirectRoom::of(kBob, kAnn).to_string());
    const auto room = DirectRoom::parse(name);
    ASSERT_TRUE(room);
    EXPECT_TRUE(room->has(kAnn) && room->has(kBob));
    EXPECT_FALSE(room->has(UserId{1}));
    EXPECT_EQ(room->other(kAnn), kBob);
    EXPECT_EQ(room->other(kBob), kAnn);
}

// A room that only looks like one belongs to nobody: another order, another case, more or less.
TEST(DirectRoom, HasOneSpelling) {
    const std::string name = DirectRoom::of(kAnn, kBob).to_string();
    for (const std::string& other :
         {std::string("dm.u8a41c09be2d75f13.u03f2b7715ce8d940"), name + "0",
          name.substr(0, name.size() - 1), std::string("dm.U03F2B7715CE8D940.u8a41c09be2d75f13"),
          std::string("dm.u03f2b7715ce8d940-u8a41c09be2d75f13"), std::string("dm."), std::string(),
          std::string("dm.u0000000000000000.u8a41c09be2d75f13")}) {
        EXPECT_FALSE(DirectRoom::parse(other)) << other;
    }
}

// Notes to oneself are a room of one.
TEST(DirectRoom, MayBeOfOneUser) {
    const auto room = DirectRoom::parse(DirectRoom::of(kAnn, kAnn).to_string());
    ASSERT_TRUE(room);
    EXPECT_EQ(room->other(kAnn), kAnn);
}

}  // namespace
}  // namespace stentor::chat
