// The way of an accepted socket from an acceptor thread to a reactor: the broadcast queue's lanes,
// and beside them how many connections each reactor has, by which acceptors choose.
// Thread: each port is its participant's alone; the loads are any thread's.
// Invariant: a socket is owned by exactly one of acceptor, lane, reactor; load counts it from
// accept to close.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "core/broadcast_queue.h"
#include "core/cache_line.h"
#include "net/address_limiter.h"
#include "net/peer_address.h"
#include "net/unique_fd.h"

namespace stentor::net {

struct NewSocket {
    UniqueFd fd;
    PeerAddress peer;
    std::uint32_t listener = 0;
    bool tls = false;               // its listener speaks TLS
    bool proxied = false;           // its peer is a trusted proxy: a PROXY header comes first
    AddressLimiter::Place place{};  // of its address; a proxied one gets it with its header
};

class Handoff {
public:
    using Queue = core::BroadcastQueue<NewSocket>;

    Handoff(std::uint32_t reactors, std::uint32_t acceptors);

    std::uint32_t reactors() const { return reactors_; }
    Queue::Port& reactor_port(std::uint32_t reactor) { return queue_.port(reactor); }
    Queue::Port& acceptor_port(std::uint32_t acceptor) { return queue_.port(reactors_ + acceptor); }

    // Connections of one reactor, those still in a lane included.
    std::uint32_t load(std::uint32_t reactor) const {
        return loads_[reactor].connections.load(std::memory_order_relaxed);
    }
    std::uint64_t total() const;
    // Relaxed: the figure guides a choice and orders nothing.
    void add(std::uint32_t reactor) {
        loads_[reactor].connections.fetch_add(1, std::memory_order_relaxed);
    }
    void subtract(std::uint32_t reactor) {
        loads_[reactor].connections.fetch_sub(1, std::memory_order_relaxed);
    }

private:
    struct alignas(core::kCacheLineBytes) Load {
        std::atomic<std::uint32_t> connections{0};
    };
    std::uint32_t reactors_;
    Queue queue_;
    std::unique_ptr<Load[]> loads_;
};

}  // namespace stentor::net
