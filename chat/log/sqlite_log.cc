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

}  // namespace

SqliteLog::SqliteLog(const StoreConfig& config, const core::Clock& clock, OpenRooms& open_rooms,
                     StoreHealth& health, StoreMetrics& metrics)
    : config_(config), clock_(clock), open_rooms_(open_rooms), health_(health), metrics_(metrics) {}

SqliteLog::~SqliteLog() = default;

std::expected<std::unique_ptr<SqliteLog>, core::Error> SqliteLog::open(const StoreConfig& config,
                                                                       const core::Clock& clock,
                                                                       OpenRooms& open_rooms,
                                                                       StoreHealth& health,
                                                                       StoreMetrics& metrics) {
    const bool is_ours = config.vfs.empty();
    std::unique_ptr<SqliteLog> log(new SqliteLog(config, clock, open_rooms, health, metrics));
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
            auto keys = take_over(connection_, synced,
                                  config_.boot_id.empty() ? kernel_boot_id() : config_.boot_id);
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
        const auto closed = in_turn([&] { return hand_over(connection_); },
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
    if (health_.failed()) {
        refuse(batch);
        return;
    }
    const core::Instant began = clock_.now();
    opened_now_.clear();
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

SqliteResult<> SqliteLog::handle(StoreWork& work, Box<OpenLog>& open) {
    auto stored = events_.open_room(open->room, random_epoch(random_), clock_.unix_ms());
    if (!stored) return std::unexpected(std::move(stored.error()));
    std::unique_ptr<Room>& room = rooms_[stored->room];
    if (room == nullptr) {
        room = std::make_unique<Room>();
        room->name = open->room;
        room->direct = DirectRoom::parse(open->room);
        room->epoch = visible_epoch(keys_.epoch, stored->epoch);
        room->stored = std::move(*stored);
    } else if (auto sure = make_sure(*room); !sure) {
        return sure;
    }
    const RoomKey key = open->key;
    const bool is_new = by_key_.emplace(key, room.get()).second;
    STENTOR_CHECK(is_new);
    room->openings.push_back({key, work.shard});
    open_rooms_.add(key, {room->stored.room, room->name});
    opened_now_.push_back(key);
    work.what = std::make_unique<LogOpened>(LogOpened{.key = key,
                                                      .failed = false,
                                                      .epoch = room->epoch,
                                                      .head = room->stored.head,
                                                      .first = room->stored.first});
    return {};
}

SqliteResult<> SqliteLog::handle(StoreWork& work, CloseLog& close) {
    close_key(close.key);
    work.what = std::monostate();
    return {};
}

SqliteResult<> SqliteLog::handle(StoreWork& work, RenewEpoch& renew) {
    Room* room = find(renew.key);
    STENTOR_CHECK(room != nullptr);
    if (auto sure = make_sure(*room); !sure) return sure;
    const std::string epoch = random_epoch(random_);
    if (auto set = events_.set_epoch(room->stored.room, epoch); !set) return set;
    room->stored.epoch = epoch;
    room->epoch = visible_epoch(keys_.epoch, epoch);
    work.what = std::make_unique<LogOpened>(LogOpened{.key = renew.key,
                                                      .failed = false,
                                                      .epoch = room->epoch,
                                                      .head = room->stored.head,
                                                      .first = room->stored.first});
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

// ---- rooms that are open

SqliteLog::Room* SqliteLog::find(RoomKey key) {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? nullptr : at->second;
}

void SqliteLog::close_key(RoomKey key) {
    Room* room = find(key);
    if (room == nullptr) return;  // it failed to open, and nobody knew yet
    by_key_.erase(key);
    open_rooms_.remove(key);
    std::erase_if(room->openings, [&](const Opening& opening) { return opening.key == key; });
    if (room->openings.empty()) {
        ids_.forget(room->ids);
        rooms_.erase(room->stored.room);
    }
}

// What a transaction that was rolled back has changed in memory is read anew.
SqliteResult<> SqliteLog::make_sure(Room& room) {
    if (!room.unsure) return {};
    auto stored = events_.open_room(room.name, room.stored.epoch, clock_.unix_ms());
    if (!stored) return std::unexpected(std::move(stored.error()));
    STENTOR_CHECK(stored->room == room.stored.room);
    room.stored = std::move(*stored);
    room.epoch = visible_epoch(keys_.epoch, room.stored.epoch);
    ids_.forget(room.ids);
    room.unsure = false;
    return {};
}

void SqliteLog::undo() {
    for (const RoomKey key : std::exchange(opened_now_, {})) close_key(key);
    for (const auto& entry : rooms_) entry.second->unsure = true;
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
    // What the batch opened was closed by undo(); a room whose epoch could not be renewed stays
    // open.
    const auto not_opened = [](RoomKey key) {
        return std::make_unique<LogOpened>(
            LogOpened{.key = key, .failed = true, .epoch = {}, .head = 0});
    };
    for (StoreWork& work : batch) {
        Envelope answer = std::visit(
            [&](auto& what) -> Envelope {
                using What = std::remove_cvref_t<decltype(what)>;
                if constexpr (std::is_same_v<What, AppendToLog> ||
                              std::is_same_v<What, LogStored> || std::is_same_v<What, LogRefused>) {
                    return not_stored(what.key, std::move(what.publish));
                } else if constexpr (std::is_same_v<What, Box<OpenLog>> ||
                                     std::is_same_v<What, Box<LogOpened>>) {
                    return not_opened(what->key);
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
    const auto open = rooms_.find(trim.room);
    if (trim.is_empty && open != rooms_.end()) return {};
    auto done = connection_.transaction([&] {
        if (trim.is_empty) return events_.remove_room(trim.room);
        return in_turn(
            [&] { return events_.trim(trim.room, trim.last, trim.head, trim.last_at_ms); },
            [&] { return ids_.trim(trim.room, trim.last); });
    });
    if (!done) return done;
    checkpoints_.on_commit(clock_.now());
    if (trim.is_empty) return {};
    metrics_.counters[StoreCounter::kTrimmedEvents].add(trim.last - trim.first + 1);
    if (open == rooms_.end()) return {};
    Room& room = *open->second;
    room.stored.first = trim.last < trim.head ? trim.last + 1 : 0;
    ids_.trimmed(room.ids, trim.last);
    for (const Opening& opening : room.openings) {
        notices_.push_back({opening.shard, LogTrimmed{opening.key, trim.last + 1}});
    }
    return {};
}

}  // namespace stentor::chat
