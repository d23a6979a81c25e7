// Where to listen, as an operator writes it: "127.0.0.1:8080", "tls:0.0.0.0:443", "[::1]:0",
// "unix:/run/stentor/chat.socket" (README.md, "Tune it by flags").
// Thread: any; it is a value.
// Invariant: what to_string() writes, parse() reads back to the same value.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/error.h"

namespace stentor::net {

struct ListenAddress {
    enum class Kind : std::uint8_t { kTcp, kUnix };
    Kind kind = Kind::kTcp;
    bool tls = false;        // kTcp only
    std::uint16_t port = 0;  // kTcp; 0: a free one
    std::string host = {};   // kTcp: a name or an address, without brackets
    std::string path = {};   // kUnix: of the socket's file

    static std::expected<ListenAddress, core::Error> parse(std::string_view text);
    // As parse() takes it.
    std::string to_string() const;
    // Can only this machine connect to it?
    bool is_loopback() const;
    // The same without "tls:": what a client connects to.
    std::string place() const;
};

}  // namespace stentor::net
