// Rooms and events as SQL.
// Thread: as the connection.
// Invariant: see sqlite_events.h.
#include "chat/log/sqlite_events.h"

#include <algorithm>
#include <utility>

namespace stentor::chat {

static_assert(static_cast<int>(EventKind::kMessage) == 0, "as statements and files have it");
static_assert(static_cast<int>(EventKind::kEdited) == 1, "as statements and files have it");
static_assert(static_cast<int>(EventKind::kDeleted) == 2, "as files have it");
static_assert(static_cast<int>(EventKind::kReacted) == 3, "as files have it");

SqliteResult<> SqliteEvents::prepare(SqliteConnection& connection) {
    connection_ = &connection;
    return connection.prepare({
        {find_room_, "SELECT room, epoch, head, last_at FROM rooms WHERE name = ?"},
        {add_room_, "INSERT INTO rooms (name, epoch, last_at) VALUES (?, ?, ?)"},
        {newest_, "SELECT seq, at FROM events WHERE room = ? ORDER BY seq DESC LIMIT 1"},
        {oldest_, "SELECT seq FROM events WHERE room = ? ORDER BY seq LIMIT 1"},
        {set_epoch_, "UPDATE rooms SET epoch = ?2 WHERE room = ?1"},
        {add_,
         "INSERT INTO events (room, seq, kind, at, user, name, client_id, hash, target, state,"
         " content) VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?)"},
        {find_message_,
         "SELECT user, content IS NULL FROM events WHERE room = ? AND seq = ? AND kind = 0"},
        {edit_, "UPDATE events SET content = ?3, edited_at = ?4 WHERE room = ?1 AND seq = ?2"},
        {erase_message_, "UPDATE events SET content = NULL WHERE room = ? AND seq = ?"},
        {erase_edits_,
         "UPDATE events SET content = NULL WHERE room = ? AND target = ? AND kind = 1"},
        {erase_reactions_, "DELETE FROM reactions WHERE room = ? AND seq = ?"},
        {add_reaction_, "INSERT INTO reactions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"},
        {remove_reaction_,
         "DELETE FROM reactions WHERE room = ? AND seq = ? AND emoji = ? AND user = ?"},
        {count_reactions_,
         // From each emoji to the next one, however many react with it.
         "WITH RECURSIVE different (emoji) AS ("
         " SELECT min(emoji) FROM reactions WHERE room = ?1 AND seq = ?2 UNION ALL"
         " SELECT (SELECT min(emoji) FROM reactions"
         "  WHERE room = ?1 AND seq = ?2 AND emoji > different.emoji)"
         " FROM different WHERE emoji IS NOT NULL LIMIT 21)"
         "SELECT count(emoji), coalesce(max(emoji = ?3), 0),"
         " (SELECT count(*) FROM reactions WHERE room = ?1 AND seq = ?2),"
         " EXISTS (SELECT 1 FROM reactions"
         "  WHERE room = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4) FROM different"},
        {remove_room_, "DELETE FROM rooms WHERE room = ?"},
        {remove_positions_, "DELETE FROM positions WHERE room = ?"},
        {keep_head_, "UPDATE rooms SET head = ?2, last_at = ?3 WHERE room = ?1"},
        {trim_events_, "DELETE FROM events WHERE room = ? AND seq <= ?"},
        {trim_reactions_, "DELETE FROM reactions WHERE room = ? AND seq <= ?"},
    });
}

SqliteResult<std::int64_t> SqliteEvents::add_room(std::string_view name, std::string_view epoch,
                                                  std::int64_t now_ms) {
    if (auto added = add_room_.run(name, epoch, now_ms); !added) {
        return std::unexpected(std::move(added.error()));
    }
    return connection_->last_row();
}

SqliteResult<StoredRoom> SqliteEvents::find_room(std::string_view name) {
    StoredRoom stored;
    {
        auto rows = find_room_.rows(name);
        const auto found = rows.next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return stored;
        stored = {.room = rows.integer(0),
                  .epoch = std::string(rows.text(1)),
                  .head = rows.number(2),
                  .last_at_ms = rows.integer(3)};
    }
    auto newest = newest_.rows(stored.room);
    const auto found = newest.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return stored;
    stored.head = std::max(stored.head, newest.number(0));
    stored.last_at_ms = std::max(stored.last_at_ms, newest.integer(1));
    auto oldest = oldest_.rows(stored.room);
    const auto found_oldest = oldest.next();
    if (!found_oldest) return std::unexpected(found_oldest.error());
    stored.first = oldest.number(0);
    return stored;
}

SqliteResult<> SqliteEvents::set_epoch(std::int64_t room, std::string_view epoch) {
    return set_epoch_.run(room, epoch);
}

SqliteResult<> SqliteEvents::add(std::int64_t room, const Publish& publish, std::uint64_t hash) {
    const bool is_message = publish.kind == EventKind::kMessage;
    return add_.run(room, publish.seq, static_cast<int>(publish.kind), publish.at_ms, publish.user,
                    publish.name, publish.command_id, hash,
                    is_message ? publish.reply_to : publish.target, publish.on, publish.content);
}

SqliteResult<std::optional<SqliteEvents::Message>> SqliteEvents::find_message(std::int64_t room,
                                                                              std::uint64_t seq) {
    auto rows = find_message_.rows(room, seq);
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return Message{rows.user(0), rows.integer(1) != 0};
}

SqliteResult<> SqliteEvents::edit_target(std::int64_t room, const Publish& publish) {
    return edit_.run(room, publish.target, publish.content, publish.at_ms);
}

SqliteResult<> SqliteEvents::erase_target(std::int64_t room, const Publish& publish) {
    return in_turn([&] { return erase_message_.run(room, publish.target); },
                   [&] { return erase_edits_.run(room, publish.target); },
                   [&] { return erase_reactions_.run(room, publish.target); });
}

SqliteResult<> SqliteEvents::react(std::int64_t room, const Publish& publish) {
    if (!publish.on) {
        return remove_reaction_.run(room, publish.target, publish.content, publish.user);
    }
    return add_reaction_.run(room, publish.target, publish.content, publish.user, publish.name,
                             publish.seq);
}

SqliteResult<bool> SqliteEvents::has_room_for_reaction(std::int64_t room, const Publish& publish) {
    auto rows = count_reactions_.rows(room, publish.target, publish.content, publish.user);
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    const bool has_emoji = rows.integer(1) != 0;
    const bool is_on = rows.integer(3) != 0;
    return (has_emoji || rows.number(0) < kReactionEmojiMax) &&
           (is_on || rows.number(2) < kReactionsMax);
}

SqliteResult<> SqliteEvents::remove_room(std::int64_t room) {
    return in_turn([&] { return remove_room_.run(room); },
                   [&] { return remove_positions_.run(room); });
}

SqliteResult<> SqliteEvents::trim(std::int64_t room, std::uint64_t last, std::uint64_t head,
                                  std::int64_t last_at_ms) {
    return in_turn([&] { return keep_head_.run(room, head, last_at_ms); },
                   [&] { return trim_events_.run(room, last); },
                   [&] { return trim_reactions_.run(room, last); });
}

}  // namespace stentor::chat
