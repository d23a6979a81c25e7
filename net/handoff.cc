// Sockets to reactors, how many each of them has, and who may be handed over to it.
// Thread: see handoff.h.
// Invariant: see handoff.h.
#include "net/handoff.h"

#include <algorithm>
#include <bit>

namespace stentor::net {

namespace {

constexpr std::size_t kLaneSockets = 256;

// Each pair of reactors may come to have a lane: together a few megabytes at most.
std::size_t lane_slots(std::size_t reactors) {
    constexpr std::size_t kSlotsInAll = 128 * 1024;
    return std::clamp<std::size_t>(std::bit_floor(kSlotsInAll / (reactors * reactors)), 32,
                                   kLaneSockets);
}

}  // namespace

Handoff::Handoff(std::uint32_t reactors, std::uint32_t acceptors)
    : reactors_(reactors),
      queue_({.participants = reactors + acceptors,
              .ranks = 1,
              .lane_slots = lane_slots(reactors),
              .pending_max = kLaneSockets}),
      loads_(std::make_unique<Load[]>(reactors)) {}

std::optional<PlaceLimiter::Place> Handoff::invite(std::uint32_t reactor, std::uint64_t group) {
    const std::uint64_t mean = total() / reactors_;
    if (load(reactor) > mean + mean / 8 + kImbalanceMax) return std::nullopt;
    return groups_.take(group);
}

}  // namespace stentor::net
