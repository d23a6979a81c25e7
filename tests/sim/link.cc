// The reactor's part of a turn, and the Link calls. Thread: the simulation has one.
// Invariant: see link.h.
#include "tests/sim/link.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/check.h"
#include "core/mirrored_ring.h"

namespace stentor::sim {

namespace {

// A reactor's ring (ReactorConfig::ring_bytes).
constexpr std::size_t kRingBytes = 128 * 1024;
constexpr core::Duration kFinish = std::chrono::seconds{3};
constexpr core::Duration kLinger = std::chrono::seconds{1};

}  // namespace

SimLink::SimLink(World& world, std::uint32_t shard, HandOn hand_on)
    : world_(world), shard_(shard), hand_on_(std::move(hand_on)), runs_(world) {}

SimLink::~SimLink() {
    for (const Arrival& arrival : arriving_) {
        world_.report.saw(Seen::kHandOverLost, arrival.was_handed_over ? 1 : 0);
    }
    slab_.for_each(
        [this](core::SlabKey, Connection& connection) { connection.outbox.clear(parcels_); });
}

SimLink::Connection* SimLink::find(ConnectionId id) {
    return id.shard != shard_ ? nullptr : slab_.find({id.slot, id.generation});
}
const SimLink::Connection* SimLink::find(ConnectionId id) const {
    return id.shard != shard_ ? nullptr : slab_.find({id.slot, id.generation});
}

// ---- what there is to do

bool SimLink::wants_bytes(const Connection& connection) const {
    if (connection.state != State::kOpen || connection.paused) {
        return false;
    }
    return !connection.handed_in ||
           (!connection.wire->to_server.empty() && connection.held_bytes < kRingBytes);
}

bool SimLink::owes_end(const Connection& connection) const {
    const Wire& wire = *connection.wire;
    return connection.state == State::kOpen && !connection.paused && !connection.told_of_end &&
           connection.handed_in && wire.client_fin && wire.to_server.empty();
}

bool SimLink::connection_has_work(const Connection& connection, core::Instant now) const {
    const Wire& wire = *connection.wire;
    if (wire.client_reset || connection.state == State::kClosed) {
        return true;
    }
    if (!connection.outbox.empty() && wire.free() > 0) {
        return true;
    }
    if (connection.state != State::kOpen) {
        return (connection.state == State::kFinishing && connection.outbox.empty()) ||
               !wire.to_server.empty() || (wire.client_fin && !connection.told_of_end) ||
               connection.patience_ends <= now;
    }
    return wants_bytes(connection) || owes_end(connection) ||
           (connection.watches_drain &&
            connection.outbox.bytes() <= world_.plan.limits.outbox_bytes / 2);
}

bool SimLink::has_work(core::Instant now) const {
    bool found =
        std::ranges::any_of(arriving_, [now](const Arrival& arrival) { return arrival.at <= now; });
    slab_.for_each([&](core::SlabKey, const Connection& connection) {
        found = found || connection_has_work(connection, now);
    });
    return found;
}

std::optional<core::Instant> SimLink::next_deadline() const {
    std::optional<core::Instant> next;
    for (const Arrival& arrival : arriving_) next = std::min(next.value_or(arrival.at), arrival.at);
    slab_.for_each([&](core::SlabKey, const Connection& connection) {
        if (connection.state != State::kOpen && (!next || connection.patience_ends < *next)) {
            next = connection.patience_ends;
        }
    });
    return next;
}

// ---- receive

void SimLink::receive(net::Application& application) {
    for (Arrival& arrival : std::exchange(arriving_, {})) {
        if (arrival.at <= now_) {
            open(arrival, application);
        } else {
            arriving_.push_back(std::move(arrival));
        }
    }
    slab_.for_each([&](core::SlabKey, Connection& connection) {
        // A readiness list holds some of them, and a turn has a budget.
        if (!world_.choice.one_in(4)) {
            receive_from(connection, application);
        }
    });
}

void SimLink::receive_from(Connection& connection, net::Application& application) {
    const Wire& wire = *connection.wire;
    if (connection.state == State::kClosed) {
        return;
    }
    if (wire.client_reset) {
        connection.state = State::kClosed;
        return;
    }
    if (connection.state != State::kOpen) {
        throw_away(connection);
        return;
    }
    if (wants_bytes(connection)) {
        hand_in(connection, application);
    }
    if (owes_end(connection)) {
        connection.told_of_end = true;
        application.on_peer_finished(connection.id);
    }
}

void SimLink::hand_in(Connection& connection, net::Application& application) {
    std::string& stream = connection.wire->to_server;
    const std::size_t room = kRingBytes - connection.held_bytes;
    std::size_t fresh = std::min(room, stream.size());
    // Half the time all that is there, else cut anywhere.
    if (fresh > 0 && world_.choice.one_in(2)) {
        fresh = world_.choice.piece_of(fresh);
    }
    // A new block of the exact size each time: reading behind it, or through a pointer into the
    // bytes of the last call, is an error that AddressSanitizer sees.
    const std::size_t size = connection.held_bytes + fresh;
    auto bytes = std::make_unique<std::byte[]>(size + core::kReadablePaddingBytes);
    if (connection.held_bytes > 0) {
        std::memcpy(bytes.get(), connection.held.get(), connection.held_bytes);
    }
    if (fresh > 0) {
        std::memcpy(bytes.get() + connection.held_bytes, stream.data(), fresh);
        stream.erase(0, fresh);
        connection.last_received = now_;
    }
    connection.held = std::move(bytes);
    connection.held_bytes = size;
    connection.handed_in = true;

    handed_up_ = connection.id;
    const std::size_t done = application.on_bytes(connection.id, {connection.held.get(), size});
    handed_up_ = {};
    if (!world_.report.expect(done <= size, "on_bytes consumed {} of {}", done, size)) {
        return;
    }
    std::memmove(connection.held.get(), connection.held.get() + done, size - done);
    connection.held_bytes = size - done;
    if (connection.held_bytes == kRingBytes) {
        connection.state = State::kClosed;
    }
}

void SimLink::throw_away(Connection& connection) {
    Wire& wire = *connection.wire;
    wire.to_server.clear();
    if (wire.client_fin) {
        connection.told_of_end = true;
        if (connection.state == State::kLingering) {
            connection.state = State::kClosed;
        }
    }
}

// ---- flush

void SimLink::flush(net::Application& application) {
    slab_.for_each([&](core::SlabKey, Connection& connection) {
        if (connection.state == State::kOpen || connection.state == State::kFinishing) {
            flush_to(connection);
        }
        if (connection.state == State::kOpen && connection.watches_drain &&
            connection.outbox.bytes() <= world_.plan.limits.outbox_bytes / 2) {
            connection.watches_drain = false;
            application.on_drained(connection.id);
        }
    });
}

void SimLink::flush_to(Connection& connection) {
    Wire& wire = *connection.wire;
    std::size_t bytes = std::min(wire.free(), connection.outbox.bytes());
    if (world_.choice.one_in(8)) {
        bytes = world_.choice.below(bytes + 1);  // a short write, or none within the budget
    }
    std::size_t left = bytes;
    while (left > 0) {
        std::array<iovec, 8> pieces{};
        const std::size_t count = connection.outbox.gather(pieces, left);
        std::size_t taken = 0;
        for (std::size_t i = 0; i < count && taken < left; ++i) {
            const std::size_t part = std::min(pieces[i].iov_len, left - taken);
            wire.to_client.append(static_cast<const char*>(pieces[i].iov_base), part);
            taken += part;
        }
        connection.outbox.consume(taken, parcels_);
        left -= taken;
    }
    if (connection.state == State::kFinishing && connection.outbox.empty()) {
        wire.server_fin = true;
        connection.state = State::kLingering;
        connection.patience_ends = now_ + kLinger;
        if (connection.told_of_end) {
            connection.state = State::kClosed;
        }
    }
}

// ---- reap

void SimLink::reap(net::Application& application) {
    slab_.for_each([&](core::SlabKey key, Connection& connection) {
        if (connection.state != State::kOpen && connection.patience_ends <= now_) {
            connection.state = State::kClosed;
        }
        if (connection.state == State::kClosed) {
            reap_one(connection, key, application);
        }
    });
    slab_.release_freed();
}

void SimLink::reap_one(Connection& connection, core::SlabKey key, net::Application& application) {
    const ConnectionId id = connection.id;
    if (connection.next_shard) {
        hand_on(connection);
    } else if (!connection.wire->server_fin) {
        connection.wire->server_reset = true;
        connection.wire->to_client.clear();
    }
    connection.outbox.clear(parcels_);
    slab_.erase(key);  // from here on the id is dead
    application.on_closed(id);
}

// ---- net::Link

std::size_t SimLink::send_parts(ConnectionId id, std::span<const std::byte> head,
                                std::span<const std::byte> body) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->state != State::kOpen) {
        return 0;
    }
    const std::size_t backlog = connection->outbox.bytes();
    connection->outbox.append_answer(head, parcels_);
    connection->outbox.append_answer(body, parcels_);
    return backlog;
}

void SimLink::deliver(std::span<const std::uint32_t> slots, net::Parcel& parcel,
                      std::vector<std::uint32_t>& full) {
    runs_.delivered(parcel);
    for (const std::uint32_t slot : slots) {
        Connection* connection = slab_.at(slot);
        if (!world_.report.expect(connection != nullptr,
                                  "deliver() to the dead slot {} of shard {}", slot, shard_)) {
            continue;
        }
        if (connection->state != State::kOpen) {
            continue;  // finished within this turn: nobody misses it
        }
        if (connection->outbox.has_room(parcel.bytes.size(), world_.plan.limits.outbox_bytes)) {
            connection->outbox.push(parcel);
        } else {
            full.push_back(slot);
        }
    }
}

net::Parcel& SimLink::make_parcel(core::SharedBytes bytes) {
    return parcels_.make(std::move(bytes));
}
void SimLink::release_parcel(net::Parcel& parcel) {
    parcels_.release_unheld(parcel);
}

std::size_t SimLink::shed_ephemeral(ConnectionId id) {
    Connection* connection = find(id);
    const std::size_t freed =
        connection == nullptr ? 0 : connection->outbox.shed_ephemeral(parcels_);
    world_.report.saw(Seen::kShedEphemeral, freed > 0 ? 1 : 0);
    return freed;
}

std::optional<std::uint32_t> SimLink::heaviest_topic(ConnectionId id) const {
    const Connection* connection = find(id);
    return connection == nullptr ? std::nullopt : connection->outbox.heaviest_topic();
}

std::optional<net::OldestEvents> SimLink::oldest_events(ConnectionId id) const {
    const Connection* connection = find(id);
    return connection == nullptr ? std::nullopt : connection->outbox.oldest_events();
}

std::uint64_t SimLink::shed_topic(ConnectionId id, std::uint32_t topic) {
    Connection* connection = find(id);
    if (connection == nullptr) return 0;
    const std::size_t large_before = RunWatch::large_pieces(connection->outbox);
    std::size_t freed_bytes = 0;
    const std::uint64_t from = connection->outbox.shed_topic(topic, parcels_, freed_bytes);
    world_.report.saw(Seen::kLargeRunLetGo,
                      large_before - RunWatch::large_pieces(connection->outbox));
    return from;
}

std::size_t SimLink::backlog_bytes(ConnectionId id) const {
    const Connection* connection = find(id);
    return connection == nullptr ? 0 : connection->outbox.bytes();
}

void SimLink::watch_drain(ConnectionId id) {
    if (Connection* connection = find(id); connection != nullptr) {
        connection->watches_drain = true;
    }
}

void SimLink::pause(ConnectionId id) {
    Connection* connection = find(id);
    if (connection != nullptr && !connection->paused) {
        connection->paused = true;
        ++pauses_;
    }
}

void SimLink::resume(ConnectionId id) {
    Connection* connection = find(id);
    if (connection != nullptr && connection->paused) {
        connection->paused = false;
        connection->handed_in = connection->held_bytes == 0;
    }
}

void SimLink::finish(ConnectionId id) {
    Connection* connection = find(id);
    if (connection != nullptr && connection->state == State::kOpen) {
        connection->state = State::kFinishing;
        connection->patience_ends = now_ + kFinish;
    }
}

void SimLink::abort(ConnectionId id) {
    if (Connection* connection = find(id); connection != nullptr) {
        connection->state = State::kClosed;
    }
}

core::Instant SimLink::last_received(ConnectionId id) const {
    const Connection* connection = find(id);
    return connection == nullptr ? core::Instant{} : connection->last_received;
}

}  // namespace stentor::sim
