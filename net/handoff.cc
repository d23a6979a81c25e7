// New sockets from acceptors to reactors, and how many each reactor has.
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

}  // namespace stentor::net
