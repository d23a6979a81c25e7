// SQLite's C interface with owners and values: a connection, its prepared statements, their rows;
// what fails is a SqliteError (https://sqlite.org/c3ref/intro.html).
// Thread: a connection and all that comes from it belong to one thread at a time.
// Invariant: statements end before their connection; a statement under way is reset with its Rows,
// so that no read transaction outlives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "chat/ids.h"
#include "core/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace stentor::chat {

struct SqliteError {
    enum class Kind : std::uint8_t {
        kFull,    // no space, for now: nothing was changed, try again later
        kBusy,    // somebody else holds it (the sqlite3 shell), or no memory: as above
        kBroken,  // the medium or the file cannot be trusted any more
    };
    int code = 0;          // SQLite's extended result code
    int system_error = 0;  // errno of the call that failed; 0: none did
    std::string what;

    Kind kind() const;
    core::Error to_error() const;
};
template <typename T = void>
using SqliteResult = std::expected<T, SqliteError>;

// Each step in turn, until one fails.
template <typename... Steps>
SqliteResult<> in_turn(Steps&&... steps) {
    SqliteResult<> done;
    static_cast<void>(((done = steps(), done.has_value()) && ...));
    return done;
}

class SqliteStatement {
public:
    SqliteStatement() = default;  // not prepared: may be assigned to, nothing else
    explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

    // The rows of one execution. Texts are valid until the next next(); what is bound as text must
    // outlive this.
    class Rows {
    public:
        explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
        ~Rows();
        Rows(const Rows&) = delete;
        Rows& operator=(const Rows&) = delete;

        // Steps to the next row: is there one?
        SqliteResult<bool> next();
        std::int64_t integer(int column) const;
        std::uint64_t number(int column) const {
            return static_cast<std::uint64_t>(integer(column));
        }
        UserId user(int column) const { return UserId{number(column)}; }
        std::string_view text(int column) const;  // of a BLOB too
        bool is_null(int column) const;

    private:
        sqlite3_stmt* statement_;
    };

    template <typename... Values>
    Rows rows(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
        return Rows(statement_.get());
    }
    // Executes a statement that returns nothing.
    template <typename... Values>
    SqliteResult<> run(const Values&... values) {
        int index = 0;
        (bind(++index, values), ...);
        return finish();
    }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    SqliteResult<> finish();
    void bind(int index, std::int64_t value);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, std::uint32_t value) { bind(index, std::int64_t{value}); }
    void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
    void bind(int index, bool value) { bind(index, std::int64_t{value}); }
    void bind(int index, UserId user) { bind(index, user.value); }
    void bind(int index, std::string_view text);
    void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
    void bind(int index, std::span<const std::byte> blob);
    void bind(int index, std::nullptr_t);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class SqliteConnection {
public:
    enum class Access : std::uint8_t { kReadWrite, kReadOnly };

    SqliteConnection() = default;  // not open
    // `vfs`: by which name SQLite knows the way to the files; nullptr: the system's.
    static SqliteResult<SqliteConnection> open(const std::string& file, Access access,
                                               const char* vfs);
    bool is_open() const { return connection_ != nullptr; }
    void close() { connection_.reset(); }

    // One or more statements without parameters or results.
    SqliteResult<> execute(const char* sql);
    // For a statement that is executed again and again.
    SqliteResult<SqliteStatement> prepare(std::string_view sql);
    struct Wanted {
        SqliteStatement& into;
        const char* sql;
    };
    SqliteResult<> prepare(std::initializer_list<Wanted> all);
    // The one value that a query gives ("PRAGMA user_version"); 0 and empty: none.
    SqliteResult<std::int64_t> integer(std::string_view sql);
    SqliteResult<std::string> text(std::string_view sql);
    // Rows that the last INSERT, UPDATE or DELETE changed.
    std::int64_t changes() const;
    // The number of the row that was inserted last.
    std::int64_t last_row() const;

    // BEGIN IMMEDIATE, the work, COMMIT; all of it is undone when any of it fails.
    template <typename Work>
    SqliteResult<> transaction(Work&& work) {
        auto done = in_turn([&] { return execute("BEGIN IMMEDIATE"); }, std::forward<Work>(work),
                            [&] { return execute("COMMIT"); });
        if (!done) roll_back();
        return done;
    }

    // Of the call that just failed; `doing` is what it was to do.
    SqliteError last_error(std::string_view doing) const;
    sqlite3* get() const { return connection_.get(); }

    void roll_back();  // what transaction() does when something fails

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace stentor::chat
