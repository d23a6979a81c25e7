// Counts by key, 16 parts under a lock each.
// Thread: any.
// Invariant: see place_limiter.h.
#include "net/place_limiter.h"

#include "core/check.h"

namespace stentor::net {

std::optional<PlaceLimiter::Place> PlaceLimiter::take(std::uint64_t key) {
    Part& part = part_of(key);
    const std::scoped_lock lock(part.mutex);
    std::uint32_t& places = part.places[key];
    if (places >= max_per_key_) return std::nullopt;
    ++places;
    return Place(*this, key);
}

void PlaceLimiter::subtract(std::uint64_t key) {
    Part& part = part_of(key);
    const std::scoped_lock lock(part.mutex);
    const auto at = part.places.find(key);
    STENTOR_CHECK(at != part.places.end());
    if (--at->second == 0) part.places.erase(at);
}

std::size_t PlaceLimiter::keys() const {
    std::size_t count = 0;
    for (const Part& part : parts_) {
        const std::scoped_lock lock(part.mutex);
        count += part.places.size();
    }
    return count;
}

}  // namespace stentor::net
