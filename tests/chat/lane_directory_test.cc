// Users and positions on their way to the store's threads.
#include "chat/lane_directory.h"

#include <gtest/gtest.h>

#include "chat/names.h"
#include "tests/chat/support/home_fixture.h"

namespace stentor::chat {
namespace {

class LaneDirectoryTest : public testing::Test, public HomeFixture {
protected:
    static constexpr std::uint32_t kWriter = 1;
    static constexpr std::uint32_t kReader = 2;

    // The only envelope for a thread of the store, which is a T.
    template <typename T>
    T only_pushed(std::uint32_t participant) {
        context.port.publish();
        std::vector<Envelope> pushed;
        queue.port(participant)
            .drain(
                Context::rank(Rank::kAppend), 100, [] { return true; },
                [&](std::uint32_t, Envelope&& one) { pushed.push_back(std::move(one)); });
        EXPECT_EQ(pushed.size(), 1u);
        return std::move(std::get<T>(pushed.at(0)));
    }

    LaneDirectory directory{context.port, {.writer = kWriter, .reader = kReader}};
};

TEST_F(LaneDirectoryTest, NotesGoToTheThreadThatWrites) {
    // With the skeleton by which names clash; direct rooms it knows by their events.
    directory.note_user(user(9), "ann", true);
    const auto noted = only_pushed<Box<NoteUser>>(kWriter);
    EXPECT_EQ(noted->user, user(9));
    EXPECT_EQ(noted->name, "ann");
    EXPECT_EQ(noted->skeleton, name_skeleton("ann"));
    EXPECT_TRUE(noted->connected);
    directory.note_direct(user(9), "dm.x", "e");
    directory.note_position(user(9), "lobby", {"e", 7});
    const auto position = only_pushed<Box<NotePosition>>(kWriter);
    EXPECT_EQ(position->room, "lobby");
    EXPECT_EQ(position->seq, 7u);
}

TEST_F(LaneDirectoryTest, QuestionsGoToTheThreadThatReads) {
    // As they were asked, so that it can answer the connection.
    directory.find_user({connection(0, 5), user(9)});
    EXPECT_EQ(only_pushed<FindUser>(kReader).user, user(9));
    directory.list_rooms({connection(0, 5), user(9)});
    EXPECT_EQ(only_pushed<ListRooms>(kReader).connection, connection(0, 5));
}

}  // namespace
}  // namespace stentor::chat
