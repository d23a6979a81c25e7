// --ports-file: where the server listens, for programs that started it with port 0.
// Thread: main.
// Invariant: a reader sees no file, the old one, or the new one whole.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "core/error.h"

namespace stentor::chat {

struct BoundAddresses {
    std::vector<std::string> listen;  // "127.0.0.1:40123"
    std::string admin;                // empty: none
};

// {"pid":N,"listen":["127.0.0.1:40123"],"admin":"…"}
std::string ports_json(const BoundAddresses& addresses, int pid);
// Written beside `path` and renamed over it.
std::expected<void, core::Error> write_ports_file(const std::string& path,
                                                  const BoundAddresses& addresses);

}  // namespace stentor::chat
