// Users, positions and direct rooms where the shards themselves keep them.
#include "chat/memory_directory.h"

#include <gtest/gtest.h>

#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

class MemoryDirectoryTest : public testing::Test, public HomeFixture {
protected:
    std::vector<RoomLine> rooms_of(UserId who) {
        directory.list_rooms({connection(2, 1), who});
        auto listed = only_told<Box<RoomsListed>>(2);
        EXPECT_FALSE(listed->failed);
        return std::move(listed->rooms);
    }

    MemoryDirectory directory{context, 6};
};

TEST_F(MemoryDirectoryTest, WhatARoomsHomeNotesIsToldToTheUsersHome) {
    // By one tell, to the shard that the user is at home on.
    directory.note_position(user(9), "lobby", {"e", 7});
    const auto noted = only_told<Box<PositionNoted>>(context.home_of(user(9)));
    EXPECT_EQ(noted->user, user(9));
    EXPECT_EQ(noted->room, "lobby");
    EXPECT_EQ(noted->epoch, "e");
    EXPECT_EQ(noted->seq, 7u);
    directory.note_direct(user(9), "dm.x", "e");
    EXPECT_EQ(only_told<Box<PositionNoted>>(context.home_of(user(9)))->seq, 0u);
}

TEST_F(MemoryDirectoryTest, APositionNeverGoesBack) {
    // Nor does a direct room that has a position lose it to a new event.
    directory.handle(PositionNoted{user(9), "lobby", "e", 7});
    directory.handle(PositionNoted{user(9), "lobby", "e", 5});
    directory.handle(PositionNoted{user(9), "lobby", "e", 0});
    const auto rooms = rooms_of(user(9));
    ASSERT_EQ(rooms.size(), 1u);
    EXPECT_EQ(rooms[0].room, "lobby");
    EXPECT_EQ(rooms[0].read, 7u);
    EXPECT_TRUE(rooms_of(user(8)).empty());
}

TEST_F(MemoryDirectoryTest, ARoomThatBeginsAnewIsReadFromItsBeginning) {
    // How far its user had read of the room before says nothing of it.
    directory.handle(PositionNoted{user(9), "lobby", "e", 7});
    directory.handle(PositionNoted{user(9), "lobby", "f", 2});
    const auto rooms = rooms_of(user(9));
    ASSERT_EQ(rooms.size(), 1u);
    EXPECT_EQ(rooms[0].epoch, "f");
    EXPECT_EQ(rooms[0].read, 2u);
}

TEST_F(MemoryDirectoryTest, WhoWasHeardOfLongestAgoIsForgottenFirst) {
    // Users and their rooms count together; the one at hand stays.
    directory.note_user(user(1), "ann", false);
    for (const char* room : {"a", "b", "c"}) {
        directory.handle(PositionNoted{user(2), room, "e", 1});
    }
    EXPECT_EQ(directory.entries(), 5u);
    directory.note_user(user(1), "ann", false);
    directory.handle(PositionNoted{user(3), "a", "e", 1});
    EXPECT_TRUE(rooms_of(user(2)).empty());
    EXPECT_EQ(rooms_of(user(3)).size(), 1u);
    EXPECT_EQ(directory.entries(), 3u);
    directory.find_user({connection(1, 1), user(1)});
    EXPECT_EQ(only_told<UserFound>(1).user, user(1));
    directory.find_user({connection(1, 1), user(2)});
    EXPECT_EQ(only_told<UserFound>(1).user, UserId{});
}

TEST_F(MemoryDirectoryTest, AUserHasAThousandRoomsAtMost) {
    // The one that was read or written in longest ago goes.
    MemoryDirectory large(context);
    for (std::size_t i = 0; i < MemoryDirectory::kRoomsPerUserMax; ++i) {
        large.handle(PositionNoted{user(9), "room-" + std::to_string(i), "e", 1});
    }
    large.handle(PositionNoted{user(9), "room-0", "e", 2});
    large.handle(PositionNoted{user(9), "one-more", "e", 1});
    large.list_rooms({connection(2, 1), user(9)});
    const auto listed = only_told<Box<RoomsListed>>(2);
    EXPECT_EQ(listed->rooms.size(), MemoryDirectory::kRoomsPerUserMax);
    EXPECT_EQ(listed->rooms.front().room, "room-2");
    EXPECT_EQ(listed->rooms.back().room, "one-more");
}

}  // namespace
}  // namespace stentor::chat
