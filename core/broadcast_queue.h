// The lock-free broadcast queue (decision 3): for each ordered pair of participants and each rank
// one single-producer single-consumer lane, a ready bit a producer, and a doorbell for sleepers.
// FIFO a lane by construction, no compare-and-swap on the hot path. Thread: each Port is its
// participant's alone. Invariant: what was pushed to (to, rank) first is drained first, whether or
// not it had to wait in the pending list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/doorbell.h"

namespace stentor::core {

struct BroadcastQueueConfig {
    std::uint32_t participants = 1;
    std::uint32_t ranks = 1;
    std::size_t lane_slots = 1024;   // a power of two; lanes are allocated on first use
    std::size_t pending_max = 1024;  // has_room() turns false here; push() itself never fails
};

template <typename Envelope>
class BroadcastQueue {
public:
    class Port;

    explicit BroadcastQueue(const BroadcastQueueConfig& config);
    ~BroadcastQueue();

    // The port of one participant; references stay valid as long as the queue.
    Port& port(std::uint32_t participant);

    class Port {
    public:
        std::uint32_t id() const;

        // ---- producer side
        // Never fails and never overtakes: when the lane is full the envelope waits in the pending
        // list of (to, rank). A caller that may wait asks has_room() first. to == id() is a lane
        // like the others. Becomes visible to the consumer at the next publish().
        void push(std::uint32_t to, std::uint32_t rank, Envelope&& envelope);
        // Is the pending list of (to, rank) below pending_max?
        bool has_room(std::uint32_t to, std::uint32_t rank) const;
        // Are all pending lists of this rank below pending_max?
        bool has_room(std::uint32_t rank) const;
        std::size_t pending(std::uint32_t to, std::uint32_t rank) const;
        std::size_t pending() const;
        // Once a turn: moves what is pending into lanes, makes all pushes visible, sets ready bits
        // and rings the doorbells of sleepers: at most one wake-up a destination a call.
        // Returns true when something could not be handed over yet (pending() > 0).
        bool publish();

        // ---- consumer side
        // Hands over up to `budget` envelopes of this rank, fair between producers: fn(from,
        // Envelope&&). fn may push. Asks `may_continue()` before each envelope and stops when it
        // says false. Returns how many were handed over.
        template <typename MayContinue, typename Fn>
        std::size_t drain(std::uint32_t rank, std::size_t budget, MayContinue&& may_continue,
                          Fn&& fn);
        // Is anything waiting in a lane to us that was published before this call?
        bool has_work() const;

        // The sleep protocol. prepare_sleep() says true when it is safe to block on
        // doorbell().fd(): from then on every publish() towards us rings. After waking, or when it
        // said false: awake().
        bool prepare_sleep();
        void awake();
        Doorbell& doorbell();
    };
};

}  // namespace stentor::core
