// One connection as its reactor keeps it: small, because a hundred thousand of them may be idle; it
// owns no buffer while nothing is pending.
// Thread: owner reactor. Invariant: ring is lent only while received bytes are unconsumed; the two
// dirty links are meaningful only while `dirty`; fd >= 0 from kOpen to kClosed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/connection_id.h"
#include "core/instant.h"
#include "core/mirrored_ring.h"
#include "core/timer_wheel.h"
#include "net/outbox.h"

namespace stentor::net {

enum class ConnectionState : std::uint8_t {
    kFree,
    kOpen,
    kFinishing,  // finish() was called: flushing, received bytes are thrown away
    kLingering,  // shut for writing: throwing away until the peer ends or a second has passed
    kClosed,     // waits for the reap phase
};

struct Connection {
    // What deliver() touches comes first and fits one cache line.
    Outbox outbox;
    std::uint32_t dirty_previous = 0;
    std::uint32_t dirty_next = 0;
    std::uint32_t slot = 0;
    ConnectionState state = ConnectionState::kFree;
    bool dirty : 1 = false;          // in the reactor's dirty list
    bool blocked : 1 = false;        // the socket took less than we had: waits for writable
    bool full : 1 = false;           // the outbox refused a parcel, or went over its limit
    bool paused : 1 = false;         // the application does not want bytes now
    bool watches_drain : 1 = false;  // the application asked for one on_drained()
    bool peer_finished : 1 = false;  // FIN was read
    bool resumed : 1 = false;        // in the reactor's list of held bytes to hand in again
    bool reaping : 1 = false;        // in the reactor's list for the reap phase
    bool wants_read : 1 = false;     // what the back end was last told
    bool wants_write : 1 = false;
    bool reset_on_close : 1 = false;

    int fd = -1;
    std::uint32_t generation = 0;
    std::uint32_t window_bytes = 0;  // sent since the stall window began
    core::Instant last_received{};
    core::Instant last_sent{};  // last time bytes left, or the backlog began
    core::MirroredRing ring;    // lent while bytes are pending
    core::Timer timer;          // open: stall; finishing, lingering: the end of patience

    bool alive() const {
        return state != ConnectionState::kFree && state != ConnectionState::kClosed;
    }
};
static_assert(sizeof(Connection) <= 192);

}  // namespace stentor::net
