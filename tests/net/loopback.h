// TCP clients on loopback whose source address a test may choose (127.x.y.z).
// Thread: any. Invariant: blocking sockets, closed when their owner goes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "net/unique_fd.h"

namespace stentor::net {

inline UniqueFd socket_to_connect() {
    return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

// On a free port.
inline UniqueFd listen_on_loopback(std::uint16_t& port) {
    UniqueFd fd = socket_to_connect();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd.get(), generic, size), 0);
    EXPECT_EQ(::listen(fd.get(), 512), 0);
    EXPECT_EQ(::getsockname(fd.get(), generic, &size), 0);
    port = ntohs(address.sin_port);
    return fd;
}

inline int connect_from(int fd, std::uint16_t port, std::uint32_t source = INADDR_ANY) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (source != INADDR_ANY) {
        address.sin_addr.s_addr = htonl(source);
        EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

}  // namespace stentor::net
