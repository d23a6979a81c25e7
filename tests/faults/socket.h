// One connection to the server as a client has it, blocking; what it reads may be awaited for very
// long, so that only a server that hangs is late.
// Thread: the test's. Invariant: its system calls are a client's, which never fail by plan.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/unique_fd.h"
#include "tests/support/tls_client.h"

namespace stentor::faults {

class Socket {
public:
    // To 127.0.0.1. A server that is at its limit accepts nobody, but the kernel connects.
    Socket(std::uint16_t port, bool tls);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    // False when the connection has ended.
    bool write(std::string_view bytes);
    // Appends what comes next; false when the connection has ended.
    bool read(std::string& into);
    // Everything up to the end.
    std::string read_to_end();

    void finish_writing();
    void reset();
    void close();

    std::uint16_t local_port() const { return local_port_; }
    bool ended() const { return ended_; }
    // By FIN, and not by a reset.
    bool ended_well() const { return ended_ && ended_well_; }

private:
    bool shake_hands();
    bool write_raw(std::string_view bytes);
    bool write_ciphertext();
    void on_error(const char* what);

    net::UniqueFd fd_;
    std::unique_ptr<test::TlsClient> tls_;  // none on a plain connection
    std::uint16_t local_port_ = 0;
    bool ended_ = false;
    bool ended_well_ = false;
};

}  // namespace stentor::faults
