// What dies together when the server's process does: the queue, the shards, what numbers their
// events. The disk stays, and so do the clients. Thread: the simulation has one.
// Invariant: of two processes of a run the second is built when the first is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "chat/front.h"
#include "chat/session_token.h"
#include "tests/sim/log_thread.h"
#include "tests/sim/node.h"
#include "tests/sim/store.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class Process {
public:
    Process(World& world, const chat::Front& front);

    const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
    chat::Port& control() { return queue_.port(world_.plan.shards); }
    // nullptr: there is none with this plan.
    Store* store() { return store_.get(); }

    // A turn of some thread of the log, if it wants one; says whether.
    bool turn_log();
    // ... of all of them.
    bool turn_logs();
    void calm(bool on);
    std::optional<core::Instant> next_deadline() const;
    bool quiet() const;
    std::uint64_t turns() const;

private:
    World& world_;
    chat::BroadcastQueue queue_;
    std::unique_ptr<LogThread> log_thread_;
    std::unique_ptr<Store> store_;
    std::optional<chat::SessionTokens> tokens_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace stentor::sim
