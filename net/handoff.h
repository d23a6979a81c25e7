// The way of a socket to a reactor: from the acceptor thread, and once more from that reactor to
// another when its client says where it belongs (docs/decisions.md, "A connection follows its
// room"). The broadcast queue's lanes, and beside them how many connections each reactor has.
// Thread: each port is its participant's alone; the loads and invite() are any thread's.
// Invariant: a socket is owned by exactly one of acceptor, lane, reactor; load counts it from
// accept to close.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/broadcast_queue.h"
#include "core/cache_line.h"
#include "net/address_limiter.h"
#include "net/peer_address.h"
#include "net/place_limiter.h"
#include "net/tls_session.h"
#include "net/unique_fd.h"

namespace stentor::net {

// What a connection brings along from the reactor that had it before.
struct Luggage {
    std::vector<std::byte> unconsumed;  // plain, for the application
    std::vector<std::byte> received;    // behind them, as the back end had it from the socket
    std::unique_ptr<TlsSession> tls;    // none: not a TLS connection
    PlaceLimiter::Place group_place;
};

struct NewSocket {
    UniqueFd fd;
    PeerAddress peer;
    std::uint32_t listener = 0;
    bool tls = false;                    // its listener speaks TLS
    bool proxied = false;                // its peer is a trusted proxy: a PROXY header comes first
    AddressLimiter::Place place{};       // of its address; a proxied one gets it with its header
    std::unique_ptr<Luggage> luggage{};  // of one that another reactor handed over
};

class Handoff {
public:
    using Queue = core::BroadcastQueue<NewSocket>;
    // A group that is larger shall have more than one core.
    static constexpr std::uint32_t kHandedOverPerGroup = 64;
    // How many more connections than the mean a reactor may be given, beside an eighth of it.
    static constexpr std::uint64_t kImbalanceMax = 64;

    Handoff(std::uint32_t reactors, std::uint32_t acceptors);

    std::uint32_t reactors() const { return reactors_; }
    Queue::Port& reactor_port(std::uint32_t reactor) { return queue_.port(reactor); }
    Queue::Port& acceptor_port(std::uint32_t acceptor) { return queue_.port(reactors_ + acceptor); }

    // Connections of one reactor, those still in a lane included. Relaxed, as all of these: the
    // figures guide choices and order nothing.
    std::uint32_t load(std::uint32_t reactor) const {
        return loads_[reactor].connections.load(std::memory_order_relaxed);
    }
    // Of all reactors; exact at any time, whoever is being handed over.
    std::uint32_t total() const { return total_.connections.load(std::memory_order_relaxed); }
    void add(std::uint32_t reactor) {
        change(loads_[reactor], 1);
        change(total_, 1);
    }
    void subtract(std::uint32_t reactor) {
        change(loads_[reactor], -1);
        change(total_, -1);
    }
    void move(std::uint32_t from, std::uint32_t to) {
        change(loads_[from], -1);
        change(loads_[to], 1);
    }
    // May one more connection of `group` be handed over to this reactor? Its place there; nothing
    // if the group or the reactor has enough.
    std::optional<PlaceLimiter::Place> invite(std::uint32_t reactor, std::uint64_t group);

private:
    struct alignas(core::kCacheLineBytes) Load {
        std::atomic<std::uint32_t> connections{0};
    };
    static void change(Load& load, int by) {
        load.connections.fetch_add(static_cast<std::uint32_t>(by), std::memory_order_relaxed);
    }

    std::uint32_t reactors_;
    PlaceLimiter groups_{kHandedOverPerGroup};  // before what holds places in it
    Queue queue_;
    std::unique_ptr<Load[]> loads_;
    Load total_;
};

}  // namespace stentor::net
