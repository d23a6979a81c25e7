// From the bytes of a request head to the 101 answer: net/http_request_head.h, ws/handshake.h, and
// both behind chat/front.h.
// Thread: the benchmark's.
// Invariant: the accept key is that of RFC 6455 1.3.
#include <string>
#include <string_view>

#include "bench/micro/answer.h"
#include "bench/micro/topics.h"
#include "chat/front.h"
#include "net/http_request_head.h"
#include "ws/handshake.h"

namespace stentor::bench {
namespace {

constexpr std::string_view kShortHead =
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
constexpr std::string_view kBrowserHead =
    "GET /ws HTTP/1.1\r\nHost: chat.example.org\r\nConnection: Upgrade\r\nPragma: no-cache\r\n"
    "Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\n"
    "Origin: https://chat.example.org\r\nSec-WebSocket-Version: 13\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: theme=dark; consent=1; session=7f0d1c0e4a5b4a3a9e1b\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAcceptKey = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

void parse_head(benchmark::State& state, std::string_view head) {
    const auto parsed = net::parse_http_request_head(bytes_of(head));
    const auto* request = std::get_if<net::HttpRequestHead>(&parsed);
    const bool right = request != nullptr && request->bytes == head.size() &&
                       request->field("sec-websocket-key") == kKey;
    if (!answer_is(state, right, "not the head that was sent")) return;
    for (auto _ : state) benchmark::DoNotOptimize(net::parse_http_request_head(bytes_of(head)));
}

void make_accept_key(benchmark::State& state) {
    const auto key = ws::accept_key_for(kKey);
    const bool right = std::string_view(key.data(), key.size()) == kAcceptKey;
    if (!answer_is(state, right, "not the accept key of the RFC")) return;
    for (auto _ : state) benchmark::DoNotOptimize(ws::accept_key_for(kKey));
}

void accept(benchmark::State& state) {
    constexpr std::string_view kUpgrade[] = {"websocket"};
    constexpr std::string_view kConnection[] = {"Upgrade"};
    constexpr std::string_view kKeys[] = {kKey};
    constexpr std::string_view kVersion[] = {"13"};
    constexpr std::string_view kExtensions[] = {"permessage-deflate; client_max_window_bits"};
    const ws::HandshakeRequest request{.method = "GET",
                                       .http_version = 11,
                                       .upgrade = kUpgrade,
                                       .connection = kConnection,
                                       .key = kKeys,
                                       .version = kVersion,
                                       .protocols = {},
                                       .extensions = kExtensions};
    const auto answered = [&] {
        const auto accepted = ws::accept_handshake(request, {}, true);
        return accepted ? ws::switching_protocols(*accepted) : std::string();
    };
    if (!answer_is(state, answered().find(kAcceptKey) != std::string::npos, "was not accepted")) {
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(answered());
}

void upgrade(benchmark::State& state, std::string_view head) {
    const chat::Front front({.origins = {"*"}, .page = {}}, {});
    const auto decide = [&] {
        return front.decide(bytes_of(head), chat::Front::Listener::kPublic);
    };
    const chat::FrontDecision decision = decide();
    const auto* upgraded = std::get_if<chat::Upgrade>(&decision);
    const bool right = upgraded != nullptr && upgraded->consumed == head.size() &&
                       upgraded->head.find(kAcceptKey) != std::string::npos;
    if (!answer_is(state, right, "was not upgraded")) return;
    for (auto _ : state) benchmark::DoNotOptimize(decide());
}

}  // namespace

void register_handshake() {
    benchmark::RegisterBenchmark("request_head/short", parse_head, kShortHead);
    benchmark::RegisterBenchmark("request_head/browser", parse_head, kBrowserHead);
    benchmark::RegisterBenchmark("handshake/accept_key", make_accept_key);
    benchmark::RegisterBenchmark("handshake/accept", accept);
    benchmark::RegisterBenchmark("handshake/upgrade/short", upgrade, kShortHead);
    benchmark::RegisterBenchmark("handshake/upgrade/browser", upgrade, kBrowserHead);
}

}  // namespace stentor::bench
