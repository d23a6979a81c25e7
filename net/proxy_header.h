// The PROXY protocol, version 2 (HAProxy's proxy-protocol.txt, 2.2): in front of all else a trusted
// proxy says whose connection it hands on.
// Thread: any; pure.
// Invariant: judged octet by octet, so a wrong header is refused as soon as it shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "net/peer_address.h"

namespace stentor::net {

struct ProxyHeader {
    std::size_t bytes = 0;  // of the input
    // The client's address; nothing for LOCAL (the proxy speaks for itself) and for families that
    // are not TCP over IP: the socket's own peer counts then.
    std::optional<PeerAddress> client;
};

inline constexpr std::size_t kProxyHeaderBytesMax = 16 * 1024;

// `input` is all that came so far, from the first byte. Nothing: it is not complete. An error: why
// it is none, in words for the log.
std::expected<std::optional<ProxyHeader>, std::string_view> parse_proxy_header(
    std::span<const std::byte> input);

}  // namespace stentor::net
