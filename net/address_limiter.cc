// Places by a keyed hash of the address.
// Thread: any.
// Invariant: see address_limiter.h.
#include "net/address_limiter.h"

#include <string_view>

namespace stentor::net {

AddressLimiter::AddressLimiter(std::uint32_t max_per_address, core::HashKey key)
    : key_(key), places_(max_per_address) {}

std::optional<AddressLimiter::Place> AddressLimiter::take(const PeerAddress& peer) {
    const bool counts = peer.family != PeerAddress::Family::kNone && places_.max_per_key() > 0;
    if (!counts) return Place{};
    const std::size_t prefix_bytes = peer.family == PeerAddress::Family::kV4 ? 4 : 8;
    const std::string_view prefix(reinterpret_cast<const char*>(peer.bytes.data()), prefix_bytes);
    return places_.take(core::siphash_1_3(key_, prefix));
}

}  // namespace stentor::net
