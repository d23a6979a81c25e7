// The flush phase: one send for each connection that has something to send, in batches; and what is
// sent before it, from where it was received (docs/protocol.md, "Slow readers").
// Thread: owner reactor.
// Invariant: only a dirty connection is sent to; no outbox borrows bytes behind send_borrowed().
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/check.h"
#include "net/reactor.h"

namespace stentor::net {

namespace {

constexpr std::size_t kSendsPerBatch = 64;  // some 250 us: how exactly the flush budget is kept
constexpr std::size_t kBytesPerSend = 256 * 1024;

// Nobody waits for its outbox to empty: Reactor::on_flushed() would do nothing.
bool nobody_waits_for(const Connection& connection) {
    return connection.state == ConnectionState::kOpen && !connection.tls && !connection.full &&
           !connection.watches_drain && !connection.wants_write;
}

}  // namespace

void Reactor::flush() {
    send_borrowed();
    call_drained();
    if (dirty_first_ == nullptr) return;
    const core::Instant end = clock_.now() + config_.flush_budget;
    do {
        collect_dirty();
        send_batch();
        call_drained();
    } while (dirty_first_ != nullptr && clock_.now() < end);
    // What is left stays dirty, oldest first, and the reactor does not sleep.
    if (dirty_first_ != nullptr) metrics_.flush_overruns_total.add();
}

void Reactor::prepare_send_batch() {
    pieces_.resize(kSendsPerBatch * kPiecesPerSend);
    requests_.reserve(kSendsPerBatch);
    flushing_.reserve(kSendsPerBatch);
}

// The oldest dirty connections become one batch of sends.
void Reactor::collect_dirty() {
    begin_batch();
    while (dirty_first_ != nullptr && requests_.size() < kSendsPerBatch) {
        add_to_batch(*dirty_first_);
    }
}

// What is sent from where it was received goes before that place is used again; what the sockets do
// not take of it is copied.
void Reactor::send_borrowed() {
    if (borrowers_.empty()) return;
    for (;;) {
        begin_batch();
        for (Connection* connection : borrowers_) {
            if (connection->dirty) add_to_batch(*connection);
            if (requests_.size() == kSendsPerBatch) break;
        }
        if (requests_.empty()) break;
        send_batch();
    }
    for (Connection* connection : borrowers_) connection->outbox.own_borrowed(parcels_);
    borrowers_.clear();
}

void Reactor::begin_batch() {
    requests_.clear();
    flushing_.clear();
    pieces_used_ = 0;
}

void Reactor::add_to_batch(Connection& connection) {
    unlink_dirty(connection);
    if (connection.state == ConnectionState::kClosed) return;
    if (connection.tls) encrypt(connection);
    if (!has_output(connection)) return on_flushed(connection);
    // One behind the other: most sends have one piece, and four of those share a cache line.
    const std::span<iovec> room = std::span(pieces_).subspan(pieces_used_, kPiecesPerSend);
    const std::span<iovec> pieces = room.first(gather(connection, room));
    pieces_used_ += pieces.size();
    std::size_t bytes = 0;
    for (const iovec& piece : pieces) bytes += piece.iov_len;
    requests_.push_back({.fd = connection.fd, .pieces = pieces, .bytes = bytes, .result = {}});
    flushing_.push_back(&connection);
}

void Reactor::send_batch() {
    backend_->send(requests_);
    for (std::size_t i = 0; i < requests_.size(); ++i) settle(requests_[i], *flushing_[i]);
}

std::size_t Reactor::gather(const Connection& connection, std::span<iovec> room) const {
    if (!connection.tls) return connection.outbox.gather(room, kBytesPerSend);
    const std::span<const std::byte> ciphertext = tls_of(connection).output();
    room.front() = {const_cast<std::byte*>(ciphertext.data()), ciphertext.size()};
    return 1;
}

void Reactor::take_from_outbox(Connection& connection, std::size_t bytes) {
    connection.outbox.consume(bytes, parcels_);
    outbox_bytes_ -= bytes;
}

// Takes note of what one send did. Calls nobody: others of the batch are not settled yet.
void Reactor::settle(const SendRequest& request, Connection& connection) {
    const IoResult& result = request.result;
    metrics_.sends_total.add();
    const bool all_sent =
        result.bytes == request.bytes && result.bytes == connection.outbox.bytes();
    if (all_sent && nobody_waits_for(connection)) {
        take_from_outbox(connection, result.bytes);
        metrics_.sent_bytes_total.add(result.bytes);
        return;
    }
    const bool later = result.error == EAGAIN || result.error == ENOBUFS || result.error == ENOMEM;
    if (result.error != 0 && !later) return close(connection, true);
    if (result.bytes > 0) {
        if (connection.tls) {
            tls_of(connection).sent(result.bytes);
        } else {
            take_from_outbox(connection, result.bytes);
        }
        metrics_.sent_bytes_total.add(result.bytes);
        if (connection.full) note_progress(connection, result.bytes);
        check_drain(connection);
    }
    if (!has_output(connection)) return on_flushed(connection);
    if (result.bytes < request.bytes) {
        metrics_.short_writes_total.add();
        connection.blocked = true;
        return set_interest(connection, connection.wants_read, true);
    }
    mark_dirty(connection);  // more than one send's worth: again, behind the others
}

// Nothing is left that can be sent, by sending or by letting go.
void Reactor::on_flushed(Connection& connection) {
    set_interest(connection, connection.wants_read, false);
    if (connection.full && connection.outbox.empty()) end_full(connection);
    check_drain(connection);
    if (connection.state != ConnectionState::kFinishing) return;
    if (connection.tls) {
        tls_of(connection).finish();
        if (has_output(connection)) return mark_dirty(connection);  // comes back here behind it
    }
    ::shutdown(connection.fd, SHUT_WR);
    if (connection.peer_finished) return close(connection, false);
    connection.state = ConnectionState::kLingering;
    timers_.schedule(connection.patience->timer, now_ + config_.linger_timeout);
}

// on_drained() is due when the outbox is at half and the reader took something since it was full;
// the call itself waits for a quiet moment.
void Reactor::check_drain(Connection& connection) {
    if (connection.watches_drain && has_drained(connection)) drain_checks_.push_back(connection.id);
}

void Reactor::call_drained() {
    std::swap(drain_checks_, drain_checks_now_);
    for (const ConnectionId id : drain_checks_now_) {
        Connection* connection = find_open(id);
        if (connection == nullptr || !connection->watches_drain || !has_drained(*connection)) {
            continue;
        }
        connection->watches_drain = false;
        application_->on_drained(id);
    }
    drain_checks_now_.clear();
}

// Letting go alone does not count: a reader that takes nothing would have its room back at once,
// fill it again, and be told of gap after gap that it does not read.
bool Reactor::has_drained(const Connection& connection) const {
    return !connection.full && at_half(connection);
}

bool Reactor::at_half(const Connection& connection) const {
    return connection.outbox.bytes() + ciphertext_bytes(connection) <= config_.outbox_bytes / 2 &&
           connection.outbox.references() <= Outbox::kReferencesMax / 2;
}

// From here on the stall rule watches the connection, until it has fallen to half by sending.
void Reactor::mark_full(Connection& connection) {
    if (connection.full) return;
    connection.full = true;
    connection.patience = std::make_unique<Patience>(connection.id);
    connection.patience->window_began = connection.patience->last_sent = now_;
    timers_.schedule(connection.patience->timer, now_ + config_.stall_timeout);
}

void Reactor::note_progress(Connection& connection, std::size_t sent_bytes) {
    if (at_half(connection)) return end_full(connection);
    Patience& patience = *connection.patience;
    patience.last_sent = now_;
    // Capped: only "less than stall_bytes_min" is asked of it.
    patience.window_bytes = static_cast<std::uint32_t>(
        std::min<std::size_t>(patience.window_bytes + sent_bytes, UINT32_MAX));
}

void Reactor::end_full(Connection& connection) {
    connection.full = false;
    connection.patience.reset();
}

void Reactor::mark_dirty(Connection& connection) {
    if (connection.dirty || connection.blocked) return;
    connection.dirty = true;
    connection.dirty_previous = dirty_last_;
    connection.dirty_next = nullptr;
    (dirty_last_ != nullptr ? dirty_last_->dirty_next : dirty_first_) = &connection;
    dirty_last_ = &connection;
}

void Reactor::unlink_dirty(Connection& connection) {
    connection.dirty = false;
    Connection* previous = connection.dirty_previous;
    Connection* next = connection.dirty_next;
    (previous != nullptr ? previous->dirty_next : dirty_first_) = next;
    (next != nullptr ? next->dirty_previous : dirty_last_) = previous;
}

}  // namespace stentor::net
