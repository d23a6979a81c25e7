// See receive_rings.h.
// Thread: see receive_rings.h.
// Invariant: see receive_rings.h.
#include "net/receive_rings.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace stentor::net {

namespace {

// How many connections of a reactor may keep more than a lent ring holds; behind them the scratch
// ring is no larger than the others.
constexpr std::uint32_t kLargeRingsMax = 16;
constexpr std::uint32_t kLargeRingsKept = 2;
// To copy so much is cheaper than to receive into a ring that is not in the cache; more would let
// a peer that sends byte by byte have it all copied each time.
constexpr std::size_t kBroughtBackBytesMax = 24 * 1024;

void move_all(core::MirroredRing& from, core::MirroredRing& to) {
    const std::span<std::byte> held = from.readable();
    std::ranges::copy(held, to.writable().begin());
    to.commit(held.size());
    from.consume(held.size());
}

}  // namespace

std::expected<ReceiveRings, core::Error> ReceiveRings::create(const Config& config) {
    STENTOR_CHECK(config.scratch_bytes >= config.ring_bytes);
    auto rings =
        core::RingPool::create({.ring_bytes = config.ring_bytes, .rings_max = config.rings_max});
    if (!rings) return std::unexpected(rings.error());
    auto large = core::RingPool::create({.ring_bytes = config.scratch_bytes,
                                         .rings_max = kLargeRingsMax,
                                         .kept_resident = kLargeRingsKept});
    if (!large) return std::unexpected(large.error());
    ReceiveRings made(config, std::move(*rings), std::move(*large));
    if (!made.scratch_) return std::unexpected(core::Error::because("no ring to receive into"));
    return made;
}

ReceiveRings::ReceiveRings(const Config& config, std::unique_ptr<core::RingPool> rings,
                           std::unique_ptr<core::RingPool> large)
    : config_(config),
      rings_(std::move(rings)),
      large_(std::move(large)),
      scratch_(large_->borrow()) {}

std::unique_ptr<core::MirroredRing> ReceiveRings::lend_scratch() {
    core::MirroredRing fresh;
    const bool copies = scratch_.size() <= config_.ring_bytes;
    if (!copies) fresh = large_->borrow();
    if (!fresh) fresh = rings_->borrow();
    if (!fresh) {
        scratch_.consume(scratch_.size());
        return nullptr;
    }
    if (copies) {
        move_all(scratch_, fresh);
    } else {
        std::swap(scratch_, fresh);
    }
    return std::make_unique<core::MirroredRing>(std::move(fresh));
}

void ReceiveRings::bring_back(std::unique_ptr<core::MirroredRing>& ring) {
    if (ring->size() > kBroughtBackBytesMax || ring->size() >= config_.ring_bytes) return;
    STENTOR_DCHECK(scratch_.empty());
    move_all(*ring, scratch_);
    ring.reset();
}

void ReceiveRings::renew_scratch() {
    if (scratch_.capacity() == config_.scratch_bytes) return;
    if (core::MirroredRing large = large_->borrow()) scratch_ = std::move(large);
}

std::uint32_t ReceiveRings::lent() const {
    return rings_->lent() + large_->lent() - 1;  // less the scratch ring
}

}  // namespace stentor::net
