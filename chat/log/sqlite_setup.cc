// What is behind sqlite_setup.h.
// Thread: who owns the store.
// Invariant: see sqlite_setup.h.
#include "chat/log/sqlite_setup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "chat/log/scrubbing_vfs.h"
#include "chat/log/sqlite_schema.h"

namespace stentor::chat {
namespace {

constexpr const char* kApplicationId = "1398031694";  // "STEN"

// A database of somebody else is not touched.
SqliteResult<> claim(SqliteConnection& connection) {
    const auto tables = connection.integer("SELECT count(*) FROM sqlite_master");
    if (!tables) return std::unexpected(tables.error());
    if (*tables > 0) {
        if (!expect_pragma(connection, "application_id", kApplicationId)) {
            return std::unexpected(SqliteError{0, 0, "it is a database of another program"});
        }
        return {};
    }
    return in_turn([&] { return connection.execute("PRAGMA page_size = 4096"); },
                   [&] {
                       return connection.execute(
                           (std::string("PRAGMA application_id = ") + kApplicationId).c_str());
                   });
}

}  // namespace

std::string real_path(const std::string& file) {
    std::error_code error;
    const auto path = std::filesystem::weakly_canonical(std::filesystem::path(file), error);
    return error || path.empty() ? file : path.string();
}

std::expected<void, core::Error> sync_folder_of(const std::string& file) {
    const std::string folder =
        std::filesystem::absolute(std::filesystem::path(file)).parent_path().string();
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const int error = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) return std::unexpected(core::Error::from_errno(error, "sync " + folder));
    return {};
}

SqliteResult<> expect_pragma(SqliteConnection& connection, const std::string& name,
                             std::string_view expected) {
    const auto value = connection.text("PRAGMA " + name);
    if (!value) return std::unexpected(value.error());
    if (*value != expected) {
        return std::unexpected(SqliteError{
            0, 0, "PRAGMA " + name + " is " + *value + ", not " + std::string(expected)});
    }
    return {};
}

SqliteResult<> set_up(SqliteConnection& connection) {
    const std::string page_bytes = std::to_string(kDatabasePageBytes);
    const std::string pages_max = "PRAGMA max_page_count = " + std::to_string(kDatabasePagesMax);
    return in_turn(
        [&] { return claim(connection); },
        [&] {
            // A small cache of our own: the kernel keeps the file's pages too, and counts them as
            // free.
            return connection.execute(
                "PRAGMA busy_timeout = 200; PRAGMA journal_mode = WAL;"
                "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 16777216;"
                "PRAGMA mmap_size = 0; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
                "PRAGMA cache_size = -12288; PRAGMA trusted_schema = OFF");
        },
        [&] { return connection.execute(pages_max.c_str()); },
        [&] { return expect_pragma(connection, "journal_mode", "wal"); },
        [&] { return expect_pragma(connection, "secure_delete", "1"); },
        [&] { return expect_pragma(connection, "page_size", page_bytes); },
        [&] { return migrate(connection); });
}

}  // namespace stentor::chat
