// The lock-free broadcast queue (docs/decisions.md, "Lanes"): for each ordered pair of participants
// and each rank one single-producer single-consumer lane, a ready bit a producer, and a doorbell
// for sleepers. FIFO a lane by construction, no compare-and-swap on the hot path. What makes
// wake-ups safe is written down in doorbell.h (sleeping), ready_bits.h (which lane) and lane.h
// (waiting for room).
// Thread: each Port is its participant's alone.
// Invariant: what was pushed to (to, rank) first is drained first, whether or not it had to wait in
// the pending list.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/doorbell.h"
#include "core/lane.h"
#include "core/metrics.h"
#include "core/ready_bits.h"
#include "core/thread_owner.h"

namespace stentor::core {

struct BroadcastQueueConfig {
    std::uint32_t participants = 1;
    std::uint32_t ranks = 1;
    std::size_t lane_slots = 1024;   // a power of two; lanes are allocated on first use
    std::size_t pending_max = 1024;  // has_room() turns false here; push() itself never fails
};

// What one port has done; any thread may read it.
struct PortCounters {
    Counter pushed;
    Counter pended;  // of those, how many found their lane full
    Counter drained;
    Counter rang;   // doorbells of others that were written to
    Gauge pending;  // as of the last publish()
};

template <typename Envelope>
class BroadcastQueue {
public:
    explicit BroadcastQueue(const BroadcastQueueConfig& config) : config_(config) {
        STENTOR_CHECK(config_.participants > 0 && config_.ranks > 0 && config_.pending_max > 0);
        lanes_.resize(std::size_t{config_.participants} * config_.participants * config_.ranks);
        ports_.reserve(config_.participants);
        for (std::uint32_t id = 0; id < config_.participants; ++id) {
            ports_.push_back(std::make_unique<Port>(*this, id));
        }
    }
    // All participants are done with it. Destroys what was not drained.
    ~BroadcastQueue() = default;
    BroadcastQueue(const BroadcastQueue&) = delete;
    BroadcastQueue& operator=(const BroadcastQueue&) = delete;

    // The port of one participant; references stay valid as long as the queue.
    class Port;
    Port& port(std::uint32_t participant) { return *ports_[participant]; }

    class Port {
    public:
        Port(BroadcastQueue& queue, std::uint32_t id);
        Port(const Port&) = delete;
        Port& operator=(const Port&) = delete;

        std::uint32_t id() const { return id_; }
        const PortCounters& counters() const { return counters_; }
        // From now on only the calling thread may use the port (asserted in debug builds).
        void adopt() { owner_.adopt(); }

        // ---- producer side
        // Never fails and never overtakes: when the lane is full the envelope waits in the pending
        // list of (to, rank). A caller that may wait asks has_room() first. to == id() is a lane
        // like the others. Becomes visible to the consumer at the next publish(). `what` is an
        // Envelope, or what one is made from, which is cheaper (Lane::try_push()).
        template <typename What = Envelope>
        void push(std::uint32_t to, std::uint32_t rank, What&& what);
        std::size_t pending_max() const { return queue_.config_.pending_max; }
        // Is the pending list of (to, rank) below pending_max?
        bool has_room(std::uint32_t to, std::uint32_t rank) const {
            return pending(to, rank) < queue_.config_.pending_max;
        }
        // Are all pending lists of this rank below pending_max?
        bool has_room(std::uint32_t rank) const {
            owner_.assert_here();
            return full_lists_[rank] == 0;
        }
        std::size_t pending(std::uint32_t to, std::uint32_t rank) const {
            owner_.assert_here();
            const Outgoing& out = outgoing_[index_of(to, rank)];
            return out.pending == nullptr ? 0 : out.pending->size();
        }
        std::size_t pending() const {
            owner_.assert_here();
            return pending_;
        }
        // Once a turn: moves what is pending into lanes, makes all pushes visible, sets ready bits
        // and rings the doorbells of sleepers: at most one wake-up a destination a call.
        // Returns true when something could not be handed over yet (pending() > 0).
        bool publish();

        // ---- consumer side
        // Hands over up to `budget` envelopes of this rank, fair between producers: fn(from,
        // Envelope&&). fn may push, also to this port; it may not drain. Asks `may_continue()`
        // before each envelope and stops when it says false. Returns how many were handed over.
        template <typename MayContinue, typename Fn>
        std::size_t drain(std::uint32_t rank, std::size_t budget, MayContinue&& may_continue,
                          Fn&& fn);
        // Is anything waiting in a lane to us that was published before this call?
        bool has_work() const {
            return std::ranges::any_of(ready_, [](const ReadyBits& bits) { return bits.any(); });
        }

        // The sleep protocol. prepare_sleep() says true when it is safe to block on
        // doorbell().fd(): from then on every publish() towards us rings, and so does every drain()
        // that makes room for what is pending here. After waking, or when it said false: awake(),
        // and a turn that drains and publishes.
        bool prepare_sleep();
        void awake() { doorbell_.awake(); }
        Doorbell& doorbell() { return doorbell_; }

    private:
        // A producer may hand over this many before it is the next one's turn.
        static constexpr std::size_t kQuantum = 64;
        // The way to one (to, rank): made on first use.
        struct Outgoing {
            Lane<Envelope>* lane = nullptr;
            std::unique_ptr<std::deque<Envelope>> pending;
            bool dirty = false;  // its index is in dirty_: unpublished or pending
        };

        std::size_t index_of(std::uint32_t to, std::uint32_t rank) const {
            return std::size_t{to} * queue_.config_.ranks + rank;
        }
        bool is_full(const Outgoing& out) const {
            return out.pending->size() >= queue_.config_.pending_max;
        }
        void pend(Outgoing& out, std::uint32_t rank, Envelope&& envelope) STENTOR_REQUIRES(owner_);
        void unpend(Outgoing& out, std::uint32_t rank) STENTOR_REQUIRES(owner_);
        void announce(std::uint32_t to, std::uint32_t rank) STENTOR_REQUIRES(owner_);
        void ring_announced() STENTOR_REQUIRES(owner_);

        BroadcastQueue& queue_;
        const std::uint32_t id_;
        ThreadOwner owner_;
        PortCounters counters_;
        Doorbell doorbell_;
        // consumer side, by rank
        std::vector<ReadyBits> ready_;
        // the producer whose turn it is
        std::vector<std::uint32_t> next_from_ STENTOR_GUARDED_BY(owner_);
        // producer side
        std::vector<Outgoing> outgoing_ STENTOR_GUARDED_BY(owner_);  // by index_of
        std::vector<std::size_t> dirty_ STENTOR_GUARDED_BY(owner_);  // indices of outgoing_
        // to whom this publish() made something visible; the same, by participant
        std::vector<std::uint32_t> announced_ STENTOR_GUARDED_BY(owner_);
        std::vector<std::uint8_t> is_announced_ STENTOR_GUARDED_BY(owner_);
        // by rank: pending lists at pending_max or above
        std::vector<std::uint32_t> full_lists_ STENTOR_GUARDED_BY(owner_);
        std::size_t pending_ STENTOR_GUARDED_BY(owner_) = 0;
        bool unpublished_ STENTOR_GUARDED_BY(owner_) = false;
    };

private:
    // The consumer's lanes of one rank lie side by side. A producer stores the pointer before it
    // first sets its ready bit, and the consumer loads it after it took that bit: the bit orders
    // the two.
    std::unique_ptr<Lane<Envelope>>& lane(std::uint32_t from, std::uint32_t to,
                                          std::uint32_t rank) {
        return lanes_[(std::size_t{to} * config_.ranks + rank) * config_.participants + from];
    }

    const BroadcastQueueConfig config_;
    std::vector<std::unique_ptr<Lane<Envelope>>> lanes_;
    std::vector<std::unique_ptr<Port>> ports_;
};

template <typename Envelope>
BroadcastQueue<Envelope>::Port::Port(BroadcastQueue& queue, std::uint32_t id)
    : queue_(queue), id_(id) {
    const BroadcastQueueConfig& config = queue.config_;
    ready_.reserve(config.ranks);
    for (std::uint32_t rank = 0; rank < config.ranks; ++rank) {
        ready_.emplace_back(config.participants);
    }
    next_from_.resize(config.ranks);
    full_lists_.resize(config.ranks);
    outgoing_.resize(std::size_t{config.participants} * config.ranks);
    is_announced_.resize(config.participants);
}

template <typename Envelope>
template <typename What>
void BroadcastQueue<Envelope>::Port::push(std::uint32_t to, std::uint32_t rank, What&& what) {
    owner_.assert_here();
    STENTOR_DCHECK(to < queue_.config_.participants && rank < queue_.config_.ranks);
    const std::size_t index = index_of(to, rank);
    Outgoing& out = outgoing_[index];
    if (out.lane == nullptr) {
        auto& lane = queue_.lane(id_, to, rank);
        lane = std::make_unique<Lane<Envelope>>(queue_.config_.lane_slots);
        out.lane = lane.get();
    }
    if (!out.dirty) {
        out.dirty = true;
        dirty_.push_back(index);
    }
    unpublished_ = true;
    counters_.pushed.add();
    const bool must_wait = out.pending != nullptr && !out.pending->empty();
    if (must_wait || !out.lane->try_push(std::forward<What>(what))) {
        // A try_push() that fails leaves it as it was.
        pend(out, rank, Envelope(std::forward<What>(what)));  // NOLINT(bugprone-use-after-move)
    }
}

template <typename Envelope>
void BroadcastQueue<Envelope>::Port::pend(Outgoing& out, std::uint32_t rank, Envelope&& envelope) {
    if (out.pending == nullptr) {
        out.pending = std::make_unique<std::deque<Envelope>>();
    }
    const bool was_full = is_full(out);
    out.pending->push_back(std::move(envelope));
    full_lists_[rank] += !was_full && is_full(out) ? 1u : 0u;
    ++pending_;
    counters_.pended.add();
}

// Moves what fits from the pending list into its lane.
template <typename Envelope>
void BroadcastQueue<Envelope>::Port::unpend(Outgoing& out, std::uint32_t rank) {
    if (out.pending == nullptr) {
        return;
    }
    const bool was_full = is_full(out);
    while (!out.pending->empty() && out.lane->try_push(std::move(out.pending->front()))) {
        out.pending->pop_front();
        --pending_;
    }
    full_lists_[rank] -= was_full && !is_full(out) ? 1u : 0u;
}

template <typename Envelope>
bool BroadcastQueue<Envelope>::Port::publish() {
    owner_.assert_here();
    unpublished_ = false;
    std::size_t kept = 0;
    for (const std::size_t index : dirty_) {
        Outgoing& out = outgoing_[index];
        const auto to = static_cast<std::uint32_t>(index / queue_.config_.ranks);
        const auto rank = static_cast<std::uint32_t>(index % queue_.config_.ranks);
        unpend(out, rank);
        if (out.lane->publish()) {
            announce(to, rank);
        }
        out.dirty = out.pending != nullptr && !out.pending->empty();
        if (out.dirty) {
            dirty_[kept++] = index;
        }
    }
    dirty_.resize(kept);
    ring_announced();
    counters_.pending.set(static_cast<std::int64_t>(pending_));
    return pending_ > 0;
}

template <typename Envelope>
void BroadcastQueue<Envelope>::Port::announce(std::uint32_t to, std::uint32_t rank) {
    queue_.port(to).ready_[rank].set(id_);
    if (is_announced_[to] == 0) {
        is_announced_[to] = 1;
        announced_.push_back(to);
    }
}

// Rings only when all ready bits are set, so that a sleeper wakes once and finds everything.
template <typename Envelope>
void BroadcastQueue<Envelope>::Port::ring_announced() {
    for (const std::uint32_t to : announced_) {
        is_announced_[to] = 0;
        if (queue_.port(to).doorbell_.ring()) {
            counters_.rang.add();
        }
    }
    announced_.clear();
}

template <typename Envelope>
template <typename MayContinue, typename Fn>
std::size_t BroadcastQueue<Envelope>::Port::drain(std::uint32_t rank, std::size_t budget,
                                                  MayContinue&& may_continue, Fn&& fn) {
    owner_.assert_here();
    ReadyBits& ready = ready_[rank];
    ready.take();
    std::size_t drained = 0;
    bool go_on = true;
    while (go_on && drained < budget) {
        std::uint32_t from = ready.next(next_from_[rank]);
        if (from == ReadyBits::kNone && (from = ready.next(0)) == ReadyBits::kNone) {
            break;
        }
        Lane<Envelope>& lane = *queue_.lane(from, id_, rank);
        const std::size_t count = lane.drain(
            std::min(budget - drained, kQuantum), [&] { return go_on = may_continue(); },
            [&](Envelope&& envelope) { fn(from, std::move(envelope)); });
        drained += count;
        if (count > 0 && lane.take_room_wish() && queue_.port(from).doorbell_.ring()) {
            counters_.rang.add();
        }
        if (lane.drained()) {
            ready.clear(from);
        }
        next_from_[rank] = count > 0 || go_on ? from + 1 : from;
    }
    counters_.drained.add(drained);
    return drained;
}

template <typename Envelope>
bool BroadcastQueue<Envelope>::Port::prepare_sleep() {
    owner_.assert_here();
    if (unpublished_) {
        return false;
    }
    doorbell_.prepare_sleep();
    bool must_stay = has_work();
    // Only lanes with a pending list are still dirty.
    for (std::size_t i = 0; i < dirty_.size() && !must_stay; ++i) {
        Lane<Envelope>& lane = *outgoing_[dirty_[i]].lane;
        lane.ask_for_room();
        must_stay = lane.refresh_room();
    }
    if (must_stay) {
        doorbell_.awake();
    }
    return !must_stay;
}

}  // namespace stentor::core
