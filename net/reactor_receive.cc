// The receive phase: new sockets, and bytes from ready sockets into rings and up to the application
// (docs/decisions.md, "A ring is lent").
// Thread: owner reactor.
// Invariant: the scratch ring is empty between connections.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "net/handoff.h"
#include "net/reactor.h"

namespace stentor::net {

namespace {

constexpr std::size_t kNewSocketsPerTurn = 256;

}  // namespace

void Reactor::receive() {
    handshake_time_ = {};
    received_in_turn_ = 0;
    rings_.renew_scratch();
    take_new_sockets();
    hand_in_again();
    while (!events_.empty() && received_in_turn_ < config_.receive_bytes_per_turn) {
        const IoEvent event = events_.front();
        events_ = events_.subspan(1);
        on_event(event);
    }
}

// What comes along with those that others handed over may be half of a turn's bytes, no more: who
// is here already gets his turn.
void Reactor::take_new_sockets() {
    if (handoff_ == nullptr) return;
    handoff_->reactor_port(config_.shard)
        .drain(
            0, kNewSocketsPerTurn,
            [this] { return received_in_turn_ < config_.receive_bytes_per_turn / 2; },
            [this](std::uint32_t, NewSocket&& socket) { open(std::move(socket)); });
}

void Reactor::adopt(NewSocket socket) {
    owner_.assert_here();
    if (handoff_ != nullptr) handoff_->add(config_.shard);
    open(std::move(socket));
}

void Reactor::open(NewSocket socket) {
    ConnectionId id;
    const core::SlabKey key = connections_.next_key();
    id.generation = key.generation;
    id.slot = key.slot & 0xffffffu;
    id.shard = config_.shard;
    if (key.generation == 0 || !backend_->watch(socket.fd.get(), id.packed())) {
        // Out of slots or of kernel memory: nothing was promised to this peer yet.
        if (handoff_ != nullptr) handoff_->subtract(config_.shard);
        metrics_.open_failures_total.add();
        return;
    }
    const auto made = connections_.emplace(id, socket.fd.release());
    STENTOR_CHECK(made);  // next_key() had a slot
    Connection& connection = *made.object;
    connection.last_received = now_;
    metrics_.connections.add(1);
    (socket.luggage ? metrics_.taken_up_total : metrics_.accepted_total).add();
    application_->on_open(id, socket.listener);
    begin_stages(connection, socket);
    if (socket.luggage) take_up(connection, *socket.luggage);
}

// Bytes that were held when the application paused.
void Reactor::hand_in_again() {
    std::swap(resumed_, resumed_now_);
    for (const ConnectionId id : resumed_now_) {
        Connection* connection = find_open(id);
        if (connection == nullptr || !connection->resumed) continue;
        connection->resumed = false;
        if (connection->paused) continue;
        const bool all_seen = !connection->ring || hand_in(*connection, *connection->ring);
        if (all_seen) hear_close_notify(*connection);
    }
    resumed_now_.clear();
}

void Reactor::on_event(const IoEvent& event) {
    Connection* connection = find(ConnectionId::unpack(event.token));
    if (connection == nullptr || connection->state == ConnectionState::kClosed) return;
    if (event.writable) {
        connection->blocked = false;
        mark_dirty(*connection);
    }
    if (event.readable || event.broken) receive_from(*connection, event.broken);
}

void Reactor::receive_from(Connection& connection, bool broken) {
    if (connection.state != ConnectionState::kOpen) return throw_away(connection);
    if (connection.resumed) return;  // first what it holds, in the next turn; this comes again
    if (connection.paused || connection.peer_finished) {
        // Level-triggered: what we do not want to read must not wake us again.
        if (broken) return close(connection, true);
        return set_interest(connection, false, connection.wants_write);
    }
    if (handshake_time_ > config_.handshake_budget && is_shaking_hands(connection)) {
        return metrics_.tls_deferrals_total.add();  // level-triggered: it comes again next turn
    }
    if (connection.ring) rings_.bring_back(connection.ring);
    receive_bytes(connection, broken);
    if (!rings_.scratch().empty()) lend_scratch(connection);
}

void Reactor::receive_bytes(Connection& connection, bool broken) {
    std::size_t budget_bytes = config_.receive_bytes_max;
    while (budget_bytes > 0) {
        core::MirroredRing& ring = connection.ring ? *connection.ring : rings_.scratch();
        if (ring.empty() && !connection.tls && !connection.awaits_proxy) {
            const std::span<std::byte> lying = backend_->peek(connection.fd);
            if (!lying.empty() && lying.size() <= std::min(budget_bytes, ring.capacity())) {
                budget_bytes -= lying.size();
                if (!hand_in_place(connection, lying)) return;
                continue;
            }
        }
        std::span<std::byte> space = receive_space(connection, ring);
        if (space.empty()) {  // would read as the peer's end
            metrics_.unconsumed_total.add();
            return close(connection, true);
        }
        space = space.first(std::min(space.size(), budget_bytes));
        const IoResult got = backend_->receive(connection.fd, space);
        metrics_.receives_total.add();
        if (got.error == EAGAIN && !broken) return;
        // After the peer's own reset there is nothing left to reset.
        if (got.error != 0) return close(connection, got.error != ECONNRESET);
        if (got.bytes == 0) return on_fin(connection);
        budget_bytes -= got.bytes;
        if (!connection.tls) connection.last_received = now_;
        received_in_turn_ += got.bytes;
        metrics_.received_bytes_total.add(got.bytes);
        if (!take_in(connection, ring, space.first(got.bytes))) return;
        if (got.bytes < space.size()) return;  // the socket is empty: no second recv to hear so
    }
}

// Hands up what the ring holds; true when the connection may go on receiving.
bool Reactor::hand_in(Connection& connection, core::MirroredRing& ring) {
    const std::span<std::byte> bytes = ring.readable();
    const std::size_t used = hand_up(connection, bytes, false);
    send_borrowed();  // from the ring, before anything else happens to it
    const bool waits = connection.paused || connection.resumed;
    const bool stuck = used == 0 && bytes.size() >= rings_.ring_bytes() && !waits;
    if (stuck && connection.state == ConnectionState::kOpen) {
        metrics_.unconsumed_total.add();
        close(connection, true);
    }
    const bool open = connection.state == ConnectionState::kOpen;
    ring.consume(open ? used : bytes.size());
    if (ring.empty()) connection.ring.reset();  // gives it back, if one was lent
    return connection.state == ConnectionState::kOpen && !waits;
}

std::size_t Reactor::hand_up(Connection& connection, std::span<std::byte> bytes, bool in_place) {
    handed_up_ = {.of = connection.id, .bytes = bytes, .in_place = in_place};
    const std::size_t used = application_->on_bytes(connection.id, bytes);
    handed_up_ = {};
    STENTOR_CHECK(used <= bytes.size());
    if (connection.leaving) keep_unconsumed(connection, bytes.subspan(used));
    return used;
}

// The same from where the back end has them, and keeps them until the flush; what is left of them
// goes into a ring.
bool Reactor::hand_in_place(Connection& connection, std::span<std::byte> bytes) {
    metrics_.receives_total.add();
    metrics_.received_bytes_total.add(bytes.size());
    received_in_turn_ += bytes.size();
    connection.last_received = now_;
    const std::span<std::byte> rest = bytes.subspan(hand_up(connection, bytes, true));
    if (connection.state == ConnectionState::kOpen && !rest.empty()) {
        std::ranges::copy(rest, rings_.scratch().writable().begin());
        rings_.scratch().commit(rest.size());
    }
    backend_->drop(connection.fd);
    const bool waits = connection.paused || connection.resumed;
    return connection.state == ConnectionState::kOpen && !waits;
}

// What was not consumed waits in a ring of the connection's own.
void Reactor::lend_scratch(Connection& connection) {
    core::MirroredRing& scratch = rings_.scratch();
    if (connection.state != ConnectionState::kOpen) return scratch.consume(scratch.size());
    connection.ring = rings_.lend_scratch();
    if (connection.ring) return;
    metrics_.rings_exhausted_total.add();
    close(connection, true);
}

// After finish(): what the peer still sends is of no interest, but unread it would turn our close
// into a reset and take our last words with it.
void Reactor::throw_away(Connection& connection) {
    std::size_t budget_bytes = config_.receive_bytes_max;
    while (budget_bytes > 0) {
        std::span<std::byte> space = rings_.scratch().writable();
        space = space.first(std::min(space.size(), budget_bytes));
        const IoResult got = backend_->receive(connection.fd, space);
        if (got.error == EAGAIN) return;
        if (got.error != 0) return close(connection, true);
        if (got.bytes == 0) return on_fin(connection);
        budget_bytes -= got.bytes;
        received_in_turn_ += got.bytes;
        metrics_.received_bytes_total.add(got.bytes);
        if (got.bytes < space.size()) return;
    }
}

void Reactor::on_fin(Connection& connection) {
    if (connection.state == ConnectionState::kLingering) return close(connection, false);
    set_interest(connection, false, connection.wants_write);
    // Behind close_notify comes a FIN: no news, and no reason not to flush what is left.
    if (connection.peer_finished) return;
    connection.peer_finished = true;
    if (connection.state == ConnectionState::kOpen) application_->on_peer_finished(connection.id);
}

}  // namespace stentor::net
