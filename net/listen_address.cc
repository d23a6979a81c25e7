// See listen_address.h.
// Thread: any; pure.
// Invariant: a path fits the kernel's sockaddr_un and needs no escape in a line of text.
#include "net/listen_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace stentor::net {

namespace {

using core::Error;
using Parsed = std::expected<ListenAddress, std::string_view>;

constexpr std::string_view kTls = "tls:";
constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;
static_assert(kPathBytesMax == 107, "the message below says so");

Parsed parse_path(std::string_view path) {
    if (path.empty()) return std::unexpected("expected unix:PATH");
    if (path.size() > kPathBytesMax) {
        return std::unexpected("the path of a Unix socket has 107 bytes at most");
    }
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    if (std::ranges::any_of(path, is_control)) {
        return std::unexpected("control characters have no place in a path");
    }
    ListenAddress address;
    address.kind = ListenAddress::Kind::kUnix;
    address.path = path;
    return address;
}

Parsed parse_host_and_port(std::string_view text) {
    ListenAddress address;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find("]:");
        if (end == std::string_view::npos) return std::unexpected("expected [IPV6]:PORT");
        address.host = text.substr(1, end - 1);
        if (address.host.find(':') == std::string::npos) {
            return std::unexpected("brackets are for IPv6, [::1]:8080");
        }
        port = text.substr(end + 2);
    } else {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) return std::unexpected("expected HOST:PORT");
        address.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (address.host.find(':') != std::string::npos)
            return std::unexpected("IPv6 needs brackets, [::1]:8080");
    }
    if (address.host.empty())
        return std::unexpected("expected HOST:PORT (0.0.0.0 for every interface)");
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (port.empty() || error != std::errc{} || end != port.data() + port.size()) {
        return std::unexpected("the port is a number from 0 to 65535");
    }
    return address;
}

Parsed parse_after_tls(std::string_view text) {
    if (text.starts_with(kTls)) return std::unexpected("tls: stands in front once");
    if (text.starts_with(kUnix)) return std::unexpected("a Unix socket needs no TLS");
    Parsed parsed = parse_host_and_port(text);
    if (parsed) parsed->tls = true;
    return parsed;
}

}  // namespace

std::expected<ListenAddress, Error> ListenAddress::parse(std::string_view text) {
    Parsed parsed = text.starts_with(kUnix)  ? parse_path(text.substr(kUnix.size()))
                    : text.starts_with(kTls) ? parse_after_tls(text.substr(kTls.size()))
                                             : parse_host_and_port(text);
    if (parsed) return *std::move(parsed);
    return std::unexpected(Error::because("\"" + std::string(text) +
                                          "\" is not an address: " + std::string(parsed.error())));
}

std::string ListenAddress::to_string() const {
    return (tls ? std::string(kTls) : "") + place();
}

bool ListenAddress::is_loopback() const {
    if (kind == Kind::kUnix || host == "localhost" || host == "::1") return true;
    in_addr v4{};
    return ::inet_pton(AF_INET, host.c_str(), &v4) == 1 && host.starts_with("127.");
}

std::string ListenAddress::place() const {
    if (kind == Kind::kUnix) return std::string(kUnix) + path;
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace stentor::net
