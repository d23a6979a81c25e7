// The way out of the reactor: what the application asks of a connection (Link). What is queued here
// leaves in the flush phase (reactor_flush.cc).
// Thread: owner reactor.
// Invariant: a connection with something to send, or to say after it, is dirty or blocked.
#include <algorithm>
#include <functional>
#include <utility>

#include "net/reactor.h"

namespace stentor::net {

namespace {

// Fewer are copied for less than another piece of a send costs. What is borrowed from a ring is
// sent before the next connection is read, so there each frame counts by itself; small ones are
// better sent with the others.
constexpr std::size_t kBorrowedBytesMin = 2048;

bool lies_in(std::span<const std::byte> part, std::span<const std::byte> whole) {
    const std::less_equal<> not_behind;
    return not_behind(whole.data(), part.data()) &&
           not_behind(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace

std::size_t Reactor::send_parts(ConnectionId id, std::span<const std::byte> head,
                                std::span<const std::byte> body) {
    Connection* connection = find_open(id);
    if (connection == nullptr) return 0;
    const std::size_t before = queued_before(*connection);
    connection->outbox.append_answer(head, parcels_);
    connection->outbox.append_answer(body, parcels_);
    on_queued(*connection, head.size() + body.size());
    return before;
}

// A socket that is full would have them copied at once.
std::size_t Reactor::send_received(ConnectionId id, std::span<const std::byte> bytes) {
    Connection* connection = find_open(id);
    if (connection == nullptr) return 0;
    const std::size_t before = queued_before(*connection);
    const auto& [of, all, in_place] = handed_up_;
    const bool many = (in_place ? all.size() : bytes.size()) >= kBorrowedBytesMin;
    if (many && !connection->blocked && !connection->tls && of == id && lies_in(bytes, all)) {
        const auto place = static_cast<std::size_t>(bytes.data() - all.data());
        connection->outbox.borrow(all.subspan(place, bytes.size()), all.data(), parcels_);
        if (borrowers_.empty() || borrowers_.back() != connection) borrowers_.push_back(connection);
    } else {
        connection->outbox.append_answer(bytes, parcels_);
    }
    on_queued(*connection, bytes.size());
    return before;
}

std::size_t Reactor::queued_before(const Connection& connection) const {
    return connection.outbox.bytes() + ciphertext_bytes(connection);
}

void Reactor::on_queued(Connection& connection, std::size_t bytes) {
    outbox_bytes_ += bytes;
    if (connection.outbox.bytes() > config_.outbox_bytes) mark_full(connection);
    mark_dirty(connection);
}

void Reactor::deliver(std::span<const std::uint32_t> slots, Parcel& parcel,
                      std::vector<std::uint32_t>& full) {
    owner_.assert_here();
    const std::size_t size = parcel.bytes.size();
    if (size == 0) return;
    std::uint64_t queued = 0;
    for (const std::uint32_t slot : slots) {
        Connection* connection = connections_.at(slot);
        if (connection == nullptr || connection->state != ConnectionState::kOpen) continue;
        if (!connection->outbox.has_room(size, config_.outbox_bytes)) {
            mark_full(*connection);
            full.push_back(slot);
            metrics_.deliveries_refused_total.add();
            continue;
        }
        connection->outbox.push(parcel);
        ++queued;
        mark_dirty(*connection);
    }
    outbox_bytes_ += queued * size;
    metrics_.deliveries_total.add(queued);
}

Parcel& Reactor::make_parcel(core::SharedBytes bytes) {
    return parcels_.make(std::move(bytes));
}

void Reactor::release_parcel(Parcel& parcel) {
    parcels_.release_unheld(parcel);
}

std::size_t Reactor::shed_ephemeral(ConnectionId id) {
    Connection* connection = find_open(id);
    if (connection == nullptr) return 0;
    const std::size_t freed_bytes = connection->outbox.shed_ephemeral(parcels_);
    after_shedding(*connection, freed_bytes);
    return freed_bytes;
}

std::optional<std::uint32_t> Reactor::heaviest_topic(ConnectionId id) const {
    const Connection* connection = find_open(id);
    return connection == nullptr ? std::nullopt : connection->outbox.heaviest_topic();
}

std::optional<OldestEvents> Reactor::oldest_events(ConnectionId id) const {
    const Connection* connection = find_open(id);
    return connection == nullptr ? std::nullopt : connection->outbox.oldest_events();
}

std::uint64_t Reactor::shed_topic(ConnectionId id, std::uint32_t topic) {
    Connection* connection = find_open(id);
    if (connection == nullptr) return 0;
    std::size_t freed_bytes = 0;
    const std::uint64_t oldest_seq = connection->outbox.shed_topic(topic, parcels_, freed_bytes);
    if (freed_bytes > 0) mark_full(*connection);
    after_shedding(*connection, freed_bytes);
    return oldest_seq;
}

// `full` stays: letting go is no progress of the reader, and the stall rule goes on.
void Reactor::after_shedding(Connection& connection, std::size_t freed_bytes) {
    outbox_bytes_ -= freed_bytes;
    check_drain(connection);
}

std::size_t Reactor::backlog_bytes(ConnectionId id) const {
    const Connection* connection = find_open(id);
    return connection == nullptr ? 0 : queued_before(*connection);
}

void Reactor::watch_drain(ConnectionId id) {
    Connection* connection = find_open(id);
    if (connection == nullptr) return;
    connection->watches_drain = true;
    if (!at_half(*connection)) mark_full(*connection);  // who waits for a reader waits with a bound
    check_drain(*connection);
}

// The back end is told only when bytes come in spite of it (receive_from): a pause that is over
// within the turn costs no system call.
void Reactor::pause(ConnectionId id) {
    if (Connection* connection = find_open(id)) connection->paused = true;
}

void Reactor::resume(ConnectionId id) {
    Connection* connection = find_open(id);
    if (connection == nullptr || !connection->paused) return;
    connection->paused = false;
    if (!connection->peer_finished) set_interest(*connection, true, connection->wants_write);
    if (connection->resumed) return;
    connection->resumed = true;
    resumed_.push_back(id);
}

void Reactor::finish(ConnectionId id) {
    Connection* connection = find_open(id);
    if (connection == nullptr) return;
    connection->state = ConnectionState::kFinishing;
    connection->full = false;
    if (!connection->peer_finished) set_interest(*connection, true, connection->wants_write);
    if (!connection->patience) connection->patience = std::make_unique<Patience>(id);
    timers_.schedule(connection->patience->timer, now_ + config_.finish_timeout);
    mark_dirty(*connection);  // with nothing to flush too: the shutdown comes after it
    reap_.push_back(id);      // its ring
}

void Reactor::abort(ConnectionId id) {
    owner_.assert_here();
    if (Connection* connection = find(id)) close(*connection, true);
}

core::Instant Reactor::last_received(ConnectionId id) const {
    const Connection* connection = find_open(id);
    return connection == nullptr ? core::Instant{} : connection->last_received;
}

}  // namespace stentor::net
