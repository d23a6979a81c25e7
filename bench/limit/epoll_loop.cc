// See epoll_loop.h; the turn, and what follows from it in this order.
// Thread: see epoll_loop.h.
// Invariant: see epoll_loop.h.
#include "bench/limit/epoll_loop.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/check.h"

namespace stentor::bench::limit {
namespace {

constexpr std::size_t kReadBytes = 512 << 10;

// The bytes that the socket took. An error counts as none: it comes back as EPOLLERR.
std::size_t send_some(int fd, std::span<const std::byte> bytes) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

}  // namespace

LoopOrError create_epoll_loop(Work work, int listener, HandOverSeat seat) {
    net::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return std::unexpected(core::Error::from_errno(errno, "epoll_create1"));
    return std::make_unique<EpollLoop>(work, listener, seat, std::move(epoll));
}

EpollLoop::EpollLoop(Work work, int listener, HandOverSeat seat, net::UniqueFd epoll)
    : exchange_(work, *this, seat),
      listener_(listener),
      epoll_(std::move(epoll)),
      buffer_(kCarryBytesMax + kReadBytes) {
    watch(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
    // Edge-triggered, and never read: each write is heard.
    if (exchange_.bell_fd() >= 0) {
        watch(EPOLL_CTL_ADD, exchange_.bell_fd(), EPOLLIN | EPOLLET, &exchange_);
    }
}

void EpollLoop::turn() {
    const int timeout_ms = exchange_.prepare_sleep() ? -1 : 0;
    const int count =
        ::epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()), timeout_ms);
    exchange_.awake();
    exchange_.on_turn();
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = ready_[static_cast<std::size_t>(i)];
        if (event.data.ptr == &exchange_) continue;  // the bell
        auto* const connection = static_cast<Connection*>(event.data.ptr);
        if (connection == nullptr) {
            accept_all();
        } else if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) {
            hang_up(*connection);
        } else if ((event.events & EPOLLOUT) != 0) {
            drain(*connection);
        } else {
            receive(*connection);
        }
    }
    exchange_.on_turn_end();
    bury();
}

// Accepted sockets have the listener's TCP_NODELAY and congestion control.
void EpollLoop::accept_all() {
    for (;;) {
        net::UniqueFd fd(::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (fd) {
            if (exchange_.work() != Work::kAccept) open(std::move(fd));
        } else if (errno == EMFILE || errno == ENFILE) {
            // Until a connection is closed; a listener that is always readable would spin.
            accepting_ = false;
            watch(EPOLL_CTL_MOD, listener_, 0, nullptr);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

void EpollLoop::open(net::UniqueFd fd) {
    const auto place = static_cast<std::size_t>(fd.get());
    if (place >= connections_.size()) connections_.resize(place + 1);
    auto& connection = connections_[place] = std::make_unique<Connection>();
    connection->fd = std::move(fd);
    connection->accepted = ++accepted_;
    watch(EPOLL_CTL_ADD, connection->fd.get(), EPOLLIN, connection.get());
}

void EpollLoop::receive(Connection& connection) {
    auto& carry = connection.carry;
    if (!carry.empty()) std::memcpy(buffer_.data(), carry.data(), carry.size());
    const ssize_t received =
        ::recv(connection.fd.get(), buffer_.data() + carry.size(), kReadBytes, MSG_DONTWAIT);
    if (received <= 0) {
        if (received == 0 || (errno != EAGAIN && errno != EINTR)) hang_up(connection);
        return;
    }
    const std::span bytes(buffer_.data(), carry.size() + static_cast<std::size_t>(received));
    const auto rest = bytes.subspan(exchange_.on_bytes(connection, bytes));
    exchange_.send_messages();
    if (rest.size() > kCarryBytesMax) return hang_up(connection);
    carry.assign(rest.begin(), rest.end());
}

void EpollLoop::send(std::span<Peer* const> to, std::span<const std::byte> bytes) {
    for (Peer* const peer : to) {
        auto& connection = static_cast<Connection&>(*peer);
        std::size_t sent = 0;
        if (connection.backlog.empty()) [[likely]]
            sent = send_some(connection.fd.get(), bytes);
        if (sent != bytes.size()) [[unlikely]]
            keep(connection, bytes.subspan(sent));
    }
}

void EpollLoop::keep(Connection& connection, std::span<const std::byte> bytes) {
    auto& backlog = connection.backlog;
    if (connection.closing) return;
    if (backlog.size() + bytes.size() > kBacklogBytesMax) return hang_up(connection);
    if (backlog.empty()) watch(EPOLL_CTL_MOD, connection.fd.get(), EPOLLOUT, &connection);
    backlog.insert(backlog.end(), bytes.begin(), bytes.end());
}

void EpollLoop::drain(Connection& connection) {
    auto& backlog = connection.backlog;
    const std::size_t sent = send_some(connection.fd.get(), backlog);
    backlog.erase(backlog.begin(), backlog.begin() + static_cast<std::ptrdiff_t>(sent));
    if (backlog.empty()) watch(EPOLL_CTL_MOD, connection.fd.get(), EPOLLIN, &connection);
}

void EpollLoop::hang_up(Peer& peer) {
    auto& connection = static_cast<Connection&>(peer);
    if (connection.closing) return;
    connection.closing = true;
    closing_.push_back(&connection);
}

void EpollLoop::bury() {
    for (Connection* const connection : closing_) {
        exchange_.on_closed(*connection);
        const int fd = connection->fd.get();
        connections_[static_cast<std::size_t>(fd)].reset();
    }
    if (!closing_.empty() && !accepting_) {
        accepting_ = true;
        watch(EPOLL_CTL_MOD, listener_, EPOLLIN, nullptr);
    }
    closing_.clear();
}

void EpollLoop::watch(int operation, int fd, std::uint32_t events, void* whose) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = whose;
    STENTOR_CHECK(::epoll_ctl(epoll_.get(), operation, fd, &event) == 0);
}

}  // namespace stentor::bench::limit
