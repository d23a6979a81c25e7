// Thread: any.
// Invariant: an IPv4 peer is kV4, however its socket was made.
#include "net/peer_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace stentor::net {

PeerAddress PeerAddress::from_sockaddr(const sockaddr* address) {
    PeerAddress peer;
    if (address->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        peer.family = Family::kV4;
        peer.port = ntohs(in.sin_port);
        std::memcpy(peer.bytes.data(), &in.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, address, sizeof in);
        peer.port = ntohs(in.sin6_port);
        const bool mapped = IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
        peer.family = mapped ? Family::kV4 : Family::kV6;
        const auto* bytes = in.sin6_addr.s6_addr;
        std::copy(bytes + (mapped ? 12 : 0), bytes + 16, peer.bytes.begin());
    }
    return peer;
}

bool PeerAddress::is_loopback() const {
    if (family == Family::kV4) return bytes[0] == 127;
    if (family == Family::kV6) {
        return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1,
                                             [](std::uint8_t byte) { return byte == 0; });
    }
    return true;  // a Unix socket does not leave the machine
}

std::string PeerAddress::to_string() const {
    if (family == Family::kNone) return "unix";
    char text[INET6_ADDRSTRLEN];
    const bool v4 = family == Family::kV4;
    ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    return (v4 ? std::string(text) : "[" + std::string(text) + "]") + ":" + std::to_string(port);
}

}  // namespace stentor::net
