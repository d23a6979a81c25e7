// The listening sockets themselves: TCP on all addresses that a host has, with SO_REUSEPORT for
// several acceptors, and Unix sockets.
// Thread: any at start; a Listener is then its acceptor's.
// Invariant: an open Listener is bound and listening, non-blocking, and knows the address that it
// really has (port 0 resolved).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "core/error.h"
#include "net/listen_address.h"
#include "net/refusal.h"
#include "net/unique_fd.h"
#include "net/unix_socket.h"

namespace stentor::net {

struct ListenOptions {
    std::uint32_t index = 0;    // what Application::on_open() is told
    std::uint32_t sockets = 1;  // one for each acceptor, on the same address by SO_REUSEPORT
    bool probe = true;          // refuse an address that another program listens on
    int backlog = 4096;
    std::string tcp_congestion = {};  // empty: the system's
    // What a peer is told that comes when there are too many, unless it expects TLS.
    std::string refusal{kTooManyConnections};
};

class Listener {
public:
    // All the sockets of one address: the one at place i is for acceptor i modulo options.sockets.
    // A host name gives that many for each address that it has, with one port for all; a Unix
    // socket is one, for the first acceptor.
    static std::expected<std::vector<Listener>, core::Error> open(const ListenAddress& address,
                                                                  const ListenOptions& options);

    int fd() const { return fd_.get(); }
    std::uint32_t index() const { return index_; }
    bool tls() const { return address_.tls; }
    const std::string& refusal() const { return refusal_; }
    // The address as bound: "127.0.0.1:40123", "tls:localhost:443", "unix:/run/chat.socket".
    const ListenAddress& address() const { return address_; }

private:
    Listener(UniqueFd fd, const ListenOptions& options, ListenAddress address);
    static std::expected<std::vector<Listener>, core::Error> open_tcp(const ListenAddress& address,
                                                                      const ListenOptions& options);
    static std::expected<std::vector<Listener>, core::Error> open_unix(
        const ListenAddress& address, const ListenOptions& options);

    UniqueFd fd_;
    SocketFile file_;  // behind the descriptor: goes before it
    std::uint32_t index_;
    std::string refusal_;
    ListenAddress address_;
};

}  // namespace stentor::net
