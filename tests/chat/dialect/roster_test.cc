// The list of names: pages and presence put together.
#include "chat/dialect/roster.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stentor::chat {
namespace {

using Names = std::vector<std::string>;

MembersPage page(std::uint64_t version, std::uint64_t first, std::uint64_t last, bool more) {
    MembersPage made{.version = version, .count = 0, .more = more, .members = {}};
    for (std::uint64_t user = first; user <= last; ++user) {
        made.members.push_back({UserId{user}, "u" + std::to_string(user)});
    }
    return made;
}

RoomFrame presence(std::uint64_t version, std::vector<RoomFrame::Named> joined,
                   std::vector<UserId> left) {
    RoomFrame frame;
    frame.kind = RoomFrame::Kind::kPresence;
    frame.version = version;
    frame.joined = std::move(joined);
    frame.left = std::move(left);
    return frame;
}

Names listed(const Roster& roster) {
    Names names;
    roster.for_each_listed([&](std::string_view name) { names.emplace_back(name); });
    return names;
}

TEST(Roster, PresenceMovesTheListOn) {
    // Who left is told by the name that only the list knows; a renaming is both.
    Roster roster;
    roster.begin(page(4, 1, 2, false));
    const auto news =
        roster.apply(presence(5, {{UserId{3}, "eve"}, {UserId{2}, "bob"}}, {UserId{1}}));
    EXPECT_EQ(news.left, (Names{"u1", "u2"}));
    EXPECT_EQ(news.joined, (Names{"eve", "bob"}));
    EXPECT_EQ(listed(roster), (Names{"bob", "eve"}));
    EXPECT_FALSE(roster.wanted_page());
}

TEST(Roster, AJumpOfTheVersionWantsThePagesAnew) {
    // And what the presence says is told all the same.
    Roster roster;
    roster.begin(page(4, 1, 2, false));
    EXPECT_EQ(roster.apply(presence(6, {{UserId{9}, "eve"}}, {})).joined, Names{"eve"});
    EXPECT_EQ(roster.wanted_page(), UserId{});
    roster.begin(page(6, 5, 6, false));
    EXPECT_EQ(listed(roster), (Names{"u5", "u6"}));
    EXPECT_FALSE(roster.wanted_page());
}

TEST(Roster, PagesAreWantedUntilTheListIsFull) {
    // At most 200 names are listed, however many there are.
    Roster roster;
    roster.begin(page(1, 1, 100, true));
    EXPECT_EQ(roster.wanted_page(), UserId{100});
    roster.go_on(page(1, 101, 200, true));
    EXPECT_FALSE(roster.wanted_page());
    for (std::uint64_t user = 201; user < 2000; ++user) {
        roster.apply(presence(user - 199, {{UserId{user}, "more"}}, {}));
    }
    EXPECT_EQ(listed(roster).size(), Roster::kListedMax);
    EXPECT_TRUE(roster.apply(presence(1801, {}, {UserId{1999}})).left.empty());
}

}  // namespace
}  // namespace stentor::chat
