// Which pages may open a WebSocket here (docs/protocol.md, "Origin"): against foreign pages that
// use a visitor's browser (cross-site WebSocket hijacking).
// Thread: any; pure.
// Invariant: with an allow-list only exact matches pass.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stentor::chat {

// `origin` is the request's Origin field, `host` its Host. Without `allowed` the two hosts must be
// equal; scheme and port are not compared, and localhost, 127.0.0.1 and [::1] are one host.
bool origin_allowed(std::string_view origin, std::string_view host,
                    std::span<const std::string> allowed);

}  // namespace stentor::chat
