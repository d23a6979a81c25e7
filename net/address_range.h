// A block of addresses in CIDR notation (RFC 4632, 4291 2.3): who is trusted as a proxy.
// Thread: any; it is a value.
// Invariant: bits behind the prefix are zero.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "net/peer_address.h"

namespace stentor::net {

struct AddressRange {
    PeerAddress::Family family = PeerAddress::Family::kNone;  // kNone: peers of Unix sockets
    std::uint8_t prefix_bits = 0;
    std::array<std::uint8_t, 16> bytes{};

    // "10.0.0.0/8", "2001:db8::/32", "192.0.2.1" (one address), "unix". v4-mapped ranges are folded
    // to IPv4, as peers are; so "::/0" holds no IPv4 peer. Set bits behind the prefix are refused.
    // An error is a sentence without a full stop.
    static std::expected<AddressRange, std::string> parse(std::string_view text);
    std::string to_string() const;  // as parse() reads it
    bool contains(const PeerAddress& peer) const;
    friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

}  // namespace stentor::net
