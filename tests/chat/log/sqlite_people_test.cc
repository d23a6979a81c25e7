// Users, read positions and lists of rooms.
#include "chat/log/sqlite_people.h"

#include "chat/direct_room.h"
#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

constexpr UserId kAnn{1};
constexpr UserId kBob{2};

class SqlitePeopleTest : public StoreTest {
protected:
    void note(UserId user, const std::string& name, bool connected) {
        process().apply_one(
            std::make_unique<NoteUser>(NoteUser{user, name, name + "-skeleton", connected}));
    }
    void read_up_to(UserId user, const std::string& room, std::uint64_t seq) {
        process().apply_one(std::make_unique<NotePosition>(NotePosition{user, room, seq}));
    }
    std::vector<RoomLine> rooms_of(UserId user) {
        const RoomsListed listed = process().reader().list({{}, user});
        EXPECT_FALSE(listed.failed);
        return listed.rooms;
    }
};

TEST_F(SqlitePeopleTest, ADirectRoomStandsInTheListsOfBoth) {
    // From its first message on, with the name of the other one, unread for the receiver alone.
    const std::string room = DirectRoom::of(kAnn, kBob).to_string();
    const std::string epoch = start().open(kKey, room).epoch;
    note(kAnn, "ann", true);
    note(kBob, "bob", true);
    process().stored(kKey, {.user = kAnn.value});
    const auto of_bob = rooms_of(kBob);
    ASSERT_EQ(of_bob.size(), 1u);
    EXPECT_EQ(of_bob[0].room, room);
    EXPECT_EQ(of_bob[0].epoch, epoch);
    EXPECT_EQ(of_bob[0].with, "ann");
    EXPECT_EQ(of_bob[0].unread, 1u);
    ASSERT_EQ(rooms_of(kAnn).size(), 1u);
    EXPECT_EQ(rooms_of(kAnn)[0].unread, 0u);
    EXPECT_EQ(process().reader().find({{}, kBob}).user, kBob);
    EXPECT_FALSE(process().reader().find({{}, UserId{77}}).user);
}

TEST_F(SqlitePeopleTest, AReadPositionNeverGoesBack) {
    // Not by an older one, and not by a restart; a room that is not there has none.
    start().open(kKey, "lobby");
    for (int i = 0; i < 5; ++i) process().stored(kKey, {.user = kBob.value});
    process().stored(kKey, {.user = kAnn.value});
    read_up_to(kAnn, "lobby", 3);
    read_up_to(kAnn, "lobby", 2);
    read_up_to(kAnn, "nowhere", 2);
    start();
    const auto rooms = rooms_of(kAnn);
    ASSERT_EQ(rooms.size(), 1u);
    EXPECT_EQ(rooms[0].read, 3u);
    EXPECT_EQ(rooms[0].seq, 6u);
    EXPECT_EQ(rooms[0].unread, 2u);
}

TEST_F(SqlitePeopleTest, NamesAreHeldOverARestartAndNotForLonger) {
    // Who was connected is held for all of --name-hold from the start on; who had left, for what is
    // left of it.
    config.name_hold = std::chrono::minutes{10};
    start();
    note(kAnn, "ann", true);
    note(kBob, "bob", false);
    clock.advance(std::chrono::minutes{4});
    const auto& held = start().log().held_names();
    ASSERT_EQ(held.size(), 2u);
    const HeldName& of_ann = held[held[0].user == kAnn ? 0 : 1];
    const HeldName& of_bob = held[held[0].user == kAnn ? 1 : 0];
    EXPECT_EQ(of_ann.left, std::chrono::minutes{10});
    EXPECT_EQ(of_bob.user, kBob);
    EXPECT_EQ(of_bob.skeleton, "bob-skeleton");
    EXPECT_EQ(of_bob.left, std::chrono::minutes{6});
    clock.advance(std::chrono::minutes{20});
    EXPECT_TRUE(start().log().held_names().empty());
}

}  // namespace
}  // namespace stentor::chat
