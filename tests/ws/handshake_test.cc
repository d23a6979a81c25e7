// Tests of the opening handshake (RFC 6455 1.3, 4.1, 4.2).
#include "ws/handshake.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::ws {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::array<std::string_view, 1> kSupported{"stentor.v1"};

// A request that owns its lists; as a browser sends it unless a test changes it.
struct Request {
    std::string_view method = "GET";
    unsigned http_version = 11;
    Lines upgrade{"websocket"};
    Lines connection{"keep-alive, Upgrade"};
    Lines key{"dGhlIHNhbXBsZSBub25jZQ=="};
    Lines version{"13"};
    Lines protocols{};
    Lines extensions{"permessage-deflate; client_max_window_bits"};

    HandshakeRequest view() const {
        return {.method = method,
                .http_version = http_version,
                .upgrade = upgrade,
                .connection = connection,
                .key = key,
                .version = version,
                .protocols = protocols,
                .extensions = extensions};
    }
};

struct Case {
    const char* name;
    std::function<void(Request&)> change;
    int status;                         // 101: accepted
    std::string_view subprotocol = {};  // of an accepted one
};

const std::vector<Case>& cases() {
    static const std::vector<Case> kCases{
        {"as a browser", [](Request&) {}, 101},
        {"post", [](Request& r) { r.method = "POST"; }, 405},
        {"method is case sensitive", [](Request& r) { r.method = "get"; }, 405},
        {"HTTP/1.0", [](Request& r) { r.http_version = 10; }, 400},
        {"no upgrade", [](Request& r) { r.upgrade = {}; }, 426},
        {"upgrade to something else", [](Request& r) { r.upgrade = {"h2c"}; }, 426},
        {"longer token", [](Request& r) { r.upgrade = {"websockets"}; }, 426},
        {"upgrade in capitals", [](Request& r) { r.upgrade = {"WebSocket"}; }, 101},
        {"upgrade second in a list", [](Request& r) { r.upgrade = {"h2c ,\twebsocket"}; }, 101},
        {"upgrade on a second line", [](Request& r) { r.upgrade = {"h2c", "websocket"}; }, 101},
        {"no connection", [](Request& r) { r.connection = {}; }, 400},
        {"connection without it", [](Request& r) { r.connection = {"keep-alive, x"}; }, 400},
        {"connection on two lines", [](Request& r) { r.connection = {"a,, ", "UPGRADE"}; }, 101},
        {"no version", [](Request& r) { r.version = {}; }, 400},
        {"two versions", [](Request& r) { r.version = {"13", "13"}; }, 400},
        {"old version", [](Request& r) { r.version = {"8"}; }, 426},
        {"version with a zero", [](Request& r) { r.version = {"013"}; }, 426},
        {"version list", [](Request& r) { r.version = {"13, 8"}; }, 426},
        {"no key", [](Request& r) { r.key = {}; }, 400},
        {"two keys", [](Request& r) { r.key = {r.key[0], r.key[0]}; }, 400},
        {"empty key", [](Request& r) { r.key = {""}; }, 400},
        {"short key", [](Request& r) { r.key = {"dGhlIHNhbXBsZSBub25j"}; }, 400},
        {"key of 17 bytes", [](Request& r) { r.key = {"dGhlIHNhbXBsZSBub25jZWU="}; }, 400},
        {"key without padding", [](Request& r) { r.key = {"dGhlIHNhbXBsZSBub25jZQAA"}; }, 400},
        {"key with stray bits", [](Request& r) { r.key = {"dGhlIHNhbXBsZSBub25jZR=="}; }, 400},
        {"key with a blank", [](Request& r) { r.key = {"dGhlIHNhbXBsZSBub25j Q=="}; }, 400},
        {"key in base64url", [](Request& r) { r.key = {"-_hlIHNhbXBsZSBub25jZQ=="}; }, 400},
        {"key with + and /", [](Request& r) { r.key = {"+/hlIHNhbXBsZSBub25jZQ=="}; }, 101},
        {"ours offered", [](Request& r) { r.protocols = {"stentor.v1"}; }, 101, "stentor.v1"},
        {"ours offered second", [](Request& r) { r.protocols = {"chat, stentor.v1"}; }, 101,
         "stentor.v1"},
        {"ours on a second line", [](Request& r) { r.protocols = {"chat", "stentor.v1"}; }, 101,
         "stentor.v1"},
        {"another offered", [](Request& r) { r.protocols = {"chat"}; }, 101},
        {"subprotocols are case sensitive", [](Request& r) { r.protocols = {"Stentor.v1"}; }, 101},
        {"empty offer", [](Request& r) { r.protocols = {""}; }, 400},
        {"offer of nothing but commas", [](Request& r) { r.protocols = {" ,", ","}; }, 400},
        {"offer with empty elements", [](Request& r) { r.protocols = {",", "stentor.v1,, x ,"}; },
         101, "stentor.v1"},
        {"offer twice", [](Request& r) { r.protocols = {"a, stentor.v1, a"}; }, 400},
        {"offer twice on two lines", [](Request& r) { r.protocols = {"a, b", "b"}; }, 400},
        {"offers that differ in case", [](Request& r) { r.protocols = {"chat, Chat"}; }, 101},
        {"no extensions", [](Request& r) { r.extensions = {}; }, 101},
        {"extensions without an element", [](Request& r) { r.extensions = {","}; }, 400},
        {"extension that is no token", [](Request& r) { r.extensions = {"permessage deflate"}; },
         400},
        {"unknown extension", [](Request& r) { r.extensions = {"x-snappy; level=\"9\""}; }, 101},
        {"offer that is no token", [](Request& r) { r.protocols = {"stentor v1"}; }, 400},
        {"offer with a line break", [](Request& r) { r.protocols = {"a\r\nb"}; }, 400},
        {"offer beyond ASCII", [](Request& r) { r.protocols = {"caf\xc3\xa9"}; }, 400},
    };
    return kCases;
}

TEST(Handshake, EachRequestIsAcceptedOrRefusedWithItsStatus) {
    // Property: each rule of 4.2.1 refuses with its status, and what the grammar allows is
    // accepted.
    for (const Case& tried : cases()) {
        Request request;
        tried.change(request);
        const auto outcome = accept_handshake(request.view(), kSupported);
        EXPECT_EQ(outcome ? 101 : outcome.error().status, tried.status) << tried.name;
        if (outcome) {
            EXPECT_EQ(outcome->subprotocol, tried.subprotocol) << tried.name;
        } else {
            EXPECT_FALSE(outcome.error().reason.empty()) << tried.name;
        }
    }
}

TEST(Handshake, AnswerIsTheOneOfTheStandard) {
    // Property: the example key of RFC 6455 1.3 gives its accept value and a complete 101 answer.
    EXPECT_EQ(std::string_view(accept_key_for("dGhlIHNhbXBsZSBub25jZQ==").data(), 28),
              "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    Request request;
    request.protocols = {"stentor.v1"};
    const auto accepted = accept_handshake(request.view(), kSupported);
    ASSERT_TRUE(accepted.has_value());
    EXPECT_EQ(switching_protocols(*accepted),
              "HTTP/1.1 101 Switching Protocols\r\n"
              "Upgrade: websocket\r\n"
              "Connection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
              "Sec-WebSocket-Protocol: stentor.v1\r\n"
              "\r\n");
}

TEST(Handshake, AnswerLeavesOutWhatWasNotAgreed) {
    // Property: without a subprotocol and extensions there is no line for them; with one there is.
    const auto accepted = accept_handshake(Request().view(), {});
    ASSERT_TRUE(accepted.has_value());
    EXPECT_EQ(switching_protocols(*accepted).find("Protocol:"), std::string::npos);
    EXPECT_EQ(switching_protocols(*accepted).find("Extensions:"), std::string::npos);
    const auto deflated = accept_handshake(Request().view(), {}, true);
    ASSERT_TRUE(deflated.has_value());
    EXPECT_TRUE(deflated->deflate.on);
    EXPECT_NE(switching_protocols(*deflated).find(
                  "\r\nSec-WebSocket-Extensions: permessage-deflate; "
                  "server_no_context_takeover; client_no_context_takeover\r\n\r\n"),
              std::string::npos);
}

TEST(Handshake, RefusalsCarryTheHeadersOfTheirStatus) {
    // Property: 405 says what is allowed; 426 says what to upgrade to, and the version (4.4).
    Request request;
    request.version = {"7"};
    const auto old = accept_handshake(request.view(), kSupported);
    ASSERT_FALSE(old.has_value());
    EXPECT_NE(old.error().headers.find("Sec-WebSocket-Version: 13\r\n"), std::string_view::npos);
    EXPECT_NE(old.error().headers.find("Upgrade: websocket\r\n"), std::string_view::npos);
    request.method = "PUT";
    EXPECT_EQ(accept_handshake(request.view(), kSupported).error().headers, "Allow: GET\r\n");
}

TEST(Handshake, BestSupportedSubprotocolWins) {
    // Property: the server's order of preference decides, not the client's.
    constexpr std::array<std::string_view, 2> kTwo{"v2", "v1"};
    Request request;
    for (const std::string_view offer : {"v1, x, v2", "v2, v1, x"}) {
        request.protocols = {offer};
        EXPECT_EQ(accept_handshake(request.view(), kTwo)->subprotocol, "v2") << offer;
    }
    request.protocols = {"v1"};
    EXPECT_EQ(accept_handshake(request.view(), kTwo)->subprotocol, "v1");
}

TEST(Handshake, PlainRequestIsNotAnUpgrade) {
    // Property: a page's GET can be told from a handshake, a broken handshake is still one.
    Request request;
    EXPECT_TRUE(asks_for_websocket(request.view()));
    request.key = {};
    EXPECT_TRUE(asks_for_websocket(request.view()));
    request.upgrade = {};
    EXPECT_FALSE(asks_for_websocket(request.view()));
}

}  // namespace
}  // namespace stentor::ws
