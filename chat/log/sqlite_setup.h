// How a connection that writes is set up, and how the file of a store comes to be.
// Thread: who owns the store.
// Invariant: what a pragma sets is read back; a database of another program is not touched.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "chat/log/sqlite_connection.h"
#include "core/error.h"

namespace stentor::chat {

// The file behind the links in its path; as it was given where that cannot be told.
std::string real_path(const std::string& file);
// So that a file which was made just now is there after a power cut.
std::expected<void, core::Error> sync_folder_of(const std::string& file);

SqliteResult<> expect_pragma(SqliteConnection& connection, const std::string& name,
                             std::string_view expected);
// All but `synchronous`, and the schema of today.
SqliteResult<> set_up(SqliteConnection& connection);

}  // namespace stentor::chat
