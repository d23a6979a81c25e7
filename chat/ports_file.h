// --ports-file: where the server listens, for programs that started it with port 0.
// Thread: main.
// Invariant: a reader sees no file, the old one, or the new one whole.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "net/listen_address.h"

namespace stentor::chat {

struct BoundAddresses {
    std::vector<net::ListenAddress> listen;  // in the order of the flags
    std::optional<net::ListenAddress> admin;
    std::optional<net::ListenAddress> line{};
};

// {"pid":N,"listen":["127.0.0.1:40123","127.0.0.1:40124","unix:/run/chat.socket"],
//  "tls":["127.0.0.1:40124"],"admin":"…","line":"…"}: "tls" says which of "listen" speak TLS.
std::string ports_json(const BoundAddresses& addresses, int pid);
// Written beside `path` and renamed over it.
std::expected<void, core::Error> write_ports_file(const std::string& path,
                                                  const BoundAddresses& addresses);

}  // namespace stentor::chat
