// How many connections each address has, and a place for one more or none (--max-connections-per-
// address). IPv4 counts by address, IPv6 by /64, Unix sockets not at all.
// Thread: any (place_limiter.h).
// Invariant: only addresses that have a connection now are kept, so they are bounded by the
// connections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/hash.h"
#include "net/peer_address.h"
#include "net/place_limiter.h"

namespace stentor::net {

class AddressLimiter {
public:
    using Place = PlaceLimiter::Place;  // a connection's

    // `max_per_address` 0: no limit, nothing is counted and each Place is empty. The key is random:
    // who chooses addresses cannot choose collisions.
    AddressLimiter(std::uint32_t max_per_address, core::HashKey key);

    // Nothing: the address has as many as it may have.
    std::optional<Place> take(const PeerAddress& peer);
    // For the metrics.
    std::size_t addresses() const { return places_.keys(); }

private:
    const core::HashKey key_;
    PlaceLimiter places_;
};

}  // namespace stentor::net
