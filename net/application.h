// The two small faces between the sockets and what runs on them: Application is called by a
// reactor, Link is what the application calls. The simulation implements Link too, without sockets.
// Thread: owner reactor for all of it.
// Invariant: no Link call calls the application back before it returns; for each on_open() exactly
// one on_closed(); no call with an id after its on_closed(); a Link call with a dead id does
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/connection_id.h"
#include "core/instant.h"
#include "net/parcel.h"

namespace stentor::net {

using core::ConnectionId;

class Application {
public:
    virtual ~Application() = default;

    // A connection was accepted, or another shard handed it over. `listener` is the index of the
    // listener that it came by.
    virtual void on_open(ConnectionId id, std::uint32_t listener) = 0;
    // All bytes received and not yet consumed: contiguous, writable in place, with
    // core::kReadablePaddingBytes readable behind them. Returns how many are done with. What is
    // left is handed in again, at the same content, together with what comes later, or after
    // resume(). When `bytes` is as large as a ring and nothing is consumed, and the connection was
    // neither paused nor resumed meanwhile, it is aborted.
    virtual std::size_t on_bytes(ConnectionId id, std::span<std::byte> bytes) = 0;
    // The peer has finished sending (FIN); nothing more will come. The application decides when to
    // finish() or abort().
    virtual void on_peer_finished(ConnectionId id) = 0;
    // The outbox fell to half of the limit or below by what the peer took; called once after each
    // watch_drain().
    virtual void on_drained(ConnectionId id) = 0;
    // The connection is gone; the slot is reused only after this turn.
    virtual void on_closed(ConnectionId id) = 0;

    // Once a turn, after receiving: lanes, then timers. Also called when only a doorbell rang.
    virtual void on_lanes(core::Instant now) = 0;
    virtual void on_timers(core::Instant now) = 0;
    // When on_timers() next has something to do.
    virtual std::optional<core::Instant> next_deadline() const = 0;
    // The sleep protocol: may the reactor block? (core::BroadcastQueue::Port::prepare_sleep/awake)
    virtual bool prepare_sleep() = 0;
    virtual void awake() = 0;
};

class Link {
public:
    virtual ~Link() = default;

    // Queues bytes for one connection (copied; small answers share a block), `body` behind `head`.
    // Never refused: callers that can wait look at the backlog and pause(). Returns what was queued
    // in front of them.
    virtual std::size_t send_parts(ConnectionId id, std::span<const std::byte> head,
                                   std::span<const std::byte> body) = 0;
    std::size_t send(ConnectionId id, std::span<const std::byte> bytes) {
        return send_parts(id, bytes, {});
    }
    // The same for bytes of what on_bytes() is being called with: nobody reads or changes them any
    // more, nor those before them. Many of them are not copied if the socket takes them.
    virtual std::size_t send_received(ConnectionId id, std::span<const std::byte> bytes) {
        return send(id, bytes);
    }
    // Queues one reference to the parcel for each slot of this shard (live connections all). A
    // connection whose outbox has no room for it is left out and its slot appended to `full`.
    virtual void deliver(std::span<const std::uint32_t> slots, Parcel& parcel,
                         std::vector<std::uint32_t>& full) = 0;
    // A parcel for deliver(), counted from zero; it frees itself when the last outbox lets go. A
    // parcel that was delivered to nobody is freed by release_parcel().
    virtual Parcel& make_parcel(core::SharedBytes bytes) = 0;
    virtual void release_parcel(Parcel& parcel) = 0;

    // Lets go of queued parcels that are not yet begun. Ephemeral ones of any topic; returns bytes
    // freed.
    virtual std::size_t shed_ephemeral(ConnectionId id) = 0;
    // The topic whose kEvents parcels not yet begun weigh most; nothing if there is none.
    virtual std::optional<std::uint32_t> heaviest_topic(ConnectionId id) const = 0;
    // The oldest kEvents parcel not yet begun; nothing if there is none.
    virtual std::optional<OldestEvents> oldest_events(ConnectionId id) const = 0;
    // Lets go of that topic's kEvents parcels not yet begun; returns the first_seq of the oldest, 0
    // if none. From then on the peer must take something, as one whose outbox is full.
    virtual std::uint64_t shed_topic(ConnectionId id, std::uint32_t topic) = 0;

    virtual std::size_t backlog_bytes(ConnectionId id) const = 0;
    // Ask for one on_drained(): when the backlog is (or already was) at half of the limit or below.
    // Until then the peer must go on taking something, or it is aborted as one whose outbox is
    // full; letting parcels go is not enough.
    virtual void watch_drain(ConnectionId id) = 0;

    // Stop and go on calling on_bytes() for a connection. After resume() held bytes are handed in
    // again within this turn or the next, without waiting for the socket.
    virtual void pause(ConnectionId id) = 0;
    virtual void resume(ConnectionId id) = 0;

    // Flush what is queued, shut down for writing, then read and throw away until the peer ends or
    // a second has passed, then close (docs/protocol.md, "Errors and closing"). No on_bytes() from
    // here on.
    virtual void finish(ConnectionId id) = 0;
    // Reset at once; what is queued is lost.
    virtual void abort(ConnectionId id) = 0;

    // The connection goes on at another shard: what on_bytes(), which is being called with it,
    // leaves is handed in there first. Here it is as after abort(), on_closed() comes. `group` says
    // with whom it wants to be (a keyed hash, all 64 bits of it), `listener` what on_open() is told
    // there. False: it stays, since
    // shard or group has enough connections, or something is queued for it.
    virtual bool hand_over(ConnectionId /*id*/, std::uint32_t /*shard*/, std::uint64_t /*group*/,
                           std::uint32_t /*listener*/) {
        return false;
    }

    // Time of the last byte received from this connection, for liveness.
    virtual core::Instant last_received(ConnectionId id) const = 0;
    // The instant of this turn.
    virtual core::Instant now() const = 0;
};

}  // namespace stentor::net
