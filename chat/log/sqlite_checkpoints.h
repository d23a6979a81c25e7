// When what was committed moves from the WAL into the database file (https://sqlite.org/wal.html):
// in pauses, when the WAL grows large, and with the WAL emptied soon after a text was deleted, so
// that it is on the disk no longer. By the one connection that writes: the SQLite of Debian 12 has
// the WAL-reset bug, which needs two (docs/decisions.md, "Durable store").
// Thread: the store's writer.
// Invariant: within kEraseDelay, and the time that readers need, a deleted text is in neither file.
#pragma once

#include <cstdint>
#include <optional>

#include "chat/log/sqlite_connection.h"
#include "chat/log/store_config.h"
#include "core/instant.h"

namespace stentor::chat {

class SqliteCheckpoints {
public:
    // `connection` and `metrics` outlive this, which stays where it is.
    void attach(SqliteConnection& connection, StoreMetrics& metrics);

    void on_commit(core::Instant now);
    // A text was deleted by the last commit.
    void on_erased(core::Instant now);

    // Does what is due. True: something was done, more may be.
    SqliteResult<bool> tend(core::Instant now, bool idle);
    // When something will be due, if nothing happens before.
    std::optional<core::Instant> next() const;

    // Everything into the database file, and the WAL emptied. False: a reader was in the way.
    SqliteResult<bool> empty_wal();

private:
    static int on_wal(void* self, sqlite3* connection, const char* name, int pages);
    SqliteResult<bool> run(int mode);
    SqliteResult<bool> erase(core::Instant now);

    SqliteConnection* connection_ = nullptr;
    StoreMetrics* metrics_ = nullptr;
    std::int64_t wal_pages_ = 0;                // not yet in the database file
    std::optional<core::Instant> last_commit_;  // what it brought may still be in the WAL alone
    std::optional<core::Instant> erase_at_;
    core::Instant not_before_{};
};

}  // namespace stentor::chat
