// Rooms that outlive the process: a SQLite database, the thread that writes it and the one that
// reads it, both participants of the broadcast queue (docs/decisions.md, "Durable store"). Shards
// speak with them through LaneLog.
// Thread: main, but for failure(), busy() and metrics().
// Invariant: one process has a file open; the threads run from start() to stop().
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "chat/envelope.h"
#include "chat/log/file_lock.h"
#include "chat/log/sqlite_log.h"
#include "chat/log/sqlite_reader.h"
#include "chat/log/store_config.h"
#include "chat/log/store_shared.h"
#include "chat/session_token.h"
#include "core/error.h"
#include "core/instant.h"

namespace stentor::chat {

class SqliteStore {
public:
    // Takes the store over from whoever had it before: makes it where there is none, brings an
    // older one up to date. `clock` outlives it.
    static std::expected<std::unique_ptr<SqliteStore>, core::Error> open(const StoreConfig& given,
                                                                         const core::Clock& clock);
    ~SqliteStore();  // stop()

    // The key of the session tokens, as old as the store.
    SessionTokens::Key session_key() const;
    // Names that were in use when the store was closed or left, each with how long it is still
    // held.
    const std::vector<HeldName>& held_names() const { return log_->held_names(); }

    // Starts the threads, as these participants of the queue, which outlives stop(); or says what
    // is broken.
    std::expected<void, core::Error> start(Port& writer, Port& reader);
    // When no shard sends any more: stores what waits, then closes the store cleanly. Idempotent.
    void stop();

    // Why nothing is stored any more; nothing: all is well.
    std::optional<core::Error> failure() const { return shared_.health.failure(); }
    bool failed() const { return shared_.health.failed(); }
    // Has something been taken from the queue whose answer is not published? Asked between a look
    // at what was drained and one at what was pushed, it hides nothing from them.
    bool busy() const {
        return writing_.load(std::memory_order_acquire) ||  // partner: write()
               answering_.load(std::memory_order_acquire);  // partner: read()
    }
    const StoreMetrics& metrics() const { return metrics_; }

private:
    struct Shared {
        OpenRooms open_rooms;
        StoreHealth health;
    };
    explicit SqliteStore(const core::Clock& clock) : clock_(clock) {}
    void write(Port& port);
    void read(Port& port);
    void wait(Port& port, core::Duration at_most);

    const core::Clock& clock_;
    FileLock lock_;
    Shared shared_;
    StoreMetrics metrics_;
    std::unique_ptr<SqliteLog> log_;
    std::unique_ptr<SqliteReader> reader_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> writing_{false};
    std::atomic<bool> answering_{false};
    Port* writer_port_ = nullptr;
    Port* reader_port_ = nullptr;
    std::thread writer_;
    std::thread reading_;
};

}  // namespace stentor::chat
