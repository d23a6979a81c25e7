// Rooms and their events as SQL, of the connection that writes, inside its transactions. What the
// statements are; when they are made, sqlite_log.h decides.
// Thread: as the connection.
// Invariant: a message's row is its present state; its past states stand in no row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/envelope.h"
#include "chat/log/room_log.h"
#include "chat/log/sqlite_connection.h"

namespace stentor::chat {

// What a room is when it is opened.
struct StoredRoom {
    std::int64_t room = 0;  // 0: there was never an event, and it has no row
    std::string epoch;      // the room's own half
    std::uint64_t head = 0;
    std::uint64_t first = 0;  // 0: no event is kept
    std::int64_t last_at_ms = 0;
};

class SqliteEvents {
public:
    SqliteResult<> prepare(SqliteConnection& connection);

    // As it is.
    SqliteResult<StoredRoom> find_room(std::string_view name);
    // A room's row; gives its number.
    SqliteResult<std::int64_t> add_room(std::string_view name, std::string_view epoch,
                                        std::int64_t now_ms);
    SqliteResult<> set_epoch(std::int64_t room, std::string_view epoch);

    // An event under publish.seq and at_ms.
    SqliteResult<> add(std::int64_t room, const Publish& publish, std::uint64_t hash);

    struct Message {
        UserId author;
        bool deleted;
    };
    // Nothing: no event, or one that is no message.
    SqliteResult<std::optional<Message>> find_message(std::int64_t room, std::uint64_t seq);
    // What publish says of its target.
    SqliteResult<> edit_target(std::int64_t room, const Publish& publish);
    SqliteResult<> erase_target(std::int64_t room, const Publish& publish);
    SqliteResult<> react(std::int64_t room, const Publish& publish);
    // May this reaction be on the message, or is it already?
    SqliteResult<bool> has_room_for_reaction(std::int64_t room, const Publish& publish);

    // A room without events, and all that is known of it.
    SqliteResult<> remove_room(std::int64_t room);
    // Removes events from the oldest on, up to `last`.
    SqliteResult<> trim(std::int64_t room, std::uint64_t last, std::uint64_t head,
                        std::int64_t last_at_ms);

private:
    SqliteConnection* connection_ = nullptr;
    SqliteStatement find_room_;
    SqliteStatement add_room_;
    SqliteStatement newest_;
    SqliteStatement oldest_;
    SqliteStatement set_epoch_;
    SqliteStatement add_;
    SqliteStatement find_message_;
    SqliteStatement edit_;
    SqliteStatement erase_message_;
    SqliteStatement erase_edits_;
    SqliteStatement erase_reactions_;
    SqliteStatement add_reaction_;
    SqliteStatement remove_reaction_;
    SqliteStatement count_reactions_;
    SqliteStatement remove_room_;
    SqliteStatement remove_positions_;
    SqliteStatement keep_head_;
    SqliteStatement trim_events_;
    SqliteStatement trim_reactions_;
};

}  // namespace stentor::chat
