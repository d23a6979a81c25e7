// Native frames read back: what other dialects make theirs of.
#include "chat/dialect/room_frame.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "chat/direct_room.h"
#include "chat/protocol/encode.h"

namespace stentor::chat {
namespace {

std::string message(std::string_view room, std::string_view content,
                    EventKind kind = EventKind::kMessage, bool deleted = false) {
    std::string json;
    append_event(json, {.kind = kind,
                        .message = {.room = room,
                                    .seq = 7,
                                    .at_ms = 1,
                                    .user = UserId{5},
                                    .from = "ann",
                                    .content = content,
                                    .client_id = {},
                                    .reply_to = 0},
                        .target = 3,
                        .deleted = deleted});
    return json;
}

TEST(RoomFrame, AMessageSaysWhoAndWhat) {
    // Whatever the text holds.
    RoomFrameReader reader;
    const std::string json = message("lobby", "a \"quoted\" \\ <b>\nGrüße\u2028");
    const RoomFrame& frame = reader.read(json);
    EXPECT_EQ(frame.kind, RoomFrame::Kind::kText);
    EXPECT_EQ(frame.room, "lobby");
    EXPECT_EQ(frame.from, "ann");
    EXPECT_EQ(shown_content(frame), "a \"quoted\" \\ <b>\nGrüße\u2028");
    EXPECT_FALSE(frame.is_private());
}

TEST(RoomFrame, EditsAndPrivateLinesSaySo) {
    // But a text that begins with "@" is marked already; a deleted one is not shown.
    RoomFrameReader reader;
    const std::string room = DirectRoom::of(UserId{1}, UserId{2}).to_string();
    EXPECT_EQ(shown_content(reader.read(message("lobby", "new", EventKind::kEdited))),
              "new (edited)");
    EXPECT_EQ(shown_content(reader.read(message(room, "psst"))), "[private] psst");
    EXPECT_EQ(shown_content(reader.read(message(room, "@bob psst"))), "@bob psst");
    EXPECT_EQ(reader.read(message("lobby", "", EventKind::kEdited, true)).kind,
              RoomFrame::Kind::kOther);
    EXPECT_EQ(reader.read(message("lobby", "+1", EventKind::kReacted)).kind,
              RoomFrame::Kind::kOther);
}

TEST(RoomFrame, PresenceSaysWhoCameAndWhoWent) {
    // With names and ids as they were written.
    std::string json;
    const std::array<MemberView, 2> joined{{{UserId{1}, "ann"}, {UserId{2}, "bob"}}};
    const std::array<UserId, 1> left{UserId{3}};
    append_presence(json, "lobby", 9, 2, joined, left);
    RoomFrameReader reader;
    const RoomFrame& frame = reader.read(json);
    EXPECT_EQ(frame.kind, RoomFrame::Kind::kPresence);
    EXPECT_EQ(frame.version, 9u);
    ASSERT_EQ(frame.joined.size(), 2u);
    EXPECT_EQ(frame.joined[1].name, "bob");
    EXPECT_EQ(frame.joined[1].user, UserId{2});
    EXPECT_EQ(frame.left, std::vector<UserId>{UserId{3}});
}

}  // namespace
}  // namespace stentor::chat
