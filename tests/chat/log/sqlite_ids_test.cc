// Client ids in memory and in segments.
#include "chat/log/sqlite_ids.h"

#include <array>
#include <map>

#include "chat/log/sqlite_events.h"
#include "chat/log/sqlite_setup.h"
#include "tests/chat/log/store_fixture.h"

namespace stentor::chat {
namespace {

class SqliteIdsTest : public testing::Test {
protected:
    struct Room {
        std::int64_t room = 0;
        std::uint64_t first = 0;
        std::uint64_t head = 0;
        SqliteIds::Room known{};
        std::map<std::string, std::uint64_t> ids{};  // each with its seq
    };
    void SetUp() override {
        connection = std::move(
            *SqliteConnection::open(folder.file(), SqliteConnection::Access::kReadWrite, nullptr));
        ASSERT_TRUE(set_up(connection).has_value());
        ASSERT_TRUE(events.prepare(connection).has_value());
        prepare(SqliteIds::kBytesMax);
    }
    void TearDown() override {
        for (Room& room : rooms) ids.forget(room.known);
        EXPECT_EQ(ids.bytes(), 0u);
    }
    void prepare(std::size_t bytes_max) {
        ASSERT_TRUE(ids.prepare(connection, {1, 2}, bytes_max).has_value());
    }
    SqliteIds::Place place_of(Room& room) { return {room.known, room.room, room.first, room.head}; }
    static Publish publish_of(const std::string& id) {
        Publish publish;
        publish.user = UserId{7};
        publish.name = "ann";
        publish.command_id = id;
        return publish;
    }
    // The seq under which the id is known; 0: it is not.
    std::uint64_t find(Room& room, const std::string& id) {
        const auto known = ids.find(place_of(room), publish_of(id));
        EXPECT_TRUE(known.has_value()) << known.error().what;
        return known && *known ? (*known)->seq : 0;
    }
    void add(Room& room, const std::string& id) {
        Publish publish = publish_of(id);
        publish.seq = ++room.head;
        ASSERT_TRUE(events.add(room.room, publish, 0).has_value());
        if (room.first == 0) room.first = 1;
        const auto added = ids.added(place_of(room), publish);
        ASSERT_TRUE(added.has_value()) << added.error().what;
        if (!id.empty()) room.ids[id] = room.head;
    }
    void add_many(Room& room, std::uint64_t count) {
        ASSERT_TRUE(connection.execute("BEGIN").has_value());
        for (std::uint64_t i = 0; i < count; ++i) add(room, "m" + std::to_string(room.head + 1));
        ASSERT_TRUE(connection.execute("COMMIT").has_value());
    }
    void trim(Room& room, std::uint64_t last) {
        ASSERT_TRUE(events.trim(room.room, last, room.head, 0).has_value());
        ASSERT_TRUE(ids.trim(room.room, last).has_value());
        ids.trimmed(room.known, last);
        room.first = last + 1;
    }
    void expect_all_known(Room& room) {
        for (const auto& [id, seq] : room.ids) {
            ASSERT_EQ(find(room, id), seq < room.first ? 0 : seq) << id;
        }
        EXPECT_EQ(find(room, "never"), 0u);
    }
    std::int64_t segments() { return *connection.integer("SELECT count(DISTINCT last) FROM ids"); }

    StoreFolder folder;
    SqliteConnection connection;
    SqliteEvents events;
    SqliteIds ids;
    std::array<Room, 3> rooms{Room{1}, Room{2}, Room{3}};
};

TEST_F(SqliteIdsTest, AnIdIsKnownThroughAllSegmentsAndAnewFromTheFile) {
    // In memory, in segments of two sizes, and by a process that knows nothing yet.
    add_many(rooms[0], 11 * SqliteIds::kSegmentEvents + 100);
    EXPECT_EQ(segments(), 4) << "one of eight, and three";
    expect_all_known(rooms[0]);
    ids.forget(rooms[0].known);
    expect_all_known(rooms[0]);
    EXPECT_EQ(find(rooms[0], "of nobody"), 0u) << "filters have been read by now";
}

TEST_F(SqliteIdsTest, ARoomIsTakenUpAgainWithoutReadingItsIds) {
    // What weighs is what was written or asked for since.
    add_many(rooms[0], 64 * SqliteIds::kSegmentEvents);
    const std::size_t with_filters = ids.bytes();
    ids.forget(rooms[0].known);
    EXPECT_EQ(find(rooms[0], "m1"), 1u);
    EXPECT_LT(ids.bytes(), with_filters / 4);
}

TEST_F(SqliteIdsTest, AnEventWithoutAnIdIsNobodys) {
    // Nor does a room without any ids keep looking through its events for some.
    ASSERT_TRUE(connection.execute("BEGIN").has_value());
    for (std::uint64_t i = 0; i < 2 * SqliteIds::kSegmentEvents; ++i) add(rooms[0], "");
    ASSERT_TRUE(connection.execute("COMMIT").has_value());
    EXPECT_EQ(find(rooms[0], "m1"), 0u);
    EXPECT_EQ(segments(), 2);
}

TEST_F(SqliteIdsTest, WhatRetentionTookIsKnownNoMoreAndMayBeUsedAgain) {
    // Segments go with their events, and an id is then that of its new event.
    add_many(rooms[0], 3 * SqliteIds::kSegmentEvents + 10);
    trim(rooms[0], SqliteIds::kSegmentEvents + 5);
    EXPECT_EQ(segments(), 2);
    expect_all_known(rooms[0]);
    add(rooms[0], "m1");
    expect_all_known(rooms[0]);
    trim(rooms[0], 3 * SqliteIds::kSegmentEvents + 5);  // into what is in memory
    add(rooms[0], "m" + std::to_string(3 * SqliteIds::kSegmentEvents + 1));
    expect_all_known(rooms[0]);
    ids.forget(rooms[0].known);
    expect_all_known(rooms[0]);
}

TEST_F(SqliteIdsTest, RoomsThatWeighTooMuchAreReadAgainWhenTheyAreWanted) {
    // Memory for one of three rooms that are used in turn.
    prepare(15'000);
    for (int round = 0; round < 3; ++round) {
        for (Room& room : rooms) {
            add_many(room, 1000);
            EXPECT_LE(ids.bytes(), 15'000u);
        }
    }
    for (Room& room : rooms) expect_all_known(room);
}

TEST_F(SqliteIdsTest, IdsOfAnOlderFileAreFoundWithoutSegments) {
    // Events that were stored before there were segments get theirs when their room is first used.
    Room& room = rooms[0];
    ASSERT_TRUE(connection.execute("BEGIN").has_value());
    for (std::uint64_t seq = 1; seq <= 2500; ++seq) {
        Publish publish = publish_of("old" + std::to_string(seq));
        publish.seq = room.ids[publish.command_id] = seq;
        ASSERT_TRUE(events.add(room.room, publish, 0).has_value());
    }
    room.first = 1;
    room.head = 2500;
    expect_all_known(room);
    ASSERT_TRUE(connection.execute("COMMIT").has_value());
    EXPECT_EQ(segments(), 2);
}

}  // namespace
}  // namespace stentor::chat
