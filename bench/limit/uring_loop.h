// The least that io_uring lets a server do: the kernel accepts and receives without being asked
// again (multishot, into buffers of its choice), sockets are slots of a registered table, all sends
// of a turn go down in one submission, and those that succeed are not reported. Read turn() first;
// epoll_loop.h is the same on epoll.
// Thread: one: the ring has a single issuer.
// Invariant: a submission holds at most one send to a connection, and is settled before the next
// one begins; so nothing overtakes what fell short, and no byte is read behind our back.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "bench/limit/exchange.h"
#include "bench/limit/loop.h"
#include "bench/limit/receive_buffers.h"
#include "core/error.h"

namespace stentor::bench::limit {

class UringLoop final : public Loop, private Wire {
public:
    UringLoop(Work work, int listener, HandOverSeat seat)
        : exchange_(work, *this, seat), listener_(listener) {}
    ~UringLoop() override;
    UringLoop(const UringLoop&) = delete;
    UringLoop& operator=(const UringLoop&) = delete;
    // Before the first turn.
    std::expected<void, core::Error> set_up();
    void turn() override;

private:
    // kSend reports failure alone, and so does kSilent, where it does not matter either.
    enum class Operation : std::uint8_t { kAccept, kBell, kReceive, kSend, kDrain, kSilent };
    struct Event {
        Operation operation;
        std::uint32_t slot;
        std::int32_t result;
        std::uint32_t flags;
    };
    struct Connection : Peer {
        std::uint32_t slot = 0;
        std::uint32_t submission = 0;        // the last one with a send to it…
        std::span<const std::byte> sending;  // … of these bytes
        bool blocked = false;                // draining or closing: nothing is sent directly
        bool closing = false;
        bool receiving = false;
        std::vector<std::byte> carry;     // the beginning of a frame
        std::vector<std::byte> draining;  // what the socket did not take: the kernel has it
        std::vector<std::byte> backlog;   // what waits behind that
    };

    // In uring_requests.cc: what goes down to the kernel, and what comes up.
    io_uring_sqe& next_request();
    void submit(unsigned events_awaited);
    void settle();
    void gather();
    void request_accept();
    void request_bell();
    void request_receive(Connection& connection);
    void request_send(Connection& connection, std::span<const std::byte> bytes);
    void request_drain(Connection& connection);
    void request_cancel(Operation operation, const Connection& connection);
    void request_close(std::uint32_t slot);

    void handle(const Event& event);
    void on_accepted(const Event& event);
    void on_received(Connection& connection, const Event& event);
    void take(Connection& connection, std::byte* received, std::size_t size);
    void send(std::span<Peer* const> to, std::span<const std::byte> bytes) override;
    void on_short_send(Connection& connection, std::int32_t result);
    void keep(Connection& connection, std::span<const std::byte> bytes);
    void on_drained(Connection& connection, std::int32_t result);
    void hang_up(Peer& peer) override;
    void bury(Connection& connection);

    Exchange exchange_;
    const int listener_;
    io_uring ring_{};
    bool ring_open_ = false;
    std::unique_ptr<ReceiveBuffers> buffers_;
    std::vector<std::unique_ptr<Connection>> connections_;  // by slot of the registered table
    std::vector<Event> events_;                             // came up, not handled yet
    std::vector<Event> handling_;                           // those of this turn
    std::vector<std::uint16_t> lent_;  // buffers that this turn reads and sends from
    std::uint32_t submission_ = 1;     // the one being filled
    std::uint64_t accepted_ = 0;
    bool accepting_ = false;
};

}  // namespace stentor::bench::limit
