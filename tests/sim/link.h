// net::Link without sockets: what a reactor does between a shard and its connections, with every
// cut of the byte streams and every delay drawn from the seed (net/application.h is the contract).
// Thread: the simulation has one. Invariant: for each on_open() exactly one on_closed(), in a reap;
// a call with a dead id does nothing; a slot is reused only after the turn in which it died.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/slab.h"
#include "net/application.h"
#include "net/outbox.h"
#include "net/parcel_pool.h"
#include "tests/sim/run_watch.h"
#include "tests/sim/wire.h"
#include "tests/sim/world.h"

namespace stentor::sim {

using core::ConnectionId;

// A connection under way to a shard: from a client, or from the shard that had it before.
struct Arrival {
    std::shared_ptr<Wire> wire;
    std::uint32_t listener = 0;
    core::Instant at{};  // not taken before
    bool was_handed_over = false;
    std::unique_ptr<std::byte[]> held{};  // what the shard before received and did not consume
    std::size_t held_bytes = 0;
};
using HandOn = std::function<void(std::uint32_t shard, Arrival arrival)>;

class SimLink final : public net::Link {
public:
    SimLink(World& world, std::uint32_t shard, HandOn hand_on);
    ~SimLink() override;

    // ---- by the clients, and other links: taken in the next turn, or when it is time.
    void arrive(Arrival arrival) { arriving_.push_back(std::move(arrival)); }

    // ---- by the turn, in this order
    void begin_turn(core::Instant now) { now_ = now; }
    void receive(net::Application& application);
    void flush(net::Application& application);
    void reap(net::Application& application);

    // Would a reactor wake for a socket, or not block at all?
    bool has_work(core::Instant now) const;
    // The next end of patience with a connection that was finished.
    std::optional<core::Instant> next_deadline() const;

    // Those under way to here included.
    std::size_t connections() const { return slab_.size() + arriving_.size(); }
    std::size_t parcels() const { return parcels_.live(); }
    std::uint64_t pauses() const { return pauses_; }

    // ---- net::Link
    std::size_t send_parts(ConnectionId id, std::span<const std::byte> head,
                           std::span<const std::byte> body) override;
    void deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                 std::vector<std::uint32_t>& full) override;
    net::Parcel& make_parcel(core::SharedBytes bytes) override;
    void release_parcel(net::Parcel& parcel) override;
    std::size_t shed_ephemeral(ConnectionId id) override;
    std::optional<std::uint32_t> heaviest_topic(ConnectionId id) const override;
    std::optional<net::OldestEvents> oldest_events(ConnectionId id) const override;
    std::uint64_t shed_topic(ConnectionId id, std::uint32_t topic) override;
    std::size_t backlog_bytes(ConnectionId id) const override;
    void watch_drain(ConnectionId id) override;
    void pause(ConnectionId id) override;
    void resume(ConnectionId id) override;
    void finish(ConnectionId id) override;
    void abort(ConnectionId id) override;
    bool hand_over(ConnectionId id, std::uint32_t shard, std::uint64_t group,
                   std::uint32_t listener) override;
    core::Instant last_received(ConnectionId id) const override;
    core::Instant now() const override { return now_; }

private:
    enum class State : std::uint8_t { kOpen, kFinishing, kLingering, kClosed };
    struct Connection {
        explicit Connection(std::shared_ptr<Wire> on) : wire(std::move(on)) {}
        std::shared_ptr<Wire> wire;
        ConnectionId id;
        State state = State::kOpen;
        std::unique_ptr<std::byte[]> held;  // received and not yet consumed, of the exact size
        std::size_t held_bytes = 0;
        net::Outbox outbox;
        bool paused = false;
        bool handed_in = true;  // what is held was shown since it came, or since resume()
        bool watches_drain = false;
        bool told_of_end = false;
        core::Instant last_received{};
        core::Instant patience_ends{};  // finishing, lingering
        std::uint32_t listener = 0;
        bool was_handed_over = false;               // to here
        std::optional<std::uint32_t> next_shard{};  // closed, and goes on there
    };
    const Connection* find(ConnectionId id) const;
    Connection* find(ConnectionId id);
    bool wants_bytes(const Connection& connection) const;
    bool owes_end(const Connection& connection) const;
    bool connection_has_work(const Connection& connection, core::Instant now) const;
    void open(Arrival& arrival, net::Application& application);
    void receive_from(Connection& connection, net::Application& application);
    void hand_in(Connection& connection, net::Application& application);
    void throw_away(Connection& connection);
    void flush_to(Connection& connection);
    void reap_one(Connection& connection, core::SlabKey key, net::Application& application);
    void hand_on(Connection& connection);

    World& world_;
    const std::uint32_t shard_;
    const HandOn hand_on_;
    core::Instant now_;
    // Found by const functions too; the slab itself is not changed by looking.
    mutable core::Slab<Connection> slab_;
    net::ParcelPool parcels_;
    RunWatch runs_;
    std::vector<Arrival> arriving_;
    ConnectionId handed_up_{};  // whose bytes on_bytes() is being called with
    std::uint64_t pauses_ = 0;
};

}  // namespace stentor::sim
