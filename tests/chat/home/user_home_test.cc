// Users at their home: where they are connected, and what they are called.
#include "chat/home/user_home.h"

#include <gtest/gtest.h>

#include "chat/memory_directory.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

class UserHomeTest : public testing::Test, public HomeFixture {
protected:
    MemoryDirectory directory{context};
    UserHome home{context, directory};
};

TEST_F(UserHomeTest, ASecondConnectionHearsTheName) {
    // Whoever attaches is told what the user is called on its other connections.
    home.handle(AttachUser{connection(1, 4), user(9)});
    EXPECT_EQ(only_told<Box<UserAttached>>(1)->name, "");
    home.handle(SetUserName{user(9), "ann"});
    told(1);
    home.handle(AttachUser{connection(2, 6), user(9)});
    EXPECT_EQ(only_told<Box<UserAttached>>(2)->name, "ann");
}

TEST_F(UserHomeTest, ARenamingIsToldToEveryShardOfTheUserOnce) {
    // Shards with two connections hear once, shards without one never.
    home.handle(AttachUser{connection(1, 4), user(9)});
    home.handle(AttachUser{connection(1, 5), user(9)});
    home.handle(AttachUser{connection(2, 6), user(9)});
    told(1);
    told(2);
    home.handle(SetUserName{user(9), "bob"});
    EXPECT_EQ(only_told<Box<UserRenamed>>(1)->name, "bob");
    EXPECT_EQ(only_told<Box<UserRenamed>>(2)->name, "bob");
    EXPECT_TRUE(told(0).empty());
    home.handle(SetUserName{user(9), "bob"});
    EXPECT_TRUE(told(1).empty());
}

TEST_F(UserHomeTest, AUserWithoutAConnectionCostsNothing) {
    // The last detach forgets the user, name and all.
    home.handle(AttachUser{connection(1, 4), user(9)});
    home.handle(SetUserName{user(9), "ann"});
    home.handle(AttachUser{connection(2, 4), user(9)});
    home.handle(DetachUser{user(9)}, 1);
    EXPECT_EQ(gauge(ShardGauge::kHomeUsers), 1);
    home.handle(DetachUser{user(9)}, 2);
    EXPECT_EQ(gauge(ShardGauge::kHomeUsers), 0);
    told(1);
    home.handle(AttachUser{connection(1, 7), user(9)});
    EXPECT_EQ(only_told<Box<UserAttached>>(1)->name, "");
}

TEST_F(UserHomeTest, WhoIsOrWasLoggedInIsFound) {
    // A user without a name has not logged in; one whose last connection is gone is known still.
    const auto found = [this] {
        home.handle(FindUser{connection(2, 3), user(9)});
        return only_told<UserFound>(2).user;
    };
    EXPECT_EQ(found(), UserId{});
    home.handle(AttachUser{connection(1, 4), user(9)});
    EXPECT_EQ(found(), UserId{});
    home.handle(SetUserName{user(9), "ann"});
    EXPECT_EQ(found(), user(9));
    home.handle(DetachUser{user(9)}, 1);
    EXPECT_EQ(found(), user(9));
}

TEST_F(UserHomeTest, WhoNeverLoggedInIsNotRemembered) {
    // An attach that came to nothing leaves nothing in the directory.
    home.handle(AttachUser{connection(1, 4), user(9)});
    home.handle(DetachUser{user(9)}, 1);
    EXPECT_EQ(directory.entries(), 0u);
}

}  // namespace
}  // namespace stentor::chat
