// Users and positions as SQL.
// Thread: as the connection.
// Invariant: see sqlite_people.h.
#include "chat/log/sqlite_people.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "chat/direct_room.h"
#include "chat/limits.h"
#include "chat/log/sqlite_meta.h"

namespace stentor::chat {
namespace {

constexpr int kHeldNamesReadMax = 100'000;

}  // namespace

SqliteResult<> SqlitePeopleWriter::prepare(SqliteConnection& connection) {
    connection_ = &connection;
    return connection.prepare({
        {note_user_,
         "INSERT INTO users VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
         " SET name = ?2, skeleton = ?3, seen_at = ?4, connected = ?5"},
        {move_position_,
         "UPDATE positions SET seq = max(seq, ?3), at = max(at, ?4)"
         " WHERE user = ?1 AND room = (SELECT room FROM rooms WHERE name = ?2)"},
        {add_position_,
         "INSERT INTO positions SELECT ?1, room, ?3, ?4, 0 FROM rooms WHERE name = ?2"},
        {prune_positions_,
         "DELETE FROM positions WHERE user = ?1 AND room IN (SELECT room FROM positions"
         " WHERE user = ?1 AND direct = 0 ORDER BY at DESC LIMIT -1 OFFSET ?2)"},
        {note_direct_,
         "INSERT INTO positions VALUES (?1, ?2, 0, ?3, 1)"
         " ON CONFLICT DO UPDATE SET at = ?3, direct = 1"},
    });
}

SqliteResult<> SqlitePeopleWriter::note_user(const NoteUser& note, std::int64_t now_ms) {
    return note_user_.run(note.user, note.name, note.skeleton, now_ms, note.connected);
}

SqliteResult<> SqlitePeopleWriter::note_position(const NotePosition& note, std::int64_t now_ms) {
    auto done = move_position_.run(note.user, note.room, note.seq, now_ms);
    if (!done || connection_->changes() > 0) return done;
    done = add_position_.run(note.user, note.room, note.seq, now_ms);
    if (!done || connection_->changes() == 0) return done;
    return prune_positions_.run(note.user, kRoomsListedMax);
}

SqliteResult<> SqlitePeopleWriter::note_direct(std::int64_t room, UserId user,
                                               std::int64_t now_ms) {
    return note_direct_.run(user, room, now_ms);
}

SqliteResult<std::vector<HeldName>> SqlitePeopleWriter::held_names(std::int64_t now_ms,
                                                                   core::Duration hold) {
    const std::int64_t hold_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(hold).count();
    SqliteStatement leave;
    SqliteStatement held;
    auto done = connection_->prepare(
        {{leave, "UPDATE users SET connected = 0, seen_at = ? WHERE connected = 1"},
         {held,
          "SELECT user, skeleton, seen_at FROM users WHERE seen_at > ?"
          " ORDER BY seen_at DESC LIMIT ?"}});
    if (done) done = connection_->transaction([&] { return leave.run(now_ms); });
    if (!done) return std::unexpected(std::move(done.error()));
    std::vector<HeldName> names;
    auto rows = held.rows(now_ms - hold_ms, kHeldNamesReadMax);
    for (;;) {
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        // A clock that was set back does not hold a name for longer.
        const std::int64_t left = std::min(hold_ms, rows.integer(2) + hold_ms - now_ms);
        names.push_back({rows.user(0), std::string(rows.text(1)), std::chrono::milliseconds{left}});
    }
    // The newest were read, but whose time is over first comes first.
    std::ranges::reverse(names);
    return names;
}

// ---- the reader's

SqliteResult<> SqlitePeopleReader::prepare(SqliteConnection& connection) {
    return connection.prepare({
        {is_known_,
         "SELECT EXISTS (SELECT 1 FROM users WHERE user = ?1)"
         " OR EXISTS (SELECT 1 FROM positions WHERE user = ?1 AND direct = 1)"},
        {rooms_,
         "SELECT r.room, r.name, r.epoch, p.seq, max(r.head,"
         " coalesce((SELECT max(seq) FROM events e WHERE e.room = r.room), 0))"
         " FROM positions p JOIN rooms r ON r.room = p.room"
         " WHERE p.user = ? ORDER BY p.at DESC LIMIT ?"},
        {unread_,
         "SELECT count(*), coalesce(sum(kind = 0 AND user <> ?3), 0) FROM"
         " (SELECT kind, user FROM events WHERE room = ?1 AND seq > ?2 LIMIT ?4)"},
        {name_, "SELECT name FROM users WHERE user = ?"},
    });
}

SqliteResult<bool> SqlitePeopleReader::is_known(UserId user) {
    auto rows = is_known_.rows(user);
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    return *found && rows.integer(0) != 0;
}

SqliteResult<std::vector<RoomLine>> SqlitePeopleReader::rooms_of(UserId user) {
    std::vector<RoomLine> lines;
    std::int64_t rows_left = kUnreadRowsMax;
    auto rows = rooms_.rows(user, kRoomsListedMax);
    for (;;) {
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return lines;
        RoomLine line{.room = std::string(rows.text(1)),
                      .epoch = visible_epoch(epoch_key_, rows.text(2)),
                      .seq = rows.number(4),
                      .read = rows.number(3)};
        const auto unread_events = unread(rows.integer(0), line, user, rows_left);
        if (!unread_events) return std::unexpected(unread_events.error());
        line.unread = *unread_events;
        if (const auto direct = DirectRoom::parse(line.room)) {
            auto name = name_of(direct->other(user));
            if (!name) return std::unexpected(std::move(name.error()));
            line.with = std::move(*name);
        }
        lines.push_back(std::move(line));
    }
}

// Exact up to a bound of rows for each room and for the whole list; beyond it every event counts,
// so that a list costs what a list may cost.
SqliteResult<std::uint64_t> SqlitePeopleReader::unread(std::int64_t room, const RoomLine& line,
                                                       UserId user, std::int64_t& rows_left) {
    constexpr auto kMax = static_cast<std::int64_t>(kUnreadMax);
    if (line.read >= line.seq) return 0u;
    const auto behind = static_cast<std::int64_t>(line.seq - line.read);
    if (rows_left <= 0) return static_cast<std::uint64_t>(std::min(behind, kMax));
    const std::int64_t looked_through_max = std::min(rows_left, 2 * kMax);
    auto rows = unread_.rows(room, line.read, user, looked_through_max);
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    const std::int64_t looked_through = rows.integer(0);
    rows_left -= looked_through;
    const std::int64_t beyond = looked_through == looked_through_max ? behind - looked_through : 0;
    return static_cast<std::uint64_t>(
        std::min(rows.integer(1) + std::max<std::int64_t>(beyond, 0), kMax));
}

SqliteResult<std::string> SqlitePeopleReader::name_of(UserId user) {
    auto rows = name_.rows(user);
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    return std::string(*found ? rows.text(0) : std::string_view());
}

}  // namespace stentor::chat
