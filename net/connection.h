// One connection as its reactor keeps it: small, because a hundred thousand of them may be idle; it
// owns no buffer while nothing is pending.
// Thread: owner reactor.
// Invariant: `ring` is there only while received bytes are unconsumed, `patience` exactly while
// `full` or after finish(); the two dirty links mean something only while `dirty`; fd >= 0 until
// the reap phase.
#pragma once

#include <cstdint>
#include <memory>

#include "core/connection_id.h"
#include "core/instant.h"
#include "core/mirrored_ring.h"
#include "core/timer_wheel.h"
#include "net/outbox.h"

namespace stentor::net {

enum class ConnectionState : std::uint8_t {
    kOpen,
    kFinishing,  // finish() was called: flushing; what is received is thrown away
    kLingering,  // shut for writing: throwing away until the peer ends or a second has passed
    kClosed,     // waits for the reap phase
};

// How long a connection that does not go as it should may go on: one whose outbox is full, or one
// that is ending.
struct Patience {
    explicit Patience(core::ConnectionId id) : timer(id.packed()) {}

    core::Timer timer;               // open: stall; finishing and lingering: the end of patience
    core::Instant window_began{};    // of the stall rule
    core::Instant last_sent{};       // the last time bytes left, since then
    std::uint32_t window_bytes = 0;  // sent since the window began
};

struct Connection {
    Connection(core::ConnectionId name, int socket) : id(name), fd(socket) {}

    // What deliver() touches comes first, to fit a cache line or two.
    Outbox outbox;
    const core::ConnectionId id;
    ConnectionState state = ConnectionState::kOpen;
    bool dirty : 1 = false;    // in the reactor's dirty list
    bool blocked : 1 = false;  // the socket took less than we had: waits for writable
    bool full : 1 = false;     // a parcel was refused, the limit passed, or the application waits
                               // for the drain; until it is half empty
    bool paused : 1 = false;   // the application does not want bytes now
    bool watches_drain : 1 = false;  // the application asked for one on_drained()
    bool peer_finished : 1 = false;  // FIN was read
    bool resumed : 1 = false;        // in the reactor's list of held bytes to hand in again
    bool wants_read : 1 = true;      // what the back end was told last
    bool wants_write : 1 = false;
    bool reset_on_close : 1 = false;
    bool tls : 1 = false;           // a TLS session stands beside it (Reactor::tls_)
    bool awaits_proxy : 1 = false;  // its first bytes are a PROXY header, not yet whole
    bool leaving : 1 = false;       // closed here, and handed over in the reap phase
    int fd;
    Connection* dirty_previous = nullptr;
    Connection* dirty_next = nullptr;
    core::Instant last_received{};
    std::unique_ptr<core::MirroredRing> ring;  // lent
    std::unique_ptr<Patience> patience;
};
static_assert(sizeof(Connection) == 96, "docs/limits.md sums up what a connection costs");

}  // namespace stentor::net
