// So many places for each key and no more: connections of one address, those that were handed over
// for one room.
// Thread: any; the table is sharded under locks, which taking a place and giving it back take once.
// Invariant: the table holds only keys that have a place taken, so it is bounded by the places.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/cache_line.h"

namespace stentor::net {

class PlaceLimiter {
public:
    // Gives itself back.
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
        friend class PlaceLimiter;
        Place(PlaceLimiter& limiter, std::uint64_t key) : limiter_(&limiter), key_(key) {}
        void give_back() {
            if (limiter_ != nullptr) std::exchange(limiter_, nullptr)->subtract(key_);
        }
        PlaceLimiter* limiter_ = nullptr;
        std::uint64_t key_ = 0;
    };

    // Keys are random to whoever could choose collisions, in their upper bits too.
    explicit PlaceLimiter(std::uint32_t max_per_key) : max_per_key_(max_per_key) {}

    // Nothing: the key has as many as it may have. Precondition: it may have one.
    std::optional<Place> take(std::uint64_t key);
    std::size_t keys() const;
    std::uint32_t max_per_key() const { return max_per_key_; }

private:
    struct alignas(core::kCacheLineBytes) Part {
        mutable std::mutex mutex;
        boost::unordered_flat_map<std::uint64_t, std::uint32_t> places;
    };
    void subtract(std::uint64_t key);
    Part& part_of(std::uint64_t key) { return parts_[key >> 60]; }

    const std::uint32_t max_per_key_;
    std::array<Part, 16> parts_;
};

}  // namespace stentor::net
