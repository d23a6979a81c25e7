// See front.h.
// Thread: immutable after start, used by every reactor.
// Invariant: what asks for a WebSocket is never answered by a page, and no page by an upgrade.
#include "chat/front.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/container/small_vector.hpp>

#include "chat/dialect/service.h"
#include "chat/http_answer.h"
#include "chat/names.h"
#include "chat/origin_rule.h"
#include "core/ascii.h"
#include "net/http_query.h"
#include "net/http_request_head.h"
#include "ws/handshake.h"

namespace stentor::chat {
namespace {

using net::HttpRequestHead;

constexpr std::array<std::string_view, 1> kNativeSubprotocols{"stentor.v1"};

// The handshake fields of a request; the request's views point into it.
struct HandshakeFields {
    explicit HandshakeFields(const HttpRequestHead& head) {
        for (const net::HttpField& field : head.fields) {
            const auto name = std::ranges::find_if(kNames, [&](std::string_view known) {
                return core::ascii::equal_ignoring_case(field.name, known);
            });
            if (name == kNames.end()) continue;
            values[static_cast<std::size_t>(name - kNames.begin())].push_back(field.value);
        }
        request = {.method = head.method,
                   .http_version = head.version,
                   .upgrade = values[0],
                   .connection = values[1],
                   .key = values[2],
                   .version = values[3],
                   .protocols = values[4],
                   .extensions = values[5]};
    }
    HandshakeFields(const HandshakeFields&) = delete;
    HandshakeFields& operator=(const HandshakeFields&) = delete;

    static constexpr std::array<std::string_view, 6> kNames{"Upgrade",
                                                            "Connection",
                                                            "Sec-WebSocket-Key",
                                                            "Sec-WebSocket-Version",
                                                            "Sec-WebSocket-Protocol",
                                                            "Sec-WebSocket-Extensions"};
    // More than one line of a name is rare, and mostly a fault.
    std::array<boost::container::small_vector<std::string_view, 1>, kNames.size()> values;
    ws::HandshakeRequest request;
};

const WebAsset* find_file(std::span<const WebAsset> page, std::string_view path) {
    const auto found = std::ranges::lower_bound(page, path, {}, &WebAsset::path);
    return found != page.end() && found->path == path ? &*found : nullptr;
}

bool reads(const HttpRequestHead& request) {
    return request.method == "GET" || request.method == "HEAD";
}

bool is_on(Service service, const FrontConfig& config) {
    switch (row_of(service).reach) {
        case ServiceRow::Reach::kAlways:
            return true;
        case ServiceRow::Reach::kEchoFlag:
            return config.echo;
        case ServiceRow::Reach::kDialectFlag:
            return std::ranges::find(config.dialects, service) != config.dialects.end();
        case ServiceRow::Reach::kListener:
            break;
    }
    return false;
}

std::optional<Service> service_at(std::string_view path, const FrontConfig& config) {
    if (path == "/") return config.root;
    const auto rows = service_rows();
    const auto row = std::ranges::find(rows, path, &ServiceRow::path);
    if (row == rows.end()) return std::nullopt;
    const auto service = static_cast<Service>(row - rows.begin());
    return is_on(service, config) ? std::optional(service) : std::nullopt;
}

// Pages of the tutorials are opened from disk too, where they have no origin.
bool may_come_from_disk(Service service, Front::Listener listener, const FrontConfig& config) {
    return config.origins.empty() && listener == Front::Listener::kLoopback &&
           row_of(service).reach == ServiceRow::Reach::kDialectFlag;
}

// A hint is not worth an error: what is no room's name is no hint.
std::string room_hint(const HttpRequestHead& head) {
    const auto raw = net::query_parameter(head.target, "room");
    return raw ? normalize_room_name(*raw).value_or(std::string()) : std::string();
}

// Also says to who wants no WebSocket that this path has nothing else (404, 405, 426).
FrontDecision upgrade(const HttpRequestHead& head, const HandshakeFields& fields,
                      const FrontConfig& config, Front::Listener listener) {
    const auto service = service_at(head.path(), config);
    if (!service) return refusal(head, 404, "nothing is at this path; chat clients use /ws");
    std::span<const std::string_view> subprotocols;
    if (*service == Service::kNative) subprotocols = kNativeSubprotocols;
    const auto accepted = ws::accept_handshake(fields.request, subprotocols, config.deflate);
    if (!accepted) {
        const ws::RefusedHandshake& refused = accepted.error();
        return refusal(head, refused.status, refused.reason, refused.headers);
    }
    const std::size_t origins = head.count("Origin");
    if (origins > 1) return refusal(head, 400, "the request has more than one Origin");
    const bool from_disk = origins == 1 && *head.field("Origin") == "null" &&
                           may_come_from_disk(*service, listener, config);
    if (origins == 1 && !from_disk &&
        !origin_allowed(*head.field("Origin"), head.host, config.origins)) {
        return refusal(head, 403,
                       "pages of this origin may not connect here; --origin allows an origin");
    }
    return Upgrade{head.bytes, ws::switching_protocols(*accepted), accepted->deflate, *service,
                   *service == Service::kNative ? room_hint(head) : std::string()};
}

FrontDecision serve(const HttpRequestHead& head, const WebAsset& asset) {
    if (reads(head)) return file_answer(head, asset);
    return refusal(head, 405, "this is read with GET or HEAD", "Allow: GET, HEAD\r\n");
}

FrontDecision serve_operator(const HttpRequestHead& head,
                             const std::function<std::string()>& metrics_text) {
    if (head.path() != "/metrics") {
        return refusal(head, 404, "nothing is at this path; metrics are at /metrics");
    }
    if (!reads(head)) {
        return refusal(head, 405, "this is read with GET or HEAD", "Allow: GET, HEAD\r\n");
    }
    return text_answer(head, "text/plain; version=0.0.4; charset=utf-8", metrics_text());
}

}  // namespace

Front::Front(FrontConfig config, std::function<std::string()> metrics_text)
    : config_(std::move(config)), metrics_text_(std::move(metrics_text)) {}

FrontDecision Front::decide(std::span<const std::byte> input, Listener listener) const {
    const net::HttpHeadResult result = net::parse_http_request_head(input);
    if (std::holds_alternative<net::HttpHeadIncomplete>(result)) return NeedMoreBytes{};
    if (const auto* failure = std::get_if<net::HttpHeadFailure>(&result)) {
        return refusal(input.size(), failure->status,
                       "the request is not understood: " + std::string(failure->reason));
    }
    const auto& head = std::get<HttpRequestHead>(result);
    if (listener == Listener::kAdmin) return serve_operator(head, metrics_text_);
    const HandshakeFields fields(head);
    const WebAsset* asset = find_file(config_.page, head.path());
    if (asset != nullptr && !ws::asks_for_websocket(fields.request)) return serve(head, *asset);
    return upgrade(head, fields, config_, listener);
}

}  // namespace stentor::chat
