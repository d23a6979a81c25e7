// Parses an address, probes it, and listens on it by SO_REUSEPORT.
// Thread: see listener.h.
// Invariant: see listener.h.
#include "net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "net/peer_address.h"

namespace stentor::net {

namespace {

using core::Error;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::expected<SocketAddress, Error> resolve(const ListenAddress& address) {
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
    SocketAddress result;
    result.size = list->ai_addrlen;
    std::memcpy(&result.storage, list->ai_addr, list->ai_addrlen);
    return result;
}

std::expected<void, Error> set_option(int fd, int level, int option, int value, const char* name) {
    if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
    return std::unexpected(Error::from_errno(errno, std::string("setsockopt ") + name));
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

std::expected<UniqueFd, Error> bound_socket(const SocketAddress& where,
                                            const ListenAddress& address, bool reuse_port) {
    UniqueFd fd(::socket(where.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return std::unexpected(bind_error(errno, address));
    auto ready = set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
    if (ready && reuse_port)
        ready = set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    if (ready && where.storage.ss_family == AF_INET6) {
        ready = set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY");
    }
    if (!ready) return std::unexpected(ready.error());
    if (::bind(fd.get(), where.get(), where.size) < 0) {
        return std::unexpected(bind_error(errno, address));
    }
    return fd;
}

ListenAddress bound_address(int fd, const ListenAddress& asked) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ListenAddress address = asked;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) == 0) {
        address.port = PeerAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)).port;
    }
    return address;
}

}  // namespace

std::expected<ListenAddress, Error> ListenAddress::parse(std::string_view text) {
    const auto bad = [&](std::string_view why) {
        return std::unexpected(
            Error::because("\"" + std::string(text) + "\" is not an address: " + std::string(why)));
    };
    ListenAddress address;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find("]:");
        if (end == std::string_view::npos) return bad("expected [IPV6]:PORT");
        address.host = text.substr(1, end - 1);
        port = text.substr(end + 2);
    } else {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) return bad("expected HOST:PORT");
        address.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (address.host.find(':') != std::string::npos)
            return bad("IPv6 needs brackets, [::1]:8080");
    }
    if (address.host.empty()) return bad("expected HOST:PORT (0.0.0.0 for every interface)");
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
        return bad("the port is a number from 0 to 65535");
    }
    return address;
}

std::string ListenAddress::to_string() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Listener::Listener(UniqueFd fd, const ListenOptions& options, ListenAddress address)
    : fd_(std::move(fd)),
      index_(options.index),
      refusal_(options.refusal),
      address_(std::move(address)) {}

std::expected<Listener, Error> Listener::open_one(const ListenAddress& address,
                                                  const ListenOptions& options) {
    const auto where = resolve(address);
    if (!where) return std::unexpected(where.error());
    auto fd = bound_socket(*where, address, true);
    if (!fd) return std::unexpected(fd.error());
    if (!options.tcp_congestion.empty() &&
        ::setsockopt(fd->get(), IPPROTO_TCP, TCP_CONGESTION, options.tcp_congestion.data(),
                     static_cast<socklen_t>(options.tcp_congestion.size())) < 0) {
        return std::unexpected(Error::from_errno(
            errno, "cannot use congestion control \"" + options.tcp_congestion + "\""));
    }
    if (::listen(fd->get(), options.backlog) < 0)
        return std::unexpected(bind_error(errno, address));
    ListenAddress bound = bound_address(fd->get(), address);
    return Listener(std::move(*fd), options, std::move(bound));
}

std::expected<std::vector<Listener>, Error> Listener::open(const ListenAddress& address,
                                                           const ListenOptions& options) {
    if (options.probe && address.port != 0) {
        // SO_REUSEPORT would let us share the port silently: a socket without it finds out.
        const auto where = resolve(address);
        if (!where) return std::unexpected(where.error());
        const auto probe = bound_socket(*where, address, false);
        if (!probe) return std::unexpected(probe.error());
    }
    std::vector<Listener> listeners;
    ListenAddress next = address;
    for (std::uint32_t i = 0; i < options.sockets; ++i) {
        auto listener = open_one(next, options);
        if (!listener) return std::unexpected(listener.error());
        next = listener->address();
        listeners.push_back(std::move(*listener));
    }
    return listeners;
}

}  // namespace stentor::net
