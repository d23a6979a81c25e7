// What a peer is told that may not connect now because there are too many, by whoever says it.
// Thread: any; a constant.
// Invariant: a whole HTTP answer; a client that speaks WebSocket understands it too.
#pragma once

#include <string_view>

namespace stentor::net {

inline constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

}  // namespace stentor::net
