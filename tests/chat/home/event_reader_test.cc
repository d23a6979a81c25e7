// Events read back from their JSON.
#include "chat/home/event_reader.h"

#include <gtest/gtest.h>

#include <array>

namespace stentor::chat {
namespace {

TEST(EventReader, WhatWasReadAndIsWrittenAgainIsTheSameText) {
    // Each kind, in each state, whatever stands in its strings.
    const std::array<std::string_view, 2> names{"ann", "b\u2028\"b"};
    const std::array reactions{ReactionView{"\U0001F44D", names},
                               ReactionView{"\\", std::span(names).first(1)}};
    const MessageView message{.room = "lobby",
                              .seq = (std::uint64_t{1} << 53U) - 1,
                              .at_ms = 1'795'226'688'893,
                              .user = UserId{0x39f9308f8bb3afd2},
                              .from = "ann",
                              .content = "tab\t\"quoted\" \\ \u2029 \x01 end",
                              .client_id = "m\"1",
                              .reply_to = 7};
    MessageView bare = message;
    bare.client_id = {};
    bare.reply_to = 0;
    const EventView rows[] = {
        {.message = message},
        {.message = bare},
        {.message = message, .edited_at_ms = 5, .reactions = reactions},
        {.message = message, .edited_at_ms = 5, .deleted = true},
        {.kind = EventKind::kEdited, .message = bare, .target = 9},
        {.kind = EventKind::kEdited, .message = bare, .target = 9, .deleted = true},
        {.kind = EventKind::kDeleted, .message = bare, .target = 9},
        {.kind = EventKind::kReacted, .message = bare, .target = 9, .on = true},
        {.kind = EventKind::kReacted, .message = bare, .target = 9, .on = false}};
    EventReader reader;
    for (const EventView& row : rows) {
        std::string written;
        append_event(written, row);
        std::string again;
        append_event(again, reader.read(written));
        EXPECT_EQ(again, written);
    }
}

}  // namespace
}  // namespace stentor::chat
