// What a connection is answered before it speaks WebSocket. See chat/front.h.
// Thread: one. Invariant: each request is also given split at every byte, and decides the same.
#include "chat/front.h"

#include "chat/dialect/service.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::chat {
namespace {

constexpr std::string_view kPageText = "<!doctype html>";
constexpr std::string_view kScriptText = "talk();";

std::span<const WebAsset> page() {
    static const std::array<WebAsset, 2> assets{{
        {"/", "text/html; charset=utf-8", std::as_bytes(std::span(kPageText)), "\"p1\""},
        {"/app.js", "text/javascript", std::as_bytes(std::span(kScriptText)), "\"s1\""},
    }};
    return assets;
}

std::string body_of(const Answer& answer) {
    const std::string_view file(reinterpret_cast<const char*>(answer.body.data()),
                                answer.body.size());
    return std::string(file) + answer.text;
}

// Text of a decision, to compare two of them.
std::string text_of(const FrontDecision& decision) {
    if (const auto* answer = std::get_if<Answer>(&decision)) {
        return answer->head + body_of(*answer) + (answer->close ? "close" : "go on");
    }
    if (const auto* upgrade = std::get_if<Upgrade>(&decision)) {
        return upgrade->head + (upgrade->service == Service::kEcho ? "echo" : "native");
    }
    return "more";
}

// Decides, and checks that a peer who sends byte by byte gets the same as one who sends at once.
FrontDecision decide(const Front& front, const std::string& request,
                     Front::Listener listener = Front::Listener::kPublic) {
    const auto bytes = std::as_bytes(std::span(request));
    FrontDecision whole = front.decide(bytes, listener);
    const std::size_t step = bytes.size() > 4096 ? 211 : 1;  // the long ones are long in one field
    for (std::size_t size = 0; size <= bytes.size(); size += step) {
        const FrontDecision part = front.decide(bytes.first(size), listener);
        if (std::holds_alternative<NeedMoreBytes>(part)) {
            EXPECT_LT(size, bytes.size()) << request;
            continue;
        }
        const auto* answer = std::get_if<Answer>(&part);
        // A refusal may come before the head is whole, and then takes all there is.
        const bool early = answer != nullptr && answer->status >= 400 && answer->consumed == size;
        if (!early) {
            EXPECT_EQ(text_of(part), text_of(whole)) << "split at " << size;
        }
        break;
    }
    return whole;
}

Answer answered(const Front& front, const std::string& request,
                Front::Listener listener = Front::Listener::kPublic) {
    FrontDecision decision = decide(front, request, listener);
    const auto* answer = std::get_if<Answer>(&decision);
    EXPECT_NE(answer, nullptr) << request << text_of(decision);
    return answer != nullptr ? *answer : Answer{};
}

std::string get(std::string_view path, std::string_view fields = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: chat.example:8080\r\n" +
           std::string(fields) + "\r\n";
}

std::string upgrade_request(std::string_view path, std::string_view fields = {}) {
    return get(path,
               "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
                   std::string(fields));
}

const Front& plain_front() {
    static const Front front({.origins = {}, .echo = false, .page = page()},
                             [] { return "m 1\n"; });
    return front;
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)
#define EXPECT_HAS_NOT(text, part) EXPECT_EQ((text).find(part), std::string::npos) << (text)

// Property: a file of the page is given with its type, length, tag and the security fields, and the
// connection goes on.
TEST(Front, GivesTheFilesOfThePage) {
    const std::string request = get("/?from=mail") + "GET /app.js";
    const Answer answer = answered(plain_front(), request);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(body_of(answer), kPageText);
    EXPECT_EQ(answer.consumed, request.size() - std::string("GET /app.js").size());
    EXPECT_FALSE(answer.close);
    EXPECT_TRUE(answer.head.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(answer.head.ends_with("\r\n\r\n"));
    for (const char* field :
         {"Content-Type: text/html; charset=utf-8\r\n", "Content-Length: 15\r\n",
          "ETag: \"p1\"\r\n", "Cache-Control: no-cache\r\n", "X-Content-Type-Options: nosniff\r\n",
          "Referrer-Policy: no-referrer\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n",
          "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
          "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n"}) {
        EXPECT_HAS(answer.head, field);
    }
    EXPECT_EQ(body_of(answered(plain_front(), get("/app.js"))), kScriptText);
}

// Property: HEAD gets what GET gets, without the body.
TEST(Front, HeadHasNoBody) {
    std::string request = get("/");
    request.replace(0, 3, "HEAD");
    const Answer head = answered(plain_front(), request);
    EXPECT_EQ(head.head, answered(plain_front(), get("/")).head);
    EXPECT_EQ(body_of(head), "");
    std::string missing = get("/nothing");
    missing.replace(0, 3, "HEAD");
    EXPECT_EQ(body_of(answered(plain_front(), missing)), "");
}

// Property: who has the file already gets 304 without a body, by any form of If-None-Match.
TEST(Front, KnownFilesAreNotSentAgain) {
    for (const char* tags :
         {"\"p1\"", "W/\"p1\"", "\"x\", \"p1\"", "\"x\",W/\"p1\" , \"y\"", "*"}) {
        const Answer answer =
            answered(plain_front(), get("/", "If-None-Match: " + std::string(tags) + "\r\n"));
        EXPECT_EQ(answer.status, 304) << tags;
        EXPECT_EQ(body_of(answer), "");
        EXPECT_HAS(answer.head, "ETag: \"p1\"\r\n");
        EXPECT_HAS_NOT(answer.head, "Content-Length");
        EXPECT_FALSE(answer.close);
    }
    for (const char* tags : {"\"p2\"", "p1", "\"s1\"", ""}) {
        EXPECT_EQ(answered(plain_front(), get("/", "If-None-Match: " + std::string(tags) + "\r\n"))
                      .status,
                  200);
    }
}

// Property: the connection ends when the peer asks for it, in HTTP/1.0 unless it asks otherwise,
// and behind a body that nobody reads.
TEST(Front, KeepAliveIsHonoured) {
    EXPECT_FALSE(answered(plain_front(), get("/")).close);
    const Answer closed = answered(plain_front(), get("/", "Connection: close\r\n"));
    EXPECT_TRUE(closed.close);
    EXPECT_HAS(closed.head, "Connection: close\r\n");
    EXPECT_TRUE(answered(plain_front(), "GET / HTTP/1.0\r\n\r\n").close);
    const Answer old = answered(plain_front(), "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_FALSE(old.close);
    EXPECT_HAS(old.head, "Connection: keep-alive\r\n");
    EXPECT_TRUE(answered(plain_front(), get("/", "Content-Length: 5\r\n")).close);
}

struct Refused {
    std::string request;
    std::uint16_t status;
    const char* field;
};

// Property: what is not served is refused with the right status and a sentence, and the connection
// ends.
TEST(Front, RefusesWithTheRightStatus) {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    std::string old_version = upgrade_request("/ws");
    old_version.replace(old_version.find("13\r\n"), 2, "8");
    const std::vector<Refused> table{
        {get("/nothing"), 404, ""},
        {get("/app.js/"), 404, ""},
        {get("/../app.js"), 404, ""},
        {get("/%61pp.js"), 404, ""},
        {get("/echo"), 404, ""},
        {get("/metrics"), 404, ""},
        {post, 405, "Allow: GET, HEAD\r\n"},
        {"POST /ws HTTP/1.1\r\nHost: a\r\n\r\n", 405, "Allow: GET\r\n"},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "Allow: GET, HEAD\r\n"},
        {get("/ws"), 426, "Upgrade: websocket\r\n"},
        {old_version, 426, "Sec-WebSocket-Version: 13\r\n"},
        {upgrade_request("/nothing"), 404, ""},
        {upgrade_request("/echo"), 404, ""},
        {upgrade_request("/app.js"), 404, ""},
        {get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n"), 400, ""},
        {"GET / HTTP/1.1\r\n\r\n", 400, ""},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, ""},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400, ""},
        {"GET / HTTP/3.1\r\nHost: a\r\n\r\n", 505, ""},
        {"GET / HTTP/1.1\nHost: a\n\n", 400, ""},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not HTTP\r\n\r\n", 400, ""},
        {get("/" + std::string(9000, 'x')), 414, ""},
        {get("/", "X: " + std::string(20'000, 'x') + "\r\n"), 431, ""},
    };
    for (const Refused& row : table) {
        const Answer answer = answered(plain_front(), row.request);
        EXPECT_EQ(answer.status, row.status) << row.request.substr(0, 100);
        EXPECT_TRUE(answer.close);
        EXPECT_HAS(answer.head, "HTTP/1.1 " + std::to_string(row.status) + " ");
        EXPECT_HAS(answer.head, "Connection: close\r\n");
        EXPECT_HAS(answer.head, "Content-Type: text/plain; charset=utf-8\r\n");
        EXPECT_HAS(answer.head, row.field);
        EXPECT_GT(body_of(answer).size(), 10u);
    }
}

// Property: nothing that the peer wrote comes back in an answer.
TEST(Front, NothingIsEchoed) {
    for (const std::string& request :
         {get("/SECRETWORD"), get("/", "SECRETWORD: 1\r\n"), upgrade_request("/SECRETWORD"),
          upgrade_request("/ws", "Origin: http://SECRETWORD\r\n"),
          std::string("SECRETWORD / HTTP/1.1\r\nHost: a\r\n\r\n")}) {
        EXPECT_HAS_NOT(text_of(decide(plain_front(), request)), "SECRETWORD");
    }
}

// Property: an upgrade on /ws and / speaks the native protocol, and what follows it is left alone.
TEST(Front, UpgradesToTheNativeProtocol) {
    for (const char* path : {"/ws", "/", "/ws?v=1"}) {
        const std::string request =
            upgrade_request(path, "Sec-WebSocket-Protocol: x, stentor.v1\r\n");
        const std::string input = request + "frames";
        FrontDecision decision =
            plain_front().decide(std::as_bytes(std::span(input)), Front::Listener::kPublic);
        const auto* upgrade = std::get_if<Upgrade>(&decision);
        ASSERT_NE(upgrade, nullptr) << path;
        EXPECT_EQ(upgrade->consumed, request.size());
        EXPECT_EQ(upgrade->service, Service::kNative);
        EXPECT_TRUE(upgrade->head.starts_with("HTTP/1.1 101 "));
        EXPECT_HAS(upgrade->head, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
        EXPECT_HAS(upgrade->head, "Sec-WebSocket-Protocol: stentor.v1\r\n");
        EXPECT_EQ(text_of(decide(plain_front(), request)), text_of(decision));
    }
}

// Property: ?room= of a native upgrade is the room's name, in NFC; what cannot be one is nothing,
// and no reason to refuse.
TEST(Front, RoomOfAnUpgradeIsAHint) {
    const auto room_at = [](const char* path) {
        const FrontDecision decision = decide(plain_front(), upgrade_request(path));
        const auto* upgrade = std::get_if<Upgrade>(&decision);
        return upgrade == nullptr ? "no upgrade" : upgrade->room;
    };
    EXPECT_EQ(room_at("/ws?room=lobby"), "lobby");
    EXPECT_EQ(room_at("/?v=1&room=lobby"), "lobby");
    EXPECT_EQ(room_at("/ws?room=o%CC%88"), "\xc3\xb6");
    for (const char* path : {"/ws", "/ws?room", "/ws?room=", "/ws?room=%", "/ws?room=%FF",
                             "/ws?room=a%20b", "/ws?room=dm.x", "/ws?rooms=a"}) {
        EXPECT_EQ(room_at(path), "") << path;
    }
}

// Property: /echo exists when it is switched on, and has no subprotocol of ours.
TEST(Front, EchoIsThereWhenSwitchedOn) {
    const Front front({.origins = {}, .echo = true, .page = page()}, [] { return ""; });
    FrontDecision decision =
        decide(front, upgrade_request("/echo", "Sec-WebSocket-Protocol: stentor.v1\r\n"));
    const auto* upgrade = std::get_if<Upgrade>(&decision);
    ASSERT_NE(upgrade, nullptr);
    EXPECT_EQ(upgrade->service, Service::kEcho);
    EXPECT_HAS_NOT(upgrade->head, "Sec-WebSocket-Protocol");
    EXPECT_EQ(answered(front, get("/echo")).status, 426);
}

// Property: each dialect is at its path when it is switched on, and / speaks the one that is
// chosen.
TEST(Front, DialectsAreAtTheirPathsAndAtTheRoot) {
    const Service classic = *dialect_named("classic");
    const Service plain = *dialect_named("plain");
    const Front front({.origins = {}, .page = page(), .dialects = {classic}, .root = plain}, {});
    const auto service_at = [&](const char* path) -> std::optional<Service> {
        FrontDecision decision = decide(front, upgrade_request(path));
        const auto* upgrade = std::get_if<Upgrade>(&decision);
        return upgrade == nullptr ? std::nullopt : std::optional(upgrade->service);
    };
    EXPECT_EQ(service_at("/"), plain);
    EXPECT_EQ(service_at("/ws"), Service::kNative);
    EXPECT_EQ(service_at("/classic"), classic);
    for (const char* path : {"/plain", "/line", "/console", "/native", "/echo"}) {
        EXPECT_EQ(service_at(path), std::nullopt) << path;
    }
    EXPECT_EQ(answered(front, get("/")).status, 200);
}

// Property: a page from disk, whose origin is null, may use classic and plain, on a listener for
// this machine alone, unless origins are named; never the native protocol.
TEST(Front, PagesFromDiskMayUseTheSimpleDialectsHere) {
    const FrontConfig config{.origins = {},
                             .page = {},
                             .dialects = {*dialect_named("classic"), *dialect_named("plain")}};
    const auto upgrades = [](const FrontConfig& with, const char* path, const char* origin,
                             Front::Listener listener) {
        const std::string input = upgrade_request(path, "Origin: " + std::string(origin) + "\r\n");
        const FrontDecision decision =
            Front(with, {}).decide(std::as_bytes(std::span(input)), listener);
        return std::holds_alternative<Upgrade>(decision);
    };
    constexpr auto kHere = Front::Listener::kLoopback;
    EXPECT_TRUE(upgrades(config, "/classic", "null", kHere));
    EXPECT_TRUE(upgrades(config, "/plain", "null", kHere));
    EXPECT_FALSE(upgrades(config, "/ws", "null", kHere));
    EXPECT_FALSE(upgrades(config, "/classic", "null", Front::Listener::kPublic));
    EXPECT_FALSE(upgrades(config, "/classic", "https://elsewhere.example", kHere));
    FrontConfig named = config;
    named.origins = {"https://chat.example"};
    EXPECT_FALSE(upgrades(named, "/classic", "null", kHere));
    FrontConfig root = config;
    root.root = *dialect_named("plain");
    EXPECT_TRUE(upgrades(root, "/", "null", kHere));
}

// Property: without a page an upgrade on / goes on working.
TEST(Front, ThePageCanBeLeftOut) {
    const Front front({}, [] { return ""; });
    EXPECT_EQ(answered(front, get("/")).status, 426);
    EXPECT_EQ(answered(front, get("/app.js")).status, 404);
    EXPECT_TRUE(std::holds_alternative<Upgrade>(decide(front, upgrade_request("/"))));
}

// Property: an upgrade from a foreign page is refused with 403; the page itself is for everybody.
TEST(Front, ForeignPagesMayNotConnect) {
    const Answer refused =
        answered(plain_front(), upgrade_request("/ws", "Origin: https://evil.example\r\n"));
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(answered(plain_front(), get("/", "Origin: https://evil.example\r\n")).status, 200);
    EXPECT_TRUE(std::holds_alternative<Upgrade>(
        decide(plain_front(), upgrade_request("/ws", "Origin: https://chat.example\r\n"))));
    EXPECT_EQ(answered(plain_front(), upgrade_request("/ws",
                                                      "Origin: https://chat.example\r\n"
                                                      "Origin: https://evil.example\r\n"))
                  .status,
              400);
}

// Property: the operator's listener has the metrics and nothing else, no WebSocket either.
TEST(Front, TheOperatorsListenerHasMetricsOnly) {
    const auto admin = Front::Listener::kAdmin;
    const Answer metrics = answered(plain_front(), get("/metrics"), admin);
    EXPECT_EQ(metrics.status, 200);
    EXPECT_EQ(body_of(metrics), "m 1\n");
    EXPECT_HAS(metrics.head, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    EXPECT_FALSE(metrics.close);
    EXPECT_EQ(answered(plain_front(), get("/"), admin).status, 404);
    EXPECT_EQ(answered(plain_front(), upgrade_request("/ws"), admin).status, 404);
    EXPECT_EQ(answered(plain_front(), "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", admin).status,
              405);
}

// Property: requests that stand one behind the other are answered one by one, in order.
TEST(Front, PipelinedRequestsAreAnsweredInOrder) {
    std::string input = get("/app.js") + get("/") + get("/nothing");
    std::vector<int> statuses;
    while (!input.empty()) {
        const FrontDecision decision =
            plain_front().decide(std::as_bytes(std::span(input)), Front::Listener::kPublic);
        const auto* answer = std::get_if<Answer>(&decision);
        ASSERT_NE(answer, nullptr);
        statuses.push_back(answer->status);
        input.erase(0, answer->consumed);
    }
    EXPECT_EQ(statuses, (std::vector<int>{200, 200, 404}));
}

// Property: an offer of permessage-deflate is answered when it may be, by parameters that the
// endpoint gets too; an offer that is no list of extensions is refused.
TEST(Front, CompressionIsAgreedToWhereItIsOfferedAndSwitchedOn) {
    const std::string request =
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    const std::string offer =
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=11\r\n\r\n";
    for (const bool on : {true, false}) {
        const Front front({.origins = {}, .echo = false, .deflate = on, .page = {}}, {});
        const FrontDecision decision = decide(front, request + offer);
        const auto& upgrade = std::get<Upgrade>(decision);
        EXPECT_EQ(upgrade.deflate.on, on);
        EXPECT_EQ(
            upgrade.head.find("Sec-WebSocket-Extensions: permessage-deflate") != std::string::npos,
            on);
        EXPECT_EQ(upgrade.head.find("server_max_window_bits=11") != std::string::npos, on);
        if (on) {
            EXPECT_EQ(upgrade.deflate.server_window_bits, 11);
        }
        EXPECT_FALSE(std::get<Upgrade>(decide(front, request + "\r\n")).deflate.on);
        const FrontDecision bad = decide(front, request + "Sec-WebSocket-Extensions: a=;,\r\n\r\n");
        EXPECT_EQ(std::get<Answer>(bad).status, 400);
    }
}

}  // namespace
}  // namespace stentor::chat
