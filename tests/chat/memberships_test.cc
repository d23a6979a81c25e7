// The rooms of one connection, none, one or many.
#include "chat/memberships.h"

#include <gtest/gtest.h>

namespace stentor::chat {
namespace {

Membership of_room(std::uint32_t room) {
    return {room, room, Membership::State::kJoining, 0, 0};
}
std::vector<std::uint32_t> rooms_of(Memberships& memberships) {
    std::vector<std::uint32_t> rooms;
    for (const Membership& one : memberships) {
        rooms.push_back(one.room);
    }
    return rooms;
}

TEST(Memberships, WhatWasAddedIsThereUntilItIsTakenAway) {
    // From none to many and back, in the order in which they came.
    Memberships memberships;
    EXPECT_TRUE(memberships.empty());
    EXPECT_EQ(memberships.begin(), memberships.end());
    for (std::uint32_t room = 1; room <= 5; ++room) {
        EXPECT_EQ(memberships.emplace_back(of_room(room)).room, room);
        EXPECT_EQ(memberships.size(), room);
        EXPECT_EQ(memberships.back().room, room);
    }
    EXPECT_EQ(rooms_of(memberships), (std::vector<std::uint32_t>{1, 2, 3, 4, 5}));
    for (std::uint32_t left = 5; left > 0; --left) {
        EXPECT_EQ(memberships[left - 1].room, left);
        memberships.pop_back();
        EXPECT_EQ(memberships.size(), left - 1);
    }
    EXPECT_TRUE(memberships.empty());
    memberships.emplace_back(of_room(9));
    EXPECT_EQ(rooms_of(memberships), std::vector<std::uint32_t>{9});
}

}  // namespace
}  // namespace stentor::chat
