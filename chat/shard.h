// The chat state of one reactor: its connections and what they speak, the rooms that they are in,
// and the homes of the rooms, names and users whose hash falls here (docs/life-of-a-message.md). It
// takes bytes and envelopes, not sockets (docs/decisions.md): a reactor or the simulation drives
// it.
// Thread: owner reactor.
// Invariant: everything here belongs to one thread; other shards are reached through the port
// alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "chat/envelope.h"
#include "chat/front.h"
#include "chat/home/name_home.h"
#include "chat/lane_directory.h"
#include "chat/limits.h"
#include "chat/log/room_log.h"
#include "chat/memory_pressure.h"
#include "chat/metrics.h"
#include "chat/random.h"
#include "chat/session_token.h"
#include "core/hash.h"
#include "net/application.h"

namespace stentor::chat {

// What a shard is built from; all of it outlives the shard.
struct ShardParts {
    std::uint32_t index;  // this shard, 0 .. shards-1; also its participant number in the queue
    std::uint32_t shards;
    Port& port;
    net::Link& link;
    const core::Clock& clock;
    RandomSource& random;
    RoomLog& log;
    const Front& front;
    const SessionTokens& tokens;
    const Limits& limits;
    core::HashKey home_key;                    // which shard is whose home; the same for all shards
    std::vector<Front::Listener> listeners;    // by listener index of on_open()
    std::optional<StoreLanes> store{};         // nothing: users and positions live in the shards
    std::function<void()> end_server = [] {};  // the operator wants it
    const MemoryPressure& memory = no_memory_limit();
    std::span<const HeldName> held_names{};  // of all shards, from the store; read at construction
};

class ShardState;

class Shard final : public net::Application {
public:
    explicit Shard(const ShardParts& parts);
    ~Shard() override;

    void on_open(ConnectionId id, std::uint32_t listener) override;
    std::size_t on_bytes(ConnectionId id, std::span<std::byte> bytes) override;
    void on_peer_finished(ConnectionId id) override;
    void on_drained(ConnectionId id) override;
    void on_closed(ConnectionId id) override;
    void on_lanes(core::Instant now) override;
    void on_timers(core::Instant now) override;
    std::optional<core::Instant> next_deadline() const override;
    bool prepare_sleep() override;
    void awake() override;

    // Any thread may read it.
    const ShardMetrics& metrics() const;

private:
    std::unique_ptr<ShardState> state_;
};

}  // namespace stentor::chat
