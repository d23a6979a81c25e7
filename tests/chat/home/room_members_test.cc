// Members of a room by user, by session and in pages, small rooms and large ones.
#include "chat/home/room_members.h"

#include <gtest/gtest.h>

#include <map>

#include "chat/random.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

constexpr auto session = HomeFixture::connection;
constexpr auto user = HomeFixture::user;

std::vector<std::uint64_t> ids(const MembersPage& page) {
    std::vector<std::uint64_t> all;
    for (const MemberName& member : page.members) all.push_back(member.user.value);
    return all;
}

TEST(RoomMembers, PagesAreInTheOrderOfUserIdsHoweverManyThereAre) {
    // Each member stands on exactly one page, and `more` says when another follows.
    for (const std::uint64_t size : {1u, 10u, 32u, 33u, 200u}) {
        RoomMembers members;
        for (std::uint64_t i = 0; i < size; ++i) members.add(user(1 + i * 7919 % size));
        std::uint64_t next = 1;
        MembersPage page;
        do {
            page = members.page(user(next - 1), 9);
            EXPECT_EQ(page.count, size);
            for (const std::uint64_t id : ids(page)) EXPECT_EQ(id, next++);
        } while (page.more);
        EXPECT_EQ(next, size + 1);
    }
}

TEST(RoomMembers, AUserIsFoundByEachOfItsSessions) {
    // Until that session is gone, whichever goes first.
    RoomMembers members;
    auto& ann = members.add(user(1));
    EXPECT_FALSE(ann.has_sessions());
    for (std::uint32_t i = 1; i <= 3; ++i) EXPECT_TRUE(members.add_session(ann, session(1, i)));
    EXPECT_FALSE(members.add_session(ann, session(1, 2)));
    members.remove_session(ann, session(1, 1));
    EXPECT_EQ(members.find(session(1, 1)), nullptr);
    EXPECT_EQ(members.find(session(1, 2)), &ann);
    EXPECT_TRUE(members.add_session(ann, session(2, 1)));
    EXPECT_EQ(members.find(session(2, 1)), &ann);
    for (const auto id : {session(1, 3), session(2, 1), session(1, 2)}) {
        EXPECT_TRUE(ann.has_sessions());
        members.remove_session(ann, id);
    }
    EXPECT_FALSE(ann.has_sessions());
    EXPECT_EQ(members.sessions(), 0u);
}

TEST(RoomMembers, AnyHistoryOfComingAndGoingFindsWhoIsThere) {
    // Compared with a plain table, across the size from which on there are tables.
    RoomMembers members;
    std::map<std::uint64_t, std::map<std::uint32_t, ConnectionId>> truth;
    SeededRandom random{11};
    std::uint32_t sessions = 0;
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t id = 1 + random.next() % 60;
        const bool grows = (step / 2'000) % 2 == 0;
        if (random.next() % 4 < (grows ? 3u : 1u)) {
            auto* member = members.find(user(id));
            EXPECT_EQ(member != nullptr, truth.contains(id));
            if (member == nullptr) member = &members.add(user(id));
            const ConnectionId connection = session(1, ++sessions);
            EXPECT_TRUE(members.add_session(*member, connection));
            truth[id][sessions] = connection;
        } else if (const auto at = truth.find(id); at != truth.end()) {
            const auto [slot, connection] = *at->second.begin();
            auto* member = members.find(connection);
            ASSERT_NE(member, nullptr);
            EXPECT_EQ(member->user, user(id));
            members.remove_session(*member, connection);
            EXPECT_EQ(members.find(connection), nullptr);
            at->second.erase(slot);
            EXPECT_EQ(member->has_sessions(), !at->second.empty());
            if (at->second.empty()) {
                members.remove(user(id));
                truth.erase(at);
            }
        }
        EXPECT_EQ(members.size(), truth.size());
    }
    for (const auto& [id, connections] : truth) {
        for (const auto& [slot, connection] : connections) {
            EXPECT_EQ(members.find(connection), members.find(user(id)));
        }
    }
}

}  // namespace
}  // namespace stentor::chat
