// Sockets to reactors, how many each of them has, and who may be handed over to it.
// Thread: see handoff.h.
// Invariant: see handoff.h.
#include "net/handoff.h"

namespace stentor::net {

namespace {

constexpr std::size_t kLaneSockets = 256;

}  // namespace

Handoff::Handoff(std::uint32_t reactors, std::uint32_t acceptors)
    : reactors_(reactors),
      queue_({.participants = reactors + acceptors,
              .ranks = 1,
              .lane_slots = kLaneSockets,
              .pending_max = kLaneSockets}),
      loads_(std::make_unique<Load[]>(reactors)) {}

std::uint64_t Handoff::total() const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < reactors_; ++i) sum += load(i);
    return sum;
}

std::optional<PlaceLimiter::Place> Handoff::invite(std::uint32_t reactor, std::uint64_t group) {
    const std::uint64_t mean = total() / reactors_;
    if (load(reactor) > mean + mean / 8 + kImbalanceMax) return std::nullopt;
    return groups_.take(group);
}

}  // namespace stentor::net
