// Where the server listens: addresses as an operator writes them, and the listening sockets
// themselves.
// Thread: any at start; a Listener is then its acceptor's.
// Invariant: an open Listener is bound and listening, non-blocking, and knows the address that it
// really has (port 0 resolved).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "net/refusal.h"
#include "net/unique_fd.h"

namespace stentor::net {

struct ListenAddress {
    std::string host;  // without brackets
    std::uint16_t port = 0;

    // "127.0.0.1:8080", "localhost:0", "[::1]:0".
    static std::expected<ListenAddress, core::Error> parse(std::string_view text);
    std::string to_string() const;
};

struct ListenOptions {
    std::uint32_t index = 0;    // what Application::on_open() is told
    std::uint32_t sockets = 1;  // one for each acceptor, on the same address by SO_REUSEPORT
    bool probe = true;          // refuse an address that another program listens on
    int backlog = 4096;
    std::string tcp_congestion = {};  // empty: the system's
    // What a peer is told that comes when there are too many.
    std::string refusal{kTooManyConnections};
};

class Listener {
public:
    // All the sockets of one address, one for each acceptor.
    static std::expected<std::vector<Listener>, core::Error> open(const ListenAddress& address,
                                                                  const ListenOptions& options);

    int fd() const { return fd_.get(); }
    std::uint32_t index() const { return index_; }
    const std::string& refusal() const { return refusal_; }
    // The address as bound, "127.0.0.1:40123".
    const ListenAddress& address() const { return address_; }

private:
    Listener(UniqueFd fd, const ListenOptions& options, ListenAddress address);
    static std::expected<Listener, core::Error> open_one(const ListenAddress& address,
                                                         const ListenOptions& options);

    UniqueFd fd_;
    std::uint32_t index_;
    std::string refusal_;
    ListenAddress address_;
};

}  // namespace stentor::net
