// How many connections each address has, and a place for one more or none (--max-connections-per-
// address). IPv4 counts by address, IPv6 by /64, Unix sockets not at all.
// Thread: any; the table is sharded under locks, which an accept and a close take once each.
// Invariant: the table holds only addresses that have a connection now, so it is bounded by the
// connections.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/cache_line.h"
#include "core/hash.h"
#include "net/peer_address.h"

namespace stentor::net {

class AddressLimiter {
public:
    // A connection's place; gives itself back.
    class Place {
    public:
        Place() = default;
        Place(Place&& other) noexcept
            : limiter_(std::exchange(other.limiter_, nullptr)), key_(other.key_) {}
        Place& operator=(Place&& other) noexcept {
            if (this != &other) {
                give_back();
                limiter_ = std::exchange(other.limiter_, nullptr);
                key_ = other.key_;
            }
            return *this;
        }
        ~Place() { give_back(); }
        explicit operator bool() const { return limiter_ != nullptr; }

    private:
        friend class AddressLimiter;
        Place(AddressLimiter& limiter, std::uint64_t key) : limiter_(&limiter), key_(key) {}
        void give_back() {
            if (limiter_ != nullptr) std::exchange(limiter_, nullptr)->subtract(key_);
        }
        AddressLimiter* limiter_ = nullptr;
        std::uint64_t key_ = 0;
    };

    // `max_per_address` 0: no limit, nothing is counted and each Place is empty. The key is random:
    // who chooses addresses cannot choose collisions.
    AddressLimiter(std::uint32_t max_per_address, core::HashKey key);

    // Nothing: the address has as many as it may have.
    std::optional<Place> take(const PeerAddress& peer);
    // For the metrics.
    std::size_t addresses() const;

private:
    struct alignas(core::kCacheLineBytes) Part {
        mutable std::mutex mutex;
        boost::unordered_flat_map<std::uint64_t, std::uint32_t> connections;
    };
    void subtract(std::uint64_t key);
    Part& part_of(std::uint64_t key) { return parts_[key >> 60]; }

    const std::uint32_t max_per_address_;
    const core::HashKey key_;
    std::array<Part, 16> parts_;
};

}  // namespace stentor::net
