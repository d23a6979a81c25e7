// One TCP connection without a socket: two byte streams with an end each. Thread: the simulation
// has one. Invariant: bytes leave in the order in which they came; to_client holds at most
// `window`.
#pragma once

#include <cstddef>
#include <string>

namespace stentor::sim {

struct Wire {
    std::string to_server;
    std::string to_client;
    std::size_t window = 64 * 1024;  // the client's receive buffer
    bool client_fin = false;         // behind to_server
    bool client_reset = false;       // at once
    bool server_fin = false;         // behind to_client
    bool server_reset = false;       // at once

    std::size_t free() const { return to_client.size() < window ? window - to_client.size() : 0; }
    bool client_gone() const { return client_fin || client_reset; }
    bool server_gone() const { return server_fin || server_reset; }
};

}  // namespace stentor::sim
