// What is behind sqlite_checkpoints.h.
// Thread: the store's writer.
// Invariant: see sqlite_checkpoints.h.
#include "chat/log/sqlite_checkpoints.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "chat/log/scrubbing_vfs.h"

namespace stentor::chat {
namespace {

using namespace std::chrono_literals;

constexpr core::Duration kPause = 1s;  // without a commit
constexpr core::Duration kEraseDelay = 500ms;
constexpr core::Duration kRetry = 100ms;  // a reader was in the way, or there was no space
constexpr std::int64_t kPageBytes = kDatabasePageBytes;
constexpr std::int64_t kWalPagesMax = 16 * 1024 * 1024 / kPageBytes;

}  // namespace

void SqliteCheckpoints::attach(SqliteConnection& connection, StoreMetrics& metrics) {
    connection_ = &connection;
    metrics_ = &metrics;
    sqlite3_wal_hook(connection.get(), on_wal, this);
}

int SqliteCheckpoints::on_wal(void* self, sqlite3* /*connection*/, const char* /*name*/,
                              int pages) {
    auto& checkpoints = *static_cast<SqliteCheckpoints*>(self);
    checkpoints.wal_pages_ = pages;
    checkpoints.metrics_->gauges[StoreGauge::kWalBytes].set(pages * kPageBytes);
    return SQLITE_OK;
}

void SqliteCheckpoints::on_commit(core::Instant now) {
    last_commit_ = now;
}

void SqliteCheckpoints::on_erased(core::Instant now) {
    if (!erase_at_) erase_at_ = now + kEraseDelay;
}

SqliteResult<bool> SqliteCheckpoints::tend(core::Instant now, bool idle) {
    if (now < not_before_) return false;
    if (erase_at_ && *erase_at_ <= now) return erase(now);
    const bool is_large = wal_pages_ >= kWalPagesMax;
    const bool is_pause = idle && last_commit_ && now - *last_commit_ >= kPause;
    if (!is_large && !is_pause) return false;
    // Readers keep the WAL from beginning anew; when it has grown far, they are waited for.
    const bool waits = wal_pages_ >= 4 * kWalPagesMax;
    const auto complete = run(waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
    if (!complete && complete.error().kind() == SqliteError::Kind::kBroken) return complete;
    if (complete && *complete) {
        last_commit_.reset();
        wal_pages_ = 0;
    } else {
        not_before_ = now + kRetry;
    }
    return true;
}

std::optional<core::Instant> SqliteCheckpoints::next() const {
    std::optional<core::Instant> next = erase_at_;
    if (last_commit_ && (!next || *last_commit_ + kPause < *next)) next = *last_commit_ + kPause;
    return next ? std::optional(std::max(*next, not_before_)) : std::nullopt;
}

SqliteResult<bool> SqliteCheckpoints::erase(core::Instant now) {
    const auto emptied = empty_wal();
    if (!emptied && emptied.error().kind() == SqliteError::Kind::kBroken) return emptied;
    if (emptied && *emptied) {
        erase_at_.reset();
        // Pages that were read or written before still hold, in their unused parts, what the file
        // holds no longer, and would bring it back into the WAL.
        sqlite3_db_release_memory(connection_->get());
    } else {
        not_before_ = now + kRetry;
    }
    return true;
}

SqliteResult<bool> SqliteCheckpoints::empty_wal() {
    const auto complete = run(SQLITE_CHECKPOINT_TRUNCATE);
    if (!complete || !*complete) return complete;
    last_commit_.reset();
    wal_pages_ = 0;
    metrics_->gauges[StoreGauge::kWalBytes].set(0);
    metrics_->counters[StoreCounter::kTruncations].add();
    return true;
}

// Was all of the WAL carried over?
SqliteResult<bool> SqliteCheckpoints::run(int mode) {
    int in_wal = 0;
    int carried = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(connection_->get(), nullptr, mode, &in_wal, &carried);
    metrics_->counters[StoreCounter::kCheckpoints].add();
    if (code == SQLITE_BUSY) return false;
    if (code != SQLITE_OK) return std::unexpected(connection_->last_error("checkpoint"));
    const auto pages = connection_->integer("PRAGMA page_count");
    if (!pages) return std::unexpected(pages.error());
    metrics_->gauges[StoreGauge::kDatabaseBytes].set(*pages * kPageBytes);
    return in_wal == carried;
}

}  // namespace stentor::chat
