// The least that epoll lets a server do: readiness, one recv for each readable socket and turn,
// one send for each receiver. Read turn() first; uring_loop.h is the same on io_uring.
// Thread: one.
// Invariant: a connection is watched for reading or, while something waits for it, for writing;
// it is freed only at the end of a turn.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <vector>

#include "bench/limit/exchange.h"
#include "bench/limit/loop.h"
#include "core/error.h"
#include "net/unique_fd.h"

namespace stentor::bench::limit {

class EpollLoop final : public Loop, private Wire {
public:
    EpollLoop(Work work, int listener, HandOverSeat seat, net::UniqueFd epoll);
    void turn() override;

private:
    struct Connection : Peer {
        net::UniqueFd fd;
        std::vector<std::byte> carry;    // the beginning of a frame
        std::vector<std::byte> backlog;  // what the socket did not take
        bool closing = false;
    };

    void accept_all();
    void open(net::UniqueFd fd);
    void receive(Connection& connection);
    void send(std::span<Peer* const> to, std::span<const std::byte> bytes) override;
    void keep(Connection& connection, std::span<const std::byte> bytes);
    void drain(Connection& connection);
    void hang_up(Peer& peer) override;
    void bury();
    void watch(int operation, int fd, std::uint32_t events, void* whose);

    Exchange exchange_;
    const int listener_;
    net::UniqueFd epoll_;
    std::array<epoll_event, 1024> ready_;
    std::vector<std::byte> buffer_;  // one for all: what is not taken at once is carried over
    std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor
    std::vector<Connection*> closing_;
    std::uint64_t accepted_ = 0;
    bool accepting_ = true;
};

}  // namespace stentor::bench::limit
