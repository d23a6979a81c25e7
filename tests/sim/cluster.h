// The whole: a process, the next one when it dies, and clients, and who has its turn next.
// Thread: the simulation has one. Invariant: whatever happens next is drawn from the seed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/front.h"
#include "tests/sim/client.h"
#include "tests/sim/process.h"
#include "tests/sim/world.h"

namespace stentor::sim {

class Cluster {
public:
    explicit Cluster(World& world);

    // Everything happens at once, in any order.
    void be_busy(std::uint32_t steps);
    // Nobody begins anything new; ends when all is answered, paged and quiet. Fails when that does
    // not happen.
    void come_to_rest();
    // The process ends, somehow, and another begins with what the disk holds.
    void crash();
    // A change of presence in every room, by a client that does nothing else.
    void stir_presence();
    // Time passes; who must turn turns.
    void pass(core::Duration time);

    void leave_one_by_one();
    void drain();

    const std::vector<std::unique_ptr<Node>>& nodes() const { return process_->nodes(); }
    const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }
    bool quiet() const { return process_->quiet(); }
    std::uint64_t turns() const { return turns_before_ + process_->turns(); }

private:
    void advance(core::Duration by);
    void move_time();
    void set_wall_clock();
    void turn(Node& node);
    void turn_some_node();
    void something_rare();
    // One turn or read for everybody who has something to do; false when nobody had.
    bool turn_all();
    bool rest_all();
    // To the next deadline of anybody, at most `most`.
    void jump(core::Duration most);

    World& world_;
    const chat::Front front_;
    std::unique_ptr<Process> process_;
    std::uint64_t turns_before_ = 0;                // of the processes that are gone
    std::vector<std::unique_ptr<Client>> clients_;  // the last one only stirs presence
};

}  // namespace stentor::sim
