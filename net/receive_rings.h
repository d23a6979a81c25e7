// Where a reactor's sockets receive: one large scratch ring, which stays in the cache because all
// of them share it, and rings lent to those whose bytes must wait (docs/decisions.md, "A ring is
// lent").
// Thread: owner reactor.
// Invariant: scratch is empty between two connections; it is smaller than it should be only while
// all large rings are lent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>

#include "core/error.h"
#include "core/mirrored_ring.h"

namespace stentor::net {

class ReceiveRings {
public:
    struct Config {
        std::size_t ring_bytes;  // of those that are lent
        std::uint32_t rings_max;
        std::size_t scratch_bytes;  // not less than ring_bytes
    };
    static std::expected<ReceiveRings, core::Error> create(const Config& config);

    core::MirroredRing& scratch() { return scratch_; }
    // What scratch holds, in a ring of its own; nothing if none is left, and scratch is empty then,
    // too.
    std::unique_ptr<core::MirroredRing> lend_scratch();
    // What a lent ring holds goes back into the empty scratch, if it is little; `ring` is gone
    // then.
    void bring_back(std::unique_ptr<core::MirroredRing>& ring);
    // Between two connections: as large as it should be again, if that can be.
    void renew_scratch();

    std::size_t ring_bytes() const { return config_.ring_bytes; }
    std::uint32_t lent() const;

private:
    ReceiveRings(const Config& config, std::unique_ptr<core::RingPool> rings,
                 std::unique_ptr<core::RingPool> large);

    Config config_;
    std::unique_ptr<core::RingPool> rings_;
    std::unique_ptr<core::RingPool> large_;
    core::MirroredRing scratch_;
};

}  // namespace stentor::net
