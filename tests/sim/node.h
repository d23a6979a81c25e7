// One shard of the cluster with its link, its log and its place in the queue; turn() is a reactor's
// turn without the sockets. Thread: the simulation has one.
// Invariant: a node that is allowed to sleep turns again only for a doorbell, a deadline or bytes.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "chat/log/room_log.h"
#include "chat/random.h"
#include "chat/shard.h"
#include "tests/sim/link.h"
#include "tests/sim/world.h"

namespace stentor::sim {

// What all shards share.
struct SharedParts {
    const chat::Front& front;
    const chat::SessionTokens& tokens;
    const chat::Limits& limits;
    std::optional<std::uint32_t> log_thread{};  // the participant that numbers
    std::optional<chat::StoreLanes> store{};    // or these two; neither: the memory log
    std::span<const chat::HeldName> held_names{};
    HandOn hand_on{};
};

class Node {
public:
    Node(World& world, std::uint32_t index, chat::Port& port, const SharedParts& shared);

    void turn();
    bool runnable() const;
    std::optional<core::Instant> next_deadline() const;

    SimLink& link() { return link_; }
    const SimLink& link() const { return link_; }
    const chat::Shard& shard() const { return *shard_; }
    const chat::Port& port() const { return port_; }
    std::uint64_t turns() const { return turns_; }

    void stop_until(core::Instant until) { stopped_until_ = until; }
    bool stopped() const { return stopped_until_ > world_.clock.now(); }

    // What must hold between turns, whatever happens elsewhere.
    void check_invariants();

private:
    bool is_rung() const;
    void note_coverage();
    void check_pending();

    World& world_;
    const std::uint32_t index_;
    chat::Port& port_;
    chat::SeededRandom random_;
    SimLink link_;
    std::unique_ptr<chat::RoomLog> log_;
    std::unique_ptr<chat::Shard> shard_;
    bool asleep_ = false;
    core::Instant stopped_until_{};
    std::uint64_t turns_ = 0;
    std::uint64_t pauses_seen_ = 0;
    std::int64_t gapped_ = 0;
    std::size_t waiting_ = 0;      // most asks that waited for a room since nothing was pending
    std::size_t waiting_now_ = 0;  // as of the last check
};

}  // namespace stentor::sim
