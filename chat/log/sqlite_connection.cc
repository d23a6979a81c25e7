// What is behind sqlite_connection.h.
// Thread: as there.
// Invariant: see sqlite_connection.h.
#include "chat/log/sqlite_connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

#include "core/check.h"

namespace stentor::chat {
namespace {

SqliteError error_of(sqlite3* connection, std::string_view doing) {
    const int code = sqlite3_extended_errcode(connection);
    std::string what(doing);
    what.append(": ").append(sqlite3_errmsg(connection));
    const bool is_io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    return {code, is_io ? sqlite3_system_errno(connection) : 0, std::move(what)};
}

}  // namespace

SqliteError::Kind SqliteError::kind() const {
    switch (code & 0xff) {
        case SQLITE_FULL:
            return Kind::kFull;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_NOMEM:
            return Kind::kBusy;
        case SQLITE_IOERR: {
            if (code == SQLITE_IOERR_NOMEM) return Kind::kBusy;
            // A sync that failed is never tried again, whatever it says: what it was to keep may be
            // gone, and the next one would not know.
            const bool is_sync = code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
            const bool no_space = system_error == ENOSPC || system_error == EDQUOT;
            return no_space && !is_sync ? Kind::kFull : Kind::kBroken;
        }
        default:
            return Kind::kBroken;
    }
}

core::Error SqliteError::to_error() const {
    if (system_error != 0) return core::Error::from_errno(system_error, what);
    return core::Error::because(what);
}

// ---- statements

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void SqliteStatement::bind(int index, std::int64_t value) {
    STENTOR_CHECK(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK);
}

void SqliteStatement::bind(int index, std::string_view text) {
    // A view of nothing may have no address, which would mean NULL.
    const char* data = text.empty() ? "" : text.data();
    STENTOR_CHECK(sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC,
                                      SQLITE_UTF8) == SQLITE_OK);
}

void SqliteStatement::bind(int index, std::span<const std::byte> blob) {
    const void* data = blob.empty() ? "" : static_cast<const void*>(blob.data());  // as above
    STENTOR_CHECK(sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC) ==
                  SQLITE_OK);
}

void SqliteStatement::bind(int index, std::nullptr_t) {
    STENTOR_CHECK(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK);
}

SqliteResult<> SqliteStatement::finish() {
    Rows execution(statement_.get());
    auto stepped = execution.next();
    if (!stepped) return std::unexpected(std::move(stepped.error()));
    STENTOR_CHECK(!*stepped);
    return {};
}

SqliteStatement::Rows::~Rows() {
    sqlite3_reset(statement_);
}

SqliteResult<bool> SqliteStatement::Rows::next() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return std::unexpected(error_of(sqlite3_db_handle(statement_), sqlite3_sql(statement_)));
}

std::int64_t SqliteStatement::Rows::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteStatement::Rows::text(int column) const {
    const void* data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool SqliteStatement::Rows::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

// ---- connections

void SqliteConnection::Close::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

SqliteResult<SqliteConnection> SqliteConnection::open(const std::string& file, Access access,
                                                      const char* vfs) {
    const int flags = access == Access::kReadOnly ? SQLITE_OPEN_READONLY
                                                  : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &opened,
                                     flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
    STENTOR_CHECK(opened != nullptr);
    SqliteConnection connection;
    connection.connection_.reset(opened);
    if (code != SQLITE_OK) return std::unexpected(error_of(opened, "open " + file));
    return connection;
}

SqliteResult<> SqliteConnection::execute(const char* sql) {
    if (sqlite3_exec(get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return std::unexpected(error_of(get(), sql));
    }
    return {};
}

SqliteResult<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return std::unexpected(error_of(get(), sql));
    return SqliteStatement(statement);
}

SqliteResult<> SqliteConnection::prepare(std::initializer_list<Wanted> all) {
    for (const Wanted& wanted : all) {
        auto prepared = prepare(wanted.sql);
        if (!prepared) return std::unexpected(std::move(prepared.error()));
        wanted.into = std::move(*prepared);
    }
    return {};
}

SqliteResult<std::int64_t> SqliteConnection::integer(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(std::move(statement.error()));
    auto rows = statement->rows();
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    return *found ? rows.integer(0) : 0;
}

SqliteResult<std::string> SqliteConnection::text(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(std::move(statement.error()));
    auto rows = statement->rows();
    const auto found = rows.next();
    if (!found) return std::unexpected(found.error());
    return std::string(*found ? rows.text(0) : std::string_view());
}

std::int64_t SqliteConnection::changes() const {
    return sqlite3_changes64(get());
}

std::int64_t SqliteConnection::last_row() const {
    return sqlite3_last_insert_rowid(get());
}

SqliteError SqliteConnection::last_error(std::string_view doing) const {
    return error_of(get(), doing);
}

// SQLite has done it itself after some errors.
void SqliteConnection::roll_back() {
    if (sqlite3_get_autocommit(get()) == 0) {
        sqlite3_exec(get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

}  // namespace stentor::chat
