// What the store knows of users: names, rooms in which they have read or are spoken with. Reads and
// writes, each from its own connection.
// Thread: as the connection.
// Invariant: a read position never goes back; a user has one name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chat/envelope.h"
#include "chat/held_name.h"
#include "chat/log/sqlite_connection.h"
#include "core/hash.h"
#include "core/instant.h"

namespace stentor::chat {

inline constexpr int kRoomsListedMax = 1000;  // newest first; also read positions kept of a user
// Rows that one list of rooms may look through to count what is unread.
inline constexpr std::int64_t kUnreadRowsMax = 200'000;

// Of the connection that writes, inside its transactions.
class SqlitePeopleWriter {
public:
    SqliteResult<> prepare(SqliteConnection& connection);

    SqliteResult<> note_user(const NoteUser& note, std::int64_t now_ms);
    // Of a room that is not there: nothing.
    SqliteResult<> note_position(const NotePosition& note, std::int64_t now_ms);
    // Both users of a direct room find it in their lists from now on.
    SqliteResult<> note_direct(std::int64_t room, UserId user, std::int64_t now_ms);

    // At start: who was connected when the process ended is absent since now. Names that are held
    // at `now_ms`.
    SqliteResult<std::vector<HeldName>> held_names(std::int64_t now_ms, core::Duration hold);

private:
    SqliteConnection* connection_ = nullptr;
    SqliteStatement note_user_;
    SqliteStatement move_position_;
    SqliteStatement add_position_;
    SqliteStatement prune_positions_;
    SqliteStatement note_direct_;
};

class SqlitePeopleReader {
public:
    SqliteResult<> prepare(SqliteConnection& connection);
    void set_epoch_key(core::HashKey key) { epoch_key_ = key; }

    SqliteResult<bool> is_known(UserId user);
    SqliteResult<std::vector<RoomLine>> rooms_of(UserId user);

private:
    SqliteResult<std::uint64_t> unread(std::int64_t room, const RoomLine& line, UserId user,
                                       std::int64_t& rows_left);
    SqliteResult<std::string> name_of(UserId user);

    core::HashKey epoch_key_;
    SqliteStatement is_known_;
    SqliteStatement rooms_;
    SqliteStatement unread_;
    SqliteStatement name_;
};

}  // namespace stentor::chat
