// The address of a peer, IPv4 or IPv6 (v4-mapped is folded to IPv4), or none (a Unix socket).
// Thread: any; it is a value.
#pragma once

#include <array>
#include <cstdint>
#include <string>

struct sockaddr;

namespace stentor::net {

struct PeerAddress {
    enum class Family : std::uint8_t { kNone, kV4, kV6 };
    Family family = Family::kNone;
    std::uint16_t port = 0;
    std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 in the first four

    static PeerAddress from_sockaddr(const sockaddr* address);
    bool is_loopback() const;
    std::string to_string() const;  // "127.0.0.1:4711", "[::1]:4711", "unix"
    friend bool operator==(const PeerAddress&, const PeerAddress&) = default;
};

}  // namespace stentor::net
