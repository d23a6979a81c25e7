// What is behind sqlite_log.h: how the store is opened and closed, and batches of work as
// transactions. What an append does is in sqlite_log_append.cc.
// Thread: as there.
// Invariant: see sqlite_log.h.
#include "chat/log/sqlite_log.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "chat/log/scrubbing_vfs.h"
#include "chat/log/sqlite_setup.h"
#include "core/check.h"
#include "core/log.h"

namespace stentor::chat {
namespace {

// How often it is looked at whether the file is still where it was opened.
constexpr core::Duration kFileLookInterval = std::chrono::seconds{1};

Box<LogOpened> not_opened(RoomKey key) {
    return std::make_unique<LogOpened>(
        LogOpened{.key = key, .failed = true, .epoch = {}, .head = 0});
}

}  // namespace

SqliteLog::SqliteLog(const StoreConfig& config, const core::Clock& clock, OpenRooms& open_rooms,
                     StoreHealth& health, StoreMetrics& metrics)
    : config_(config), clock_(clock), open_rooms_(open_rooms), health_(health), metrics_(metrics) {}

SqliteLog::~SqliteLog() = default;

std::expected<std::unique_ptr<SqliteLog>, core::Error> SqliteLog::open(
    const StoreConfig& config, const core::Clock& clock, OpenRooms& open_rooms, StoreHealth& health,
    StoreMetrics& metrics, FileLock* witness) {
    const bool is_ours = config.vfs.empty();
    std::unique_ptr<SqliteLog> log(new SqliteLog(config, clock, open_rooms, health, metrics));
    log->witness_ = witness;
    if (is_ours) {
        auto database = FileLock::take_database(config.file);
        if (!database) return std::unexpected(std::move(database.error()));
        log->database_ = std::move(*database);
    }
    if (auto started = log->start(); !started) {
        core::Error error = started.error().to_error();
        error.what = "the store " + config.file + ": " + error.what;
        return std::unexpected(std::move(error));
    }
    if (is_ours) {
        if (auto synced = sync_folder_of(config.file); !synced) {
            return std::unexpected(synced.error());
        }
    }
    return log;
}

SqliteResult<> SqliteLog::start() {
    auto opened =
        SqliteConnection::open(config_.file, SqliteConnection::Access::kReadWrite,
                               scrubbing_vfs(config_.vfs.empty() ? nullptr : config_.vfs.c_str()));
    if (!opened) return std::unexpected(std::move(opened.error()));
    connection_ = std::move(*opened);
    const bool synced = config_.durability == Durability::kSynced;
    return in_turn(
        [&] { return set_up(connection_); },
        [&]() -> SqliteResult<> {
            auto keys =
                take_over(connection_, synced,
                          config_.boot_id.empty() ? kernel_boot_id() : config_.boot_id, witness_);
            if (!keys) return std::unexpected(std::move(keys.error()));
            keys_ = *keys;
            return {};
        },
        [&] {
            return connection_.execute(synced ? "PRAGMA synchronous = FULL"
                                              : "PRAGMA synchronous = NORMAL");
        },
        [&] { return expect_pragma(connection_, "synchronous", synced ? "2" : "1"); },
        [&] { return events_.prepare(connection_); },
        [&] { return ids_.prepare(connection_, keys_.content); },
        [&] { return people_.prepare(connection_); },
        [&] { return retention_.prepare(connection_, config_.retain_days, config_.retain_events); },
        [&]() -> SqliteResult<> {
            checkpoints_.attach(connection_, metrics_);
            checkpoints_.on_commit(clock_.now());  // what a killed process left is in the WAL
            auto held = people_.held_names(clock_.unix_ms(), config_.name_hold);
            if (!held) return std::unexpected(std::move(held.error()));
            held_names_ = std::move(*held);
            return {};
        });
}

void SqliteLog::close() {
    if (!connection_.is_open()) return;
    if (!health_.failed()) {
        const auto closed = in_turn([&] { return hand_over(connection_, witness_); },
                                    [&]() -> SqliteResult<> {
                                        const auto emptied = checkpoints_.empty_wal();
                                        if (!emptied) return std::unexpected(emptied.error());
                                        return {};
                                    });
        if (!closed) {
            core::log::warning("store_not_closed_cleanly",
                               {{"reason", closed.error().to_error().message()}});
        }
    }
    for (const auto& entry : rooms_) ids_.forget(entry.second->ids);
    events_ = {};
    ids_ = {};
    people_ = {};
    retention_ = {};
    connection_.close();
    database_ = {};
}

// ---- batches

void SqliteLog::apply(std::span<StoreWork> batch) {
    opened_now_.clear();
    written_now_.clear();
    if (health_.failed()) {
        refuse(batch);
        return;
    }
    const core::Instant began = clock_.now();
    stored_now_ = 0;
    erased_now_ = false;
    const auto done = connection_.transaction([&] {
        return in_turn([&] { return handle_all(batch); }, [&] { return look_after_file(began); });
    });
    if (!done) {
        undo();
        on_trouble(done.error());
        refuse(batch);
        return;
    }
    on_success();
    const core::Instant now = clock_.now();
    checkpoints_.on_commit(now);
    if (erased_now_) checkpoints_.on_erased(now);
    auto& counters = metrics_.counters;
    auto& gauges = metrics_.gauges;
    counters[StoreCounter::kCommits].add();
    counters[StoreCounter::kRows].add(stored_now_);
    counters[StoreCounter::kCommitNs].add(static_cast<std::uint64_t>((now - began).count()));
    gauges[StoreGauge::kBatchItems].set(static_cast<std::int64_t>(batch.size()));
    gauges[StoreGauge::kOpenRooms].set(static_cast<std::int64_t>(by_key_.size()));
    gauges[StoreGauge::kIdsBytes].set(static_cast<std::int64_t>(ids_.bytes()));
    gauges[StoreGauge::kLongestCommitNs].set(std::max<std::int64_t>(
        gauges[StoreGauge::kLongestCommitNs].value(), (now - began).count()));
}

// What is written to a file that was moved or deleted, the next process does not find.
SqliteResult<> SqliteLog::look_after_file(core::Instant now) {
    if (!config_.vfs.empty() || now - file_seen_at_ < kFileLookInterval) return {};
    file_seen_at_ = now;
    if (!database_.was_moved_from(config_.file)) return {};
    return std::unexpected(SqliteError{0, 0, "the file was moved or deleted while it was open"});
}

SqliteResult<> SqliteLog::handle_all(std::span<StoreWork> batch) {
    for (StoreWork& work : batch) {
        auto done = std::visit(
            [&](auto& what) -> SqliteResult<> {
                if constexpr (requires { handle(work, what); }) {
                    return handle(work, what);
                } else {
                    STENTOR_CHECK(false && "not for the thread that writes");
                }
            },
            work.what);
        if (!done) return done;
    }
    return {};
}

SqliteResult<> SqliteLog::handle(StoreWork& work, Box<NoteUser>& note) {
    auto done = people_.note_user(*note, clock_.unix_ms());
    if (done) work.what = std::monostate();
    return done;
}

SqliteResult<> SqliteLog::handle(StoreWork& work, Box<NotePosition>& note) {
    auto done = people_.note_position(*note, clock_.unix_ms());
    if (done) work.what = std::monostate();
    return done;
}

// Nothing of a batch was stored, whatever its answers were to be.
void SqliteLog::refuse(std::span<StoreWork> batch) {
    const auto not_stored = [&](RoomKey key, std::unique_ptr<Publish> publish) {
        publish->seq = 0;
        publish->epoch.clear();
        publish->duplicate = false;
        metrics_.counters[StoreCounter::kRefused].add();
        return LogRefused{key, ErrorCode::kNotStored, std::move(publish)};
    };
    // A room whose epoch could not be renewed stays open as it is, and what was opened is open,
    // unless the store can be believed no more.
    const auto opened = [&](Box<LogOpened>&& answer) {
        const bool is_renewal = std::ranges::find(opened_now_, answer->key) == opened_now_.end();
        if (!is_renewal && !health_.failed()) return std::move(answer);
        if (!is_renewal) close_key(answer->key);
        return not_opened(answer->key);
    };
    for (StoreWork& work : batch) {
        Envelope answer = std::visit(
            [&](auto& what) -> Envelope {
                using What = std::remove_cvref_t<decltype(what)>;
                if constexpr (std::is_same_v<What, AppendToLog> ||
                              std::is_same_v<What, LogStored> || std::is_same_v<What, LogRefused>) {
                    return not_stored(what.key, std::move(what.publish));
                } else if constexpr (std::is_same_v<What, Box<OpenLog>>) {
                    return open_anyway(work.shard, *what);
                } else if constexpr (std::is_same_v<What, Box<LogOpened>>) {
                    return opened(std::move(what));
                } else if constexpr (std::is_same_v<What, RenewEpoch>) {
                    return not_opened(what.key);
                } else if constexpr (std::is_same_v<What, CloseLog>) {
                    close_key(what.key);
                }
                return std::monostate();
            },
            work.what);
        work.what = std::move(answer);
    }
}

// Rooms are read, for which there is no need of space.
Envelope SqliteLog::open_anyway(std::uint32_t shard, const OpenLog& open) {
    if (health_.failed()) return not_opened(open.key);
    auto opened = this->open(open, shard);
    if (opened) return std::make_unique<LogOpened>(std::move(*opened));
    on_trouble(opened.error());
    return not_opened(open.key);
}

// ---- trouble

void SqliteLog::on_trouble(const SqliteError& error) {
    if (error.kind() != SqliteError::Kind::kBroken) {
        if (!std::exchange(full_, true)) {
            core::log::warning("store_full", {{"file", config_.file},
                                              {"reason", error.to_error().message()},
                                              {"action", "messages are refused: not_stored"}});
        }
        metrics_.gauges[StoreGauge::kFull].set(1);
        return;
    }
    core::Error failure = error.to_error();
    failure.what = "the store " + config_.file + " failed: " + failure.what;
    metrics_.gauges[StoreGauge::kFailed].set(1);
    if (health_.fail(failure)) {
        core::log::error("store_failed", {{"file", config_.file},
                                          {"reason", failure.message()},
                                          {"action", "nothing is stored any more"}});
        if (config_.on_failed) config_.on_failed(failure);
    }
}

void SqliteLog::on_success() {
    if (std::exchange(full_, false)) {
        core::log::info("store_writable", {{"file", config_.file}});
        metrics_.gauges[StoreGauge::kFull].set(0);
    }
}

// ---- between batches

core::Instant SqliteLog::tend(bool idle) {
    const core::Instant now = clock_.now();
    const core::Instant far = now + std::chrono::hours{1};
    if (health_.failed()) return far;
    const auto checkpointed = checkpoints_.tend(now, idle);
    if (!checkpointed) {
        on_trouble(checkpointed.error());
        return now;
    }
    if (!*checkpointed && retention_.next() <= now) {
        auto trim = retention_.look(now, clock_.unix_ms());
        SqliteResult<> done;
        if (!trim) {
            done = std::unexpected(std::move(trim.error()));
        } else if (*trim) {
            done = this->trim(**trim);
        }
        if (!done) {
            on_trouble(done.error());
            retention_.later(now);
        }
    } else if (!*checkpointed && retention_.users_due()) {
        const auto done =
            connection_.transaction([&] { return retention_.forget_users(clock_.unix_ms()); });
        if (!done) on_trouble(done.error());
    }
    core::Instant next = retention_.users_due() ? now : retention_.next();
    if (const auto of_checkpoints = checkpoints_.next()) next = std::min(next, *of_checkpoints);
    return next;
}

SqliteResult<> SqliteLog::trim(const SqliteRetention::Trim& trim) {
    const auto open = stored_rooms_.find(trim.room);
    if (trim.is_empty) {
        return open == stored_rooms_.end() ? remove_room(trim.room) : SqliteResult<>();
    }
    auto done = connection_.transaction([&] {
        return in_turn(
            [&] { return events_.trim(trim.room, trim.last, trim.head, trim.last_at_ms); },
            [&] { return ids_.trim(trim.room, trim.last); });
    });
    if (!done) return done;
    checkpoints_.on_commit(clock_.now());
    metrics_.counters[StoreCounter::kTrimmedEvents].add(trim.last - trim.first + 1);
    if (open == stored_rooms_.end()) return {};
    Room& room = *open->second;
    room.stored.first = trim.last < trim.head ? trim.last + 1 : 0;
    ids_.trimmed(room.ids, trim.last);
    for (const Opening& opening : room.openings) {
        notices_.push_back({opening.shard, LogTrimmed{opening.key, trim.last + 1}});
    }
    return {};
}

}  // namespace stentor::chat
