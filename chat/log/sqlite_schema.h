// What stands in the database, and how an older file becomes one of today: numbered steps, PRAGMA
// user_version being how many were made. A step is never changed once it was released; what is to
// be otherwise is another step.
// Thread: as the connection.
// Invariant: a file has all steps up to its version or none of the next one.
#pragma once

#include <cstdint>

#include "chat/log/sqlite_connection.h"

namespace stentor::chat {

inline constexpr std::int64_t kSchemaVersion = 2;

// In one transaction for each step. A file of a newer program is refused.
SqliteResult<> migrate(SqliteConnection& connection);

}  // namespace stentor::chat
