// What a durable store is opened with, and what it counts.
// Thread: StoreConfig immutable after start; cells: one writer, read by any (core/metrics.h).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "chat/protocol/encode.h"
#include "core/error.h"
#include "core/instant.h"
#include "core/metrics.h"

namespace stentor::chat {

struct StoreConfig {
    std::string file;
    Durability durability = Durability::kDisk;  // or kSynced
    std::uint32_t retain_days = 30;             // 0: for ever
    std::uint32_t retain_events = 1'000'000;    // of a room; 0: all
    core::Duration name_hold = std::chrono::minutes{10};
    // Called once, by a thread of the store, when nothing can be stored any more.
    std::function<void(const core::Error&)> on_failed{};
    std::string boot_id{};  // of the kernel's present run; empty: ask it
    std::string vfs{};      // by which SQLite reaches the files; empty: the system's
};

// Of the thread that writes.
enum class StoreGauge : std::size_t {
    kFull,             // 1: there was no space at the last attempt
    kFailed,           // 1: nothing is stored any more
    kBatchItems,       // of the last commit
    kBatchBytes,       // what the last batch held while it waited
    kLongestCommitNs,  // since the start
    kWalBytes,
    kDatabaseBytes,  // as of the last checkpoint, and at the start
    kOpenRooms,
    kIdsBytes,
    kCount,
};
enum class StoreCounter : std::size_t {
    kCommits,
    kRows,  // events stored
    kCommitNs,
    kRefused,  // appends answered not_stored
    kCheckpoints,
    kTruncations,    // of those: with the WAL emptied
    kTrimmedEvents,  // let go by retention
    kCount,
};
// Of the thread that reads.
enum class StoreReadCounter : std::size_t {
    kPages,
    kPageEvents,
    kLookups,  // users found, lists of rooms
    kReadNs,
    kFailed,
    kCount,
};

struct StoreMetrics {
    core::GaugeCells<StoreGauge> gauges;
    core::CounterCells<StoreCounter> counters;
    core::CounterCells<StoreReadCounter> reads;
};

}  // namespace stentor::chat
