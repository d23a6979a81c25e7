// The real store in a run: chat/log/sqlite_log.h and sqlite_reader.h behind two participants of the
// queue that do what the threads of sqlite_store.cc do, step by step, on a disk in memory. A batch
// is taken, committed and answered in steps of their own, so that a crash can come between any two;
// commits and pages stall, the disk is full at times. Thread: the simulation has one.
// Invariant: the truth hears of what was committed before any shard does, and of nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/envelope.h"
#include "chat/log/sqlite_log.h"
#include "chat/log/sqlite_reader.h"
#include "chat/session_token.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class Store {
public:
    // On the disk as the one before left it; empty for the first of a run.
    Store(World& world, chat::Port& writer, chat::Port& reader);

    chat::SessionTokens::Key session_key() const { return log_->keys().session; }
    const std::vector<chat::HeldName>& held_names() const { return log_->held_names(); }

    // One of its two threads has a turn, if any wants one; says whether.
    bool turn(bool writer);
    std::optional<core::Instant> next_deadline() const;
    // No more stalls and full disks: the run comes to rest.
    void calm(bool on) { calm_ = on; }
    bool quiet() const;

    enum class End : std::uint8_t { kClosed, kKilled, kPowerCut, kRestored };
    // Nothing but destruction after it. kRestored: closed, and then the disk holds an older copy,
    // or a copy is made.
    void end(End how);

private:
    enum class Step : std::uint8_t { kTake, kCommit, kAnswer, kTend };
    // One of the two threads.
    struct Worker {
        chat::Port& port;
        bool asleep = false;
        core::Instant wake_at{};
        core::Instant stalled_until{};
    };
    bool runnable(const Worker& worker, bool has_begun) const;
    void sleep(Worker& worker, core::Duration at_most);
    bool stalls(Worker& worker, std::string_view who);

    void write();
    void take();
    void commit();
    void make_full_at_times();
    void answer();
    void tend(bool idle);
    void tell_truth(const chat::StoreWork& work, bool is_renewal);
    std::string newest_event(const chat::LogOpened& opened);
    void close();
    void read();

    World& world_;
    chat::OpenRooms open_rooms_;
    chat::StoreHealth health_;
    chat::StoreMetrics metrics_;
    std::unique_ptr<chat::SqliteLog> log_;
    std::unique_ptr<chat::SqliteReader> reader_;
    Worker writing_;
    Worker reading_;
    bool calm_ = false;
    Step step_ = Step::kTake;
    core::Instant tend_at_{};
    std::vector<chat::StoreWork> batch_;
    std::vector<chat::StoreWork> asked_;          // of the reader
    std::map<chat::RoomKey, std::string> rooms_;  // names
};

}  // namespace stentor::sim
