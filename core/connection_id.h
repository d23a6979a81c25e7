// The name of one connection, generation-tagged: a stale id (in an epoll event, in an envelope that
// was under way while the connection died) finds nothing instead of somebody else
// (docs/decisions.md, "Ids").
// Thread: any; it is a value.
// Invariant: slot and shard are reused, the triple never is (within 2^32).
#pragma once

#include <cstdint>

namespace stentor::core {

struct ConnectionId {
    std::uint32_t generation = 0;
    std::uint32_t slot : 24 = 0;
    std::uint32_t shard : 8 = 0;

    static constexpr std::uint32_t kSlotsMax = 1u << 24;

    constexpr std::uint64_t packed() const {
        return std::uint64_t{generation} << 32 | std::uint64_t{shard} << 24 | std::uint64_t{slot};
    }
    static constexpr ConnectionId unpack(std::uint64_t packed) {
        ConnectionId id;
        id.generation = static_cast<std::uint32_t>(packed >> 32);
        id.shard = static_cast<std::uint32_t>(packed >> 24) & 0xffu;
        id.slot = static_cast<std::uint32_t>(packed) & 0xffffffu;
        return id;
    }
    friend constexpr bool operator==(ConnectionId a, ConnectionId b) {
        return a.packed() == b.packed();
    }
};
static_assert(sizeof(ConnectionId) == 8);

}  // namespace stentor::core
