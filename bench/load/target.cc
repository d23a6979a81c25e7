// See target.h. The named dialects are templates like everybody's.
// Thread: any; TargetState guards itself.
// Invariant: see target.h.
#include "bench/load/target.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <boost/algorithm/string/replace.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace stentor::bench {
namespace {

constexpr std::string_view kRoomPlace = "{room}";

std::string with_room(std::string_view path, std::string_view room) {
    return boost::algorithm::replace_all_copy(std::string(path), kRoomPlace, room);
}

struct Dialect {
    std::string_view name;
    std::array<std::string_view, 2> join;
    std::string_view joined;
    std::string_view message;
};
constexpr std::array<Dialect, 4> kDialects{{
    {"native",
     {R"({"type":"login","id":"login"})", R"({"type":"join","id":"join","room":"{room}"})"},
     R"("type":"joined")",
     R"({"type":"send","id":"{number}","room":"{room}","content":"{stamp}{pad}"})"},
    {"raw", {"join {room}", ""}, "joined", "{stamp}{pad}"},
    {"echo", {"", ""}, "", "{stamp}{pad}"},
    {"accept", {"", ""}, "", "{stamp}{pad}"},  // accepts and closes: for `connect` alone
}};

std::expected<MessageTemplate, std::string> parse_named(std::string_view name,
                                                        std::string_view text) {
    auto parsed = MessageTemplate::parse(text);
    if (!parsed) return std::unexpected(std::string(name) + ": " + parsed.error());
    return parsed;
}

std::expected<void, std::string> set_templates(TargetSpec& spec, const TargetTexts& texts,
                                               const Dialect& dialect) {
    std::vector<std::string> join = texts.join;
    if (join.empty()) join.assign(dialect.join.begin(), dialect.join.end());
    for (const std::string& line : join) {
        if (line.empty()) continue;
        auto parsed = parse_named("join", line);
        if (!parsed) return std::unexpected(parsed.error());
        spec.join.push_back(std::move(*parsed));
    }
    spec.joined = texts.joined.value_or(std::string(texts.join.empty() ? dialect.joined : ""));
    auto message = parse_named("message", texts.message.value_or(std::string(dialect.message)));
    if (!message) return std::unexpected(message.error());
    if (!message->has_stamp()) {
        return std::unexpected("message: needs {stamp}, by which it is known again");
    }
    spec.message = std::move(*message);
    return {};
}

}  // namespace

std::expected<Url, std::string> parse_url(std::string_view text) {
    Url url{.text = std::string(text),
            .tls = text.starts_with("wss://"),
            .authority = {},
            .host = {},
            .port = {},
            .path = "/",
            .names_room = false};
    if (!url.tls && !text.starts_with("ws://")) {
        return std::unexpected("a URL begins with ws:// or wss://");
    }
    url.port = url.tls ? "443" : "80";
    text.remove_prefix(url.tls ? 6 : 5);
    const std::size_t slash = text.find_first_of("/?");
    if (slash != std::string_view::npos) {
        url.path = (text[slash] == '?' ? "/" : "") + std::string(text.substr(slash));
    }
    std::string_view authority = text.substr(0, slash);
    url.authority = authority;
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        url.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    url.host = authority;
    if (url.host.empty() || url.port.empty()) return std::unexpected("host or port is empty");
    url.names_room = url.path.find(kRoomPlace) != std::string::npos;
    if ((url.authority + with_room(url.path, {})).find_first_of("{}") != std::string::npos) {
        return std::unexpected("{room} may stand behind the host, and no other brace anywhere");
    }
    return url;
}

std::string Url::path_for(std::string_view room) const {
    // Unreserved characters (RFC 3986, 2.3) mean the same everywhere in a URL.
    return with_room(
        path, boost::urls::encode({room.data(), room.size()}, boost::urls::unreserved_chars));
}

std::expected<TargetSpec, std::string> make_target(const TargetTexts& texts,
                                                   std::string_view default_dialect) {
    TargetSpec spec;
    spec.name = texts.name.empty() ? texts.url : texts.name;
    const auto wrong = [&](const std::string& what) {
        return std::unexpected("target " + spec.name + ": " + what);
    };
    auto url = parse_url(texts.url);
    if (!url) return wrong("\"" + texts.url + "\": " + url.error());
    spec.url = std::move(*url);
    spec.pid = texts.pid;
    spec.core = texts.core;
    const bool own = !texts.join.empty() || texts.message;
    spec.dialect = texts.dialect.value_or(own ? std::string() : std::string(default_dialect));
    const std::string base = spec.dialect.empty() ? "echo" : spec.dialect;
    const auto* const dialect = std::ranges::find(kDialects, base, &Dialect::name);
    if (dialect == kDialects.end()) {
        return wrong("no dialect \"" + spec.dialect + "\": there is native, raw, echo, accept");
    }
    const auto set = set_templates(spec, texts, *dialect);
    if (!set) return wrong(set.error());
    return spec;
}

bool SocketAddress::is_loopback_v4() const {
    if (storage.ss_family != AF_INET) return false;
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24U) == 127;
}

std::expected<SocketAddress, std::string> resolve(const Url& url) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
    if (failed != 0) return std::unexpected(url.authority + ": " + ::gai_strerror(failed));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
    SocketAddress address;
    std::memcpy(&address.storage, list->ai_addr, list->ai_addrlen);
    address.bytes = list->ai_addrlen;
    return address;
}

void TargetState::complain(std::string_view what) {
    const std::scoped_lock lock(mutex_);
    if (complaint_.empty()) complaint_ = what;
}

std::string TargetState::complaint() const {
    const std::scoped_lock lock(mutex_);
    return complaint_;
}

void TargetState::overhear(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    overheard_ = text.substr(0, 200);
}

std::string TargetState::overheard() const {
    const std::scoped_lock lock(mutex_);
    return overheard_;
}

void TargetState::count_handshake(const TlsClientSession& session) {
    const std::scoped_lock lock(mutex_);
    session.count_in(tls_report_);
}

std::optional<TlsReport> TargetState::tls_report() const {
    const std::scoped_lock lock(mutex_);
    return tls_report_.handshakes > 0 ? std::optional(tls_report_) : std::nullopt;
}

}  // namespace stentor::bench
