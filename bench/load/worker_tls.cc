// A connection's way through a worker where there is TLS between the socket and the rest: the
// handshake, what comes, what goes, the end. See worker.h and tls_client_session.h.
// Thread: the worker.
// Invariant: EPOLLOUT is watched just while ciphertext waits for the socket; ciphertext that waits
// is of one part of the outbox at most, the rest waits in plain.
#include <sys/socket.h>

#include <algorithm>
#include <span>

#include "bench/load/clock.h"
#include "bench/load/worker.h"

namespace stentor::bench {
namespace {

constexpr std::size_t kCipherBytes = 256 * 1024;
constexpr std::size_t kPartBytes = 4 * TlsClientSession::kRecordBytesMax;

}  // namespace

void Worker::begin_tls(Connection& connection) {
    connection.phase = Phase::kSecuring;
    if (!connection.tls->begin()) return fail(connection, connection.tls->failure());
    flush_tls(connection);
}

void Worker::flush_tls(Connection& connection) {
    TlsClientSession& tls = *connection.tls;
    for (;;) {
        std::size_t sent = 0;
        const bool gone = put(connection, tls.output(), sent);
        if (connection.phase == Phase::kClosed) return;
        tls.sent(sent);
        if (!gone) return;
        const auto part =
            std::string_view(connection.outbox).substr(connection.outbox_sent, kPartBytes);
        if (part.empty()) break;
        const TlsClientSession::Sent how = tls.send(part);
        if (how == TlsClientSession::Sent::kFailed) return fail(connection, tls.failure());
        if (how == TlsClientSession::Sent::kLater) return watch(connection, false);
        connection.outbox_sent += part.size();
    }
    connection.outbox.clear();
    connection.outbox_sent = 0;
    watch(connection, false);
}

void Worker::on_readable_tls(Connection& connection) {
    if (cipher_.empty()) cipher_.resize(kCipherBytes);
    const ssize_t got = ::recv(connection.fd.get(), cipher_.data(), cipher_.size(), 0);
    now_ns_ = now_ns();
    if (!has_come(connection, got)) return;
    const std::string_view came(cipher_.data(), static_cast<std::size_t>(got));
    const std::size_t held = connection.rest.size();
    const std::size_t room = held + came.size() + TlsClientSession::kRecordBytesMax;
    if (room > buffer_.size()) buffer_.resize(std::max(room, 2 * buffer_.size()));
    connection.rest.copy(buffer_.data(), held);
    const std::size_t filled = connection.tls->receive(came, std::span(buffer_).subspan(held));
    const TlsClientSession::State state = connection.tls->state();
    if (connection.phase == Phase::kSecuring) {
        if (state != TlsClientSession::State::kFailed) on_handshake(connection);
    } else if (!connection.wants_write &&
               (!connection.tls->output().empty() || !connection.outbox.empty())) {
        flush_tls(connection);  // an answer of OpenSSL's own, or what waited for the server
    }
    if (filled > 0 && connection.phase != Phase::kClosed) {
        on_bytes(connection, {buffer_.data(), held + filled});
    }
    if (connection.phase == Phase::kClosed) return;
    if (state == TlsClientSession::State::kFailed) fail(connection, connection.tls->failure());
    if (state == TlsClientSession::State::kServerFinished) on_end(connection);
}

// It may go on.
void Worker::on_handshake(Connection& connection) {
    if (connection.tls->state() == TlsClientSession::State::kHandshake) {
        return flush_tls(connection);
    }
    connection.target->count_handshake(*connection.tls);
    begin_upgrade(connection);
}

// What waits goes out, and our alert or close_notify, as far as the socket takes it now.
void Worker::end_tls(Connection& connection, bool abruptly) {
    TlsClientSession& tls = *connection.tls;
    if (!abruptly && connection.fd) {
        tls.finish();
        const std::string_view last = tls.output();
        if (!last.empty()) {
            [[maybe_unused]] const ssize_t sent =
                ::send(connection.fd.get(), last.data(), last.size(), MSG_NOSIGNAL);
        }
    }
    tls.end();
}

}  // namespace stentor::bench
