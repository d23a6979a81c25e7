// Counts by a keyed hash of the address, 16 parts under a lock each.
// Thread: any.
// Invariant: see address_limiter.h.
#include "net/address_limiter.h"

#include "core/check.h"

namespace stentor::net {

AddressLimiter::AddressLimiter(std::uint32_t max_per_address, core::HashKey key)
    : max_per_address_(max_per_address), key_(key) {}

std::optional<AddressLimiter::Place> AddressLimiter::take(const PeerAddress& peer) {
    if (max_per_address_ == 0 || peer.family == PeerAddress::Family::kNone) return Place{};
    const std::size_t prefix_bytes = peer.family == PeerAddress::Family::kV4 ? 4 : 8;
    const std::string_view prefix(reinterpret_cast<const char*>(peer.bytes.data()), prefix_bytes);
    const std::uint64_t key = core::siphash_1_3(key_, prefix);
    Part& part = part_of(key);
    const std::scoped_lock lock(part.mutex);
    std::uint32_t& connections = part.connections[key];
    if (connections >= max_per_address_) return std::nullopt;
    ++connections;
    return Place(*this, key);
}

void AddressLimiter::subtract(std::uint64_t key) {
    Part& part = part_of(key);
    const std::scoped_lock lock(part.mutex);
    const auto at = part.connections.find(key);
    STENTOR_CHECK(at != part.connections.end());
    if (--at->second == 0) part.connections.erase(at);
}

std::size_t AddressLimiter::addresses() const {
    std::size_t count = 0;
    for (const Part& part : parts_) {
        const std::scoped_lock lock(part.mutex);
        count += part.connections.size();
    }
    return count;
}

}  // namespace stentor::net
