// What stands between a socket and the application's bytes on some connections: the PROXY header of
// a trusted proxy, then TLS (docs/decisions.md, "TLS is a stage"). Plain connections pass by.
// Thread: owner reactor.
// Invariant: the application sees plain bytes alone; a ring holds plain bytes alone, but for a
// PROXY header that is not whole; tls_[slot] exists exactly while the connection's `tls` is set.
#include <algorithm>
#include <array>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "net/handoff.h"
#include "net/proxy_header.h"
#include "net/reactor.h"
#include "net/refusal.h"

namespace stentor::net {

namespace {

// Four full records a send: what is encrypted before the socket takes it is a buffer of its own.
constexpr std::size_t kPlainBytesPerSend = 4 * TlsSession::kRecordBytesMax;
constexpr std::size_t kCiphertextBytes = 64 * 1024;

template <typename T>
T& at_slot(std::vector<T>& table, std::uint32_t slot) {
    if (table.size() <= slot) table.resize(slot + 1);
    return table[slot];
}

}  // namespace

void Reactor::begin_stages(Connection& connection, NewSocket& socket) {
    connection.awaits_proxy = socket.proxied;
    if (socket.place) at_slot(places_, connection.id.slot) = std::move(socket.place);
    if (socket.luggage) {
        at_slot(group_places_, connection.id.slot) = std::move(socket.luggage->group_place);
    } else if (!socket.proxied) {
        log_client(connection, socket.peer);
    }
    if (!socket.tls) return;
    STENTOR_CHECK(config_.tls != nullptr);
    at_slot(tls_, connection.id.slot) = socket.luggage
                                            ? std::move(socket.luggage->tls)
                                            : std::make_unique<TlsSession>(config_.tls->current());
    connection.tls = true;
    ciphertext_.resize(kCiphertextBytes);
}

void Reactor::end_stages(Connection& connection) {
    const std::uint32_t slot = connection.id.slot;
    if (connection.tls) tls_[slot].reset();
    if (slot < places_.size()) places_[slot] = {};
    if (slot < group_places_.size()) group_places_[slot] = {};
}

TlsSession& Reactor::tls_of(const Connection& connection) const {
    return *tls_[connection.id.slot];
}

bool Reactor::is_shaking_hands(const Connection& connection) const {
    return connection.tls && tls_of(connection).state() == TlsState::kHandshake;
}

// ---- in

// Where the next bytes go: plain ones and a PROXY header straight into the ring.
std::span<std::byte> Reactor::receive_space(Connection& connection, core::MirroredRing& ring) {
    const std::size_t plain_bytes = ring.writable().size();
    if (connection.awaits_proxy) {
        return ring.writable().first(std::min(plain_bytes, kCiphertextBytes));
    }
    if (!connection.tls) return ring.writable();
    if (plain_bytes <= TlsSession::kRecordBytesMax) return {};
    return std::span(ciphertext_)
        .first(std::min(ciphertext_.size(), plain_bytes - TlsSession::kRecordBytesMax));
}

// Bytes that came, through the stages and up; true when the connection may go on receiving.
bool Reactor::take_in(Connection& connection, core::MirroredRing& ring,
                      std::span<const std::byte> bytes) {
    if (connection.tls && !connection.awaits_proxy) return decrypt(connection, bytes);
    ring.commit(bytes.size());
    if (connection.awaits_proxy) return take_proxy_header(connection, ring);
    return hand_in(connection, ring);
}

// What follows the header may have come with it.
bool Reactor::take_proxy_header(Connection& connection, core::MirroredRing& ring) {
    const auto parsed = parse_proxy_header(ring.readable());
    if (parsed && !*parsed) return true;
    const std::span<const std::byte> rest =
        parsed ? ring.readable().subspan((*parsed)->bytes) : std::span<const std::byte>{};
    const std::vector<std::byte> behind(rest.begin(), rest.end());
    ring.consume(ring.size());
    connection.ring.reset();
    if (!parsed) {
        metrics_.proxy_headers_refused_total.add();
        core::log::debug("proxy_header_refused", {{"reason", parsed.error()}});
        close(connection, false);
        return false;
    }
    connection.awaits_proxy = false;
    if ((*parsed)->client && !admit(connection, *(*parsed)->client)) return false;
    if (behind.empty()) return true;
    if (connection.tls) return decrypt(connection, behind);
    core::MirroredRing& scratch = rings_.scratch();
    std::ranges::copy(behind, scratch.writable().begin());
    scratch.commit(behind.size());
    return hand_in(connection, scratch);
}

// Not above kDebug: who connects is not for everybody who reads logs.
void Reactor::log_client(const Connection& connection, const PeerAddress& client) const {
    if (!core::log::enabled(core::log::Level::kDebug)) return;
    core::log::debug("connection", {{"shard", config_.shard},
                                    {"slot", connection.id.slot + 0u},
                                    {"client", client.to_string()}});
}

// A client behind a proxy counts by its own address.
bool Reactor::admit(Connection& connection, const PeerAddress& client) {
    log_client(connection, client);
    if (config_.addresses == nullptr) return true;
    auto place = config_.addresses->take(client);
    if (place) {
        if (*place) at_slot(places_, connection.id.slot) = std::move(*place);
        return true;
    }
    metrics_.refused_per_address_total.add();
    if (!connection.tls) send(connection.id, std::as_bytes(std::span(kTooManyConnections)));
    finish(connection.id);
    return false;
}

// Decrypted straight into the ring, all of it: the caller left room for that.
bool Reactor::decrypt(Connection& connection, std::span<const std::byte> ciphertext) {
    TlsSession& tls = tls_of(connection);
    core::MirroredRing& ring = connection.ring ? *connection.ring : rings_.scratch();
    const bool in_handshake = is_shaking_hands(connection);
    const core::Instant began = in_handshake ? clock_.now() : now_;
    const std::size_t fresh_bytes = tls.receive(ciphertext, ring.writable());
    ring.commit(fresh_bytes);
    // A part of a record says nothing yet, and so is no sign of life.
    if (fresh_bytes > 0) connection.last_received = now_;
    const TlsState state = tls.state();
    if (in_handshake) handshake_time_ += clock_.now() - began;
    if (in_handshake && (state == TlsState::kOpen || state == TlsState::kPeerFinished)) {
        metrics_.tls_handshakes_total.add();
        if (tls.resumed()) metrics_.tls_resumptions_total.add();
    }
    if (has_output(connection)) mark_dirty(connection);
    const bool go_on = fresh_bytes == 0 || hand_in(connection, ring);
    if (connection.state != ConnectionState::kOpen) return false;
    if (state == TlsState::kFailed) {
        metrics_.tls_failures_total.add();
        finish(connection.id);  // its last word is an alert
        return false;
    }
    if (go_on) hear_close_notify(connection);
    return go_on && !connection.peer_finished;
}

// The peer's end comes behind its last byte: while bytes are held, hand_in_again() tells of it.
void Reactor::hear_close_notify(Connection& connection) {
    if (!connection.tls || connection.peer_finished) return;
    if (tls_of(connection).state() == TlsState::kPeerFinished) on_fin(connection);
}

// ---- out

std::size_t Reactor::ciphertext_bytes(const Connection& connection) const {
    return connection.tls ? tls_of(connection).output().size() : 0;
}

// Is there something that the socket could take now?
bool Reactor::has_tls_output(const Connection& connection) const {
    const TlsSession& tls = tls_of(connection);
    const bool may_send = tls.state() == TlsState::kOpen || tls.state() == TlsState::kPeerFinished;
    return !tls.output().empty() || (may_send && !connection.outbox.empty());
}

// Moves a send's worth from the outbox into ciphertext, once the socket took all that was there; a
// record's worth for who reads slowly, since ciphertext is nobody else's.
void Reactor::encrypt(Connection& connection) {
    TlsSession& tls = tls_of(connection);
    if (!tls.output().empty() || !has_output(connection)) return;
    std::array<iovec, kPiecesPerSend> room;
    const bool slow = connection.full || connection.wants_write;
    const std::size_t bytes_max = slow ? TlsSession::kRecordBytesMax : kPlainBytesPerSend;
    const std::size_t count = connection.outbox.gather(room, bytes_max);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
        room[i].iov_len = std::min(room[i].iov_len, bytes_max - bytes);
        bytes += room[i].iov_len;
    }
    if (!tls.send(std::span(room).first(count))) return close(connection, true);
    take_from_outbox(connection, bytes);
}

}  // namespace stentor::net
