// What one run is made of, drawn from its seed: how many shards and clients, how narrow the queues,
// which log, what the clients like to do (docs/simulation.md).
// Thread: immutable after plan_for(). Invariant: a plan is a function of its seed.
#pragma once

#include <cstdint>
#include <string_view>

#include "chat/limits.h"
#include "chat/protocol/encode.h"

namespace stentor::sim {

enum class LogKind : std::uint8_t { kMemory, kSlow, kRemote, kSqlite, kCount };
std::string_view name_of(LogKind kind);

// What a run dwells on; everything else happens too, but less.
enum class Theme : std::uint8_t {
    kMixed,
    kNames,        // few names, many logins
    kSlowReaders,  // outboxes that overflow
    kRetention,    // large contents, old positions
    kRaces,        // leaves and joins on each other's heels
    kCrowd,        // hundreds of connections, which die in one step
    kSlowShard,    // one shard turns rarely, or not at all for a while
    kCount,
};
std::string_view name_of(Theme theme);

struct Plan {
    std::uint64_t seed = 0;
    Theme theme = Theme::kMixed;
    LogKind log = LogKind::kMemory;

    std::uint32_t shards = 1;
    std::uint32_t lane_slots = 2;
    std::uint32_t pending_max = 2;
    std::uint32_t clients = 1;
    std::uint32_t rooms = 1;
    std::uint32_t names = 1;
    std::uint32_t rounds = 1;  // busy time, then rest and checks
    std::uint32_t steps_per_round = 1;
    std::uint32_t slow_readers = 0;    // percent of the clients
    std::uint32_t large_contents = 0;  // percent of the messages
    std::uint32_t bursts = 0;          // one whim in so many says much at once; 0: none
    std::uint32_t deflating = 0;       // percent of the connections that offer compression
    std::uint32_t time_jumps = 0;      // one step in so many; 0: none
    std::uint32_t clock_steps = 0;     // one step in so many sets the wall clock; 0: none
    bool has_slow_shard = false;       // shard 0 turns 50 times more rarely
    bool has_stopping_shard = false;   // shards stand still for a while
    bool ends_by_drain = false;
    std::uint32_t hints = 0;               // percent of the connections that name a room
    std::uint32_t hand_overs_refused = 0;  // percent
    // Of the log `sqlite`.
    chat::Durability durability = chat::Durability::kDisk;
    std::uint32_t retain_events = 0;  // 0: all
    std::uint32_t retain_days = 0;    // 0: for ever
    std::uint32_t crashes = 0;        // one step in so many; 0: none
    bool restores = false;            // an older copy of the store comes back at times
    chat::Limits limits;
    bool deflate = true;  // the server agrees to permessage-deflate
};

Plan plan_for(std::uint64_t seed);

}  // namespace stentor::sim
