// The epoll back end: level-triggered readiness of sockets, recv into the ring, one send for each
// request.
// Thread: owner reactor.
// Invariant: see io_backend.h.
#pragma once

#include <sys/epoll.h>

#include <expected>
#include <memory>
#include <vector>

#include "net/io_backend.h"
#include "net/unique_fd.h"

namespace stentor::net {

class EpollBackend final : public IoBackend {
public:
    static std::expected<std::unique_ptr<EpollBackend>, core::Error> create(
        std::uint32_t events_max);

    void begin(ReactorMetrics&) override {}
    void end() override {}
    std::expected<void, core::Error> watch_bell(int fd, std::uint64_t token) override;
    std::expected<void, core::Error> watch(int fd, std::uint64_t token) override;
    void set_interest(int fd, std::uint64_t token, bool read, bool write) override;
    void close(int fd) override;
    std::expected<std::vector<std::byte>, int> release(int fd) override;
    void put_back(int fd, std::vector<std::byte> received) override;
    std::span<const IoEvent> wait(std::optional<core::Duration> timeout) override;
    IoResult receive(int fd, std::span<std::byte> into) override;
    void send(std::span<SendRequest> requests) override;

private:
    EpollBackend(UniqueFd epoll, std::uint32_t events_max);
    std::expected<void, core::Error> add(int fd, std::uint64_t token, std::uint32_t events);

    UniqueFd epoll_;
    std::vector<epoll_event> ready_;
    std::vector<IoEvent> events_;
};

}  // namespace stentor::net
