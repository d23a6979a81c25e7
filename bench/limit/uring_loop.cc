// See uring_loop.h; the turn, and what follows from it in this order.
// Thread: see uring_loop.h.
// Invariant: see uring_loop.h.
#include "bench/limit/uring_loop.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stentor::bench::limit {

void UringLoop::turn() {
    submit(events_.empty() && exchange_.prepare_sleep() ? 1 : 0);
    exchange_.awake();
    settle();
    if (exchange_.work() == Work::kBurst) gather();
    buffers_->give_back(lent_);
    lent_.clear();
    exchange_.on_turn();
    handling_.clear();
    std::swap(events_, handling_);
    for (const Event& event : handling_) handle(event);
    exchange_.on_turn_end();
}

void UringLoop::handle(const Event& event) {
    if (event.operation == Operation::kAccept) return on_accepted(event);
    if (event.operation == Operation::kBell) {
        if ((event.flags & IORING_CQE_F_MORE) == 0) request_bell();
        return;
    }
    Connection& connection = *connections_[event.slot];
    if (event.operation == Operation::kReceive) {
        on_received(connection, event);
    } else {
        on_drained(connection, event.result);
    }
    if (connection.closing) bury(connection);
}

// Accepted sockets have the listener's TCP_NODELAY and congestion control.
void UringLoop::on_accepted(const Event& event) {
    if ((event.flags & IORING_CQE_F_MORE) == 0) {
        accepting_ = false;
        // With a full table only when a slot is free again.
        if (event.result != -ENFILE && event.result != -EMFILE) request_accept();
    }
    if (event.result < 0) return;
    const auto slot = static_cast<std::uint32_t>(event.result);
    if (exchange_.work() == Work::kAccept) return request_close(slot);
    auto& connection = connections_[slot] = std::make_unique<Connection>();
    connection->slot = slot;
    connection->accepted = ++accepted_;
    request_receive(*connection);
}

void UringLoop::on_received(Connection& connection, const Event& event) {
    if ((event.flags & IORING_CQE_F_MORE) == 0) connection.receiving = false;
    if ((event.flags & IORING_CQE_F_BUFFER) != 0) {
        const auto id = static_cast<std::uint16_t>(event.flags >> IORING_CQE_BUFFER_SHIFT);
        lent_.push_back(id);
        take(connection, buffers_->at(id), static_cast<std::size_t>(std::max(event.result, 0)));
    }
    if (event.result == -ENOBUFS) {
        buffers_->add_one();
    } else if (event.result <= 0) {
        hang_up(connection);
    }
    if (!connection.receiving && !connection.closing) request_receive(connection);
}

void UringLoop::take(Connection& connection, std::byte* received, std::size_t size) {
    auto& carry = connection.carry;
    std::byte* const begin = received - carry.size();
    if (!carry.empty()) std::memcpy(begin, carry.data(), carry.size());
    const std::span bytes(begin, received + size);
    const auto rest = bytes.subspan(exchange_.on_bytes(connection, bytes));
    if (rest.size() > kCarryBytesMax) return hang_up(connection);
    carry.assign(rest.begin(), rest.end());
}

void UringLoop::send(std::span<Peer* const> to, std::span<const std::byte> bytes) {
    for (Peer* const peer : to) {
        auto& connection = static_cast<Connection&>(*peer);
        if (connection.submission == submission_) {
            submit(0);
            settle();
        }
        if (connection.blocked) [[unlikely]] {
            keep(connection, bytes);
        } else {
            request_send(connection, bytes);
        }
    }
}

void UringLoop::on_short_send(Connection& connection, std::int32_t result) {
    if (result < 0 && result != -EAGAIN) return hang_up(connection);
    keep(connection, connection.sending.subspan(static_cast<std::size_t>(std::max(result, 0))));
}

void UringLoop::keep(Connection& connection, std::span<const std::byte> bytes) {
    auto& backlog = connection.backlog;
    if (connection.closing) return;
    if (backlog.size() + bytes.size() > kBacklogBytesMax) return hang_up(connection);
    backlog.insert(backlog.end(), bytes.begin(), bytes.end());
    if (connection.draining.empty()) request_drain(connection);
}

void UringLoop::on_drained(Connection& connection, std::int32_t result) {
    const bool all = std::cmp_equal(result, connection.draining.size());
    connection.draining.clear();
    if (!all) return hang_up(connection);
    connection.blocked = connection.closing;
    if (!connection.backlog.empty()) request_drain(connection);
}

// What the kernel still has of the connection ends soon; bury() waits for that.
void UringLoop::hang_up(Peer& peer) {
    auto& connection = static_cast<Connection&>(peer);
    if (connection.closing) return;
    connection.closing = true;
    connection.blocked = true;
    connection.backlog.clear();
    if (connection.receiving) request_cancel(Operation::kReceive, connection);
    if (!connection.draining.empty()) request_cancel(Operation::kDrain, connection);
}

void UringLoop::bury(Connection& connection) {
    if (connection.receiving || !connection.draining.empty()) return;
    exchange_.on_closed(connection);
    request_close(connection.slot);
    connections_[connection.slot].reset();
    if (!accepting_) request_accept();
}

}  // namespace stentor::bench::limit
