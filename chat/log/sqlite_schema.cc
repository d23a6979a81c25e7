// The steps of the schema.
// Thread: as the connection.
// Invariant: see sqlite_schema.h.
#include "chat/log/sqlite_schema.h"

#include <array>
#include <string>

namespace stentor::chat {
namespace {

// meta: keys and flags of the store (sqlite_meta.h).
// rooms: `epoch` is half of what clients see (sqlite_meta.h); `head` and `last_at` are as of the
//   last time when events were trimmed: newer ones say theirs themselves.
// events: one row a seq, in its present state. `target` of a message is what it replies to; `hash`
//   is over what was sent and outlives the text; content is NULL once it was deleted.
// reactions: who reacts now, `by_seq` being the event that says so.
// positions: `seq` is read up to; a direct room has a row for each of its users from its first
//   event on.
constexpr const char* kFirst = R"(
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE rooms (
  room INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL,
  head INTEGER NOT NULL DEFAULT 0,
  last_at INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE events (
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  at INTEGER NOT NULL,
  user INTEGER NOT NULL,
  name TEXT NOT NULL,
  client_id TEXT,
  hash INTEGER NOT NULL,
  target INTEGER NOT NULL,
  state INTEGER NOT NULL,
  edited_at INTEGER NOT NULL DEFAULT 0,
  content TEXT,
  PRIMARY KEY (room, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX event_ids ON events (room, user, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX edits ON events (room, target) WHERE kind = 1;
CREATE TABLE reactions (
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  emoji TEXT NOT NULL,
  user INTEGER NOT NULL,
  name TEXT NOT NULL,
  by_seq INTEGER NOT NULL,
  PRIMARY KEY (room, seq, emoji, user)
) WITHOUT ROWID;
CREATE TABLE users (
  user INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  skeleton TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  connected INTEGER NOT NULL
);
CREATE INDEX users_seen ON users (seen_at);
CREATE INDEX users_connected ON users (user) WHERE connected = 1;
CREATE TABLE positions (
  user INTEGER NOT NULL,
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  direct INTEGER NOT NULL,
  PRIMARY KEY (user, room)
) WITHOUT ROWID;
CREATE INDEX positions_of_room ON positions (room);
)";

// ids: segments of the ids in `events`, each in pieces by fingerprint (sqlite_ids.h). An index of
//   them made every message dirty a page of its own.
constexpr const char* kSecond = R"(
DROP INDEX event_ids;
CREATE TABLE ids (
  room INTEGER NOT NULL,
  last INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  pieces INTEGER NOT NULL,
  entries BLOB NOT NULL,
  PRIMARY KEY (room, last, piece)
) WITHOUT ROWID;
)";

constexpr std::array kSteps{kFirst, kSecond};
static_assert(kSteps.size() == kSchemaVersion);

}  // namespace

SqliteResult<> migrate(SqliteConnection& connection) {
    const auto version = connection.integer("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    if (*version < 0 || *version > kSchemaVersion) {
        return std::unexpected(SqliteError{0, 0,
                                           "it was written by a newer stentor (schema " +
                                               std::to_string(*version) + ", this program knows " +
                                               std::to_string(kSchemaVersion) + ")"});
    }
    for (auto next = static_cast<std::size_t>(*version); next < kSteps.size(); ++next) {
        const std::string done = "PRAGMA user_version = " + std::to_string(next + 1);
        auto made = connection.transaction([&] {
            return in_turn([&] { return connection.execute(kSteps[next]); },
                           [&] { return connection.execute(done.c_str()); });
        });
        if (!made) return made;
    }
    return {};
}

}  // namespace stentor::chat
