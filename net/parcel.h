// A parcel is what an outbox holds: shared bytes, counted without atomics within one shard, with a
// tag by which the application recognises it. One parcel serves all members of a room on a shard.
// Thread: owner reactor.
// Invariant: references counts the outboxes (and builders) that hold it.
#pragma once

#include <cstdint>

#include "core/instant.h"
#include "core/shared_bytes.h"

namespace stentor::net {

// What may happen to a parcel that was not yet begun when its connection reads too slowly
// (docs/protocol.md, slow readers).
enum class ParcelKind : std::uint8_t {
    kAnswer,     // never let go
    kEvents,     // part of a room's log: may be let go as a whole room, becomes a gap
    kEphemeral,  // presence, typing, read positions: first to be let go
};

struct Parcel {
    core::SharedBytes bytes;
    std::uint32_t references = 0;
    ParcelKind kind = ParcelKind::kAnswer;
    std::uint32_t topic = 0;      // the application's room number on this shard
    std::uint64_t first_seq = 0;  // of kEvents: the events inside, first..last
    std::uint64_t last_seq = 0;
    core::Instant made{};  // by the application's clock
};

// What waits longest in an outbox of what may become a gap.
struct OldestEvents {
    std::uint32_t topic;
    core::Instant made;
};

}  // namespace stentor::net
