// Resolves, probes, binds and listens.
// Thread: see listener.h.
// Invariant: see listener.h.
#include "net/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "net/peer_address.h"

namespace stentor::net {

namespace {

using core::Error;
template <typename T>
using OrErrno = std::expected<T, int>;

// A port that is free on the first address of a host may be taken on the second.
constexpr int kFreePortTries = 32;

// What the kernel may hold of a connection beyond what is on its way to the peer. More, and it
// takes megabytes of a slow reader, who then seems to make no progress for half a minute, misses
// pings that stand behind them, and gets its gaps when the events are long gone. The outbox is ours
// to bound.
constexpr int kUnsentBytesMax = 32 * 1024;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    bool v6() const { return storage.ss_family == AF_INET6; }
    void set_port(std::uint16_t port) {
        // sin_port and sin6_port lie at the same place.
        static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
        const std::uint16_t big_endian = htons(port);
        std::memcpy(reinterpret_cast<char*>(&storage) + offsetof(sockaddr_in, sin_port),
                    &big_endian, sizeof big_endian);
    }
    friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
        return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0;
    }
};

// Each address of the host once, in the resolver's order.
std::expected<std::vector<SocketAddress>, Error> resolve(const ListenAddress& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(address.port);
    if (int rc = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found); rc != 0) {
        return std::unexpected(
            Error::because("cannot listen on " + address.to_string() + ": " + ::gai_strerror(rc)));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
    std::vector<SocketAddress> places;
    for (const addrinfo* info = list.get(); info != nullptr; info = info->ai_next) {
        SocketAddress place;
        place.size = info->ai_addrlen;
        std::memcpy(&place.storage, info->ai_addr, info->ai_addrlen);
        if (std::ranges::find(places, place) == places.end()) places.push_back(place);
    }
    return places;
}

Error bind_error(int error_number, const ListenAddress& address) {
    const std::string where = address.to_string();
    if (error_number == EADDRINUSE) {
        ListenAddress free = address;
        free.port = 0;
        return Error::because(where +
                              " is in use by another program: stop that one, or choose another "
                              "port (" +
                              free.to_string() + " picks a free one)");
    }
    std::string what = "cannot listen on " + where;
    if (error_number == EACCES && address.port < 1024) {
        what += " (ports below 1024 need CAP_NET_BIND_SERVICE)";
    } else if (error_number == EADDRNOTAVAIL) {
        what += " (no interface of this machine has that address)";
    }
    return Error::from_errno(error_number, std::move(what));
}

struct BindOptions {
    bool reuse_port;
    bool only_v6;  // beside a socket for IPv4 on the same port
};

OrErrno<UniqueFd> bound_socket(const SocketAddress& place, BindOptions how) {
    UniqueFd fd(::socket(place.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return std::unexpected(errno);
    const auto set = [&fd](int level, int option, int value) {
        return ::setsockopt(fd.get(), level, option, &value, sizeof value) == 0;
    };
    const bool ready = set(SOL_SOCKET, SO_REUSEADDR, 1) &&
                       (!how.reuse_port || set(SOL_SOCKET, SO_REUSEPORT, 1)) &&
                       (!place.v6() || set(IPPROTO_IPV6, IPV6_V6ONLY, how.only_v6 ? 1 : 0));
    if (!ready || ::bind(fd.get(), place.get(), place.size) < 0) return std::unexpected(errno);
    return fd;
}

std::uint16_t port_of(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
    return PeerAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)).port;
}

// `count` sockets on one place. SO_REUSEPORT would let us share the port silently: a socket without
// it finds out before.
OrErrno<std::vector<UniqueFd>> bind_place(SocketAddress place, std::uint16_t port, bool only_v6,
                                          const ListenOptions& options) {
    place.set_port(port);
    if (options.probe && port != 0) {
        const auto probe = bound_socket(place, {.reuse_port = false, .only_v6 = only_v6});
        if (!probe) return std::unexpected(probe.error());
    }
    std::vector<UniqueFd> fds;
    for (std::uint32_t i = 0; i < options.sockets; ++i) {
        auto fd = bound_socket(place, {.reuse_port = true, .only_v6 = only_v6});
        if (!fd) return std::unexpected(fd.error());
        fds.push_back(std::move(*fd));
        place.set_port(port_of(fds.front().get()));
    }
    return fds;
}

// The same on all places of a host, with one port. One of several that this machine lacks ("::1"
// where IPv6 is off) is passed over.
OrErrno<std::vector<UniqueFd>> bind_places(std::span<const SocketAddress> places,
                                           std::uint16_t port, const ListenOptions& options) {
    std::vector<UniqueFd> fds;
    int lacking = EADDRNOTAVAIL;
    for (const SocketAddress& place : places) {
        auto bound = bind_place(place, port, places.size() > 1, options);
        if (!bound) {
            lacking = bound.error();
            if (lacking != EADDRNOTAVAIL && lacking != EAFNOSUPPORT)
                return std::unexpected(lacking);
            continue;
        }
        port = port_of(bound->front().get());
        std::ranges::move(*bound, std::back_inserter(fds));
    }
    if (fds.empty()) return std::unexpected(lacking);
    return fds;
}

// On the listener, from which accepted sockets inherit them (tcp(7)): no call for each of those.
// Keep-alive finds dead peers that nobody pings (/echo).
std::expected<void, Error> set_options(int fd, const std::string& congestion) {
    const auto set = [fd](int level, int name, int value) {
        return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
    };
    if (!set(IPPROTO_TCP, TCP_NODELAY, 1) ||
        !set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytesMax) ||
        !set(SOL_SOCKET, SO_KEEPALIVE, 1) || !set(IPPROTO_TCP, TCP_KEEPIDLE, 60) ||
        !set(IPPROTO_TCP, TCP_KEEPINTVL, 20) || !set(IPPROTO_TCP, TCP_KEEPCNT, 3)) {
        return std::unexpected(Error::from_errno(errno, "cannot set the options of a listener"));
    }
    if (!congestion.empty() && ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(),
                                            static_cast<socklen_t>(congestion.size())) < 0) {
        return std::unexpected(
            Error::from_errno(errno, "cannot use congestion control \"" + congestion + "\""));
    }
    return {};
}

}  // namespace

Listener::Listener(UniqueFd fd, const ListenOptions& options, ListenAddress address)
    : fd_(std::move(fd)),
      index_(options.index),
      refusal_(options.refusal),
      address_(std::move(address)) {}

std::expected<std::vector<Listener>, Error> Listener::open_tcp(const ListenAddress& address,
                                                               const ListenOptions& options) {
    const auto places = resolve(address);
    if (!places) return std::unexpected(places.error());
    auto fds = bind_places(*places, address.port, options);
    const int tries = places->size() > 1 && address.port == 0 ? kFreePortTries : 1;
    for (int i = 1; i < tries && !fds && fds.error() == EADDRINUSE; ++i) {
        fds = bind_places(*places, 0, options);
    }
    if (!fds) return std::unexpected(bind_error(fds.error(), address));
    ListenAddress bound = address;
    bound.port = port_of(fds->front().get());
    std::vector<Listener> listeners;
    for (UniqueFd& fd : *fds) {
        if (auto set = set_options(fd.get(), options.tcp_congestion); !set) {
            return std::unexpected(set.error());
        }
        if (::listen(fd.get(), options.backlog) < 0)
            return std::unexpected(bind_error(errno, bound));
        listeners.push_back(Listener(std::move(fd), options, bound));
    }
    return listeners;
}

std::expected<std::vector<Listener>, Error> Listener::open_unix(const ListenAddress& address,
                                                                const ListenOptions& options) {
    auto bound = bind_unix_socket(address.path);
    if (!bound) return std::unexpected(bound.error());
    if (::listen(bound->fd.get(), options.backlog) < 0)
        return std::unexpected(Error::from_errno(errno, "cannot listen on " + address.to_string()));
    ListenAddress where = address;
    where.path = absolute_path(address.path);
    std::vector<Listener> listeners;
    listeners.push_back(Listener(std::move(bound->fd), options, std::move(where)));
    listeners.back().file_ = std::move(bound->file);
    return listeners;
}

std::expected<std::vector<Listener>, Error> Listener::open(const ListenAddress& address,
                                                           const ListenOptions& options) {
    return address.kind == ListenAddress::Kind::kUnix ? open_unix(address, options)
                                                      : open_tcp(address, options);
}

}  // namespace stentor::net
