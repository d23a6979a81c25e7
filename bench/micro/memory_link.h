// A reactor's connections without sockets: real outboxes in a real slab, filled and emptied as
// net::Reactor does, where sendmsg would take everything at once. What the kernel costs is left
// out, on purpose.
// Thread: the benchmark's.
// Invariant: a connection with something to send is in the dirty list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/instant.h"
#include "core/slab.h"
#include "net/application.h"
#include "net/connection.h"
#include "net/parcel_pool.h"

namespace stentor::bench {

class MemoryLink final : public net::Link {
public:
    MemoryLink(const core::Clock& clock, std::size_t outbox_bytes)
        : clock_(clock), outbox_bytes_(outbox_bytes) {}
    ~MemoryLink() override;

    net::ConnectionId connect();
    // Everybody takes everything; the bytes of `watched` are appended to `heard`, if it is not
    // null. Returns how many bytes left in all.
    std::size_t flush(net::ConnectionId watched = {}, std::string* heard = nullptr);

    std::size_t send_parts(net::ConnectionId id, std::span<const std::byte> head,
                           std::span<const std::byte> body) override;
    void deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                 std::vector<std::uint32_t>& full) override;
    net::Parcel& make_parcel(core::SharedBytes bytes) override;
    void release_parcel(net::Parcel& parcel) override;
    std::size_t backlog_bytes(net::ConnectionId id) const override;
    core::Instant last_received(net::ConnectionId) const override { return clock_.now(); }
    core::Instant now() const override { return clock_.now(); }

    // Nobody reads slowly here and nobody ends.
    std::size_t shed_ephemeral(net::ConnectionId) override { return 0; }
    std::optional<std::uint32_t> heaviest_topic(net::ConnectionId) const override { return {}; }
    std::optional<net::OldestEvents> oldest_events(net::ConnectionId) const override { return {}; }
    std::uint64_t shed_topic(net::ConnectionId, std::uint32_t) override { return 0; }
    void watch_drain(net::ConnectionId) override {}
    void pause(net::ConnectionId) override {}
    void resume(net::ConnectionId) override {}
    void finish(net::ConnectionId) override {}
    void abort(net::ConnectionId) override {}

private:
    net::Connection& live(net::ConnectionId id) const;
    void mark_dirty(net::Connection& connection);

    const core::Clock& clock_;
    const std::size_t outbox_bytes_;
    net::ParcelPool parcels_;
    mutable core::Slab<net::Connection> connections_;  // find() has no const twin
    std::vector<net::Connection*> dirty_;
};

}  // namespace stentor::bench
