// Readiness by epoll, level-triggered for sockets; one send for each request.
// Thread: see epoll_backend.h.
// Invariant: see epoll_backend.h and io_backend.h.
#include "net/epoll_backend.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/check.h"

namespace stentor::net {

namespace {

IoResult send_one(const SendRequest& request) {
    ssize_t sent;
    do {
        if (request.pieces.size() == 1) {
            const iovec& only = request.pieces.front();
            sent = ::send(request.fd, only.iov_base, only.iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
        } else {
            msghdr message{};
            message.msg_iov = const_cast<iovec*>(request.pieces.data());
            message.msg_iovlen = request.pieces.size();
            sent = ::sendmsg(request.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return {0, errno};
    return {static_cast<std::size_t>(sent), 0};
}

// Rounded up: to wake a millisecond early is to wake twice.
int to_epoll_ms(std::optional<core::Duration> timeout) {
    if (!timeout) return -1;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    return static_cast<int>(std::clamp<std::int64_t>(ms, 0, INT_MAX));
}

}  // namespace

std::expected<std::unique_ptr<EpollBackend>, core::Error> EpollBackend::create(
    std::uint32_t events_max) {
    UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return std::unexpected(core::Error::from_errno(errno, "epoll_create1"));
    return std::unique_ptr<EpollBackend>(new EpollBackend(std::move(epoll), events_max));
}

EpollBackend::EpollBackend(UniqueFd epoll, std::uint32_t events_max)
    : epoll_(std::move(epoll)), ready_(events_max), events_(events_max) {}

std::expected<void, core::Error> EpollBackend::watch_bell(int fd, std::uint64_t token) {
    return add(fd, token, EPOLLIN | EPOLLET);
}

std::expected<void, core::Error> EpollBackend::watch(int fd, std::uint64_t token) {
    return add(fd, token, EPOLLIN);
}

std::expected<void, core::Error> EpollBackend::add(int fd, std::uint64_t token,
                                                   std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) {
        return std::unexpected(core::Error::from_errno(errno, "epoll_ctl"));
    }
    return {};
}

// EPOLLRDHUP is not asked for: a FIN makes EPOLLIN true as well, and a paused connection, which is
// watched for neither, must not spin on it. EPOLLHUP and EPOLLERR come unasked.
void EpollBackend::set_interest(int fd, std::uint64_t token, bool read, bool write) {
    epoll_event event{};
    event.events = (read ? std::uint32_t{EPOLLIN} : 0u) | (write ? std::uint32_t{EPOLLOUT} : 0u);
    event.data.u64 = token;
    STENTOR_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

// The descriptor is the only one of its socket, so the watch goes with it.
void EpollBackend::close(int fd) {
    ::close(fd);
}

std::expected<std::vector<std::byte>, int> EpollBackend::release(int fd) {
    STENTOR_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0);
    return {};  // all that came is still the kernel's
}

void EpollBackend::put_back(int /*fd*/, std::vector<std::byte> received) {
    STENTOR_CHECK(received.empty());
}

std::span<const IoEvent> EpollBackend::wait(std::optional<core::Duration> timeout) {
    // EINTR counts as a wake-up without events: the caller works out its deadline anew.
    const int count = ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()),
                                   to_epoll_ms(timeout));
    STENTOR_CHECK(count >= 0 || errno == EINTR);
    const std::size_t events = count < 0 ? 0 : static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < events; ++i) {
        const std::uint32_t flags = ready_[i].events;
        events_[i] = {.token = ready_[i].data.u64,
                      .readable = (flags & EPOLLIN) != 0,
                      .writable = (flags & EPOLLOUT) != 0,
                      .broken = (flags & (EPOLLERR | EPOLLHUP)) != 0};
    }
    return {events_.data(), events};
}

IoResult EpollBackend::receive(int fd, std::span<std::byte> into) {
    ssize_t received;
    do {
        received = ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return {0, errno};
    return {static_cast<std::size_t>(received), 0};
}

void EpollBackend::send(std::span<SendRequest> requests) {
    for (SendRequest& request : requests) request.result = send_one(request);
}

}  // namespace stentor::net
