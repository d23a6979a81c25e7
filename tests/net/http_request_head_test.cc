// Heads that are taken, heads that are refused, each whole and split at every byte.
#include "net/http_request_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace stentor::net {
namespace {

HttpHeadResult parse(std::string_view text, const HttpHeadLimits& limits = {}) {
    return parse_http_request_head(std::as_bytes(std::span(text)), limits);
}
// 0: incomplete, 200: a head.
int status_of(const HttpHeadResult& result) {
    if (std::holds_alternative<HttpHeadIncomplete>(result)) return 0;
    if (const auto* failure = std::get_if<HttpHeadFailure>(&result)) return failure->status;
    return 200;
}

const std::string kUpgrade =
    "GET /ws?room=lobby HTTP/1.1\r\nHost: example.org:8080\r\nUpgrade: websocket\r\n"
    "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key:  dGhlIHNhbXBsZSBub25jZQ== \r\nX-A: 1\r\nx-a: 2\r\n\r\n";

// A browser's upgrade is taken with all that it says.
TEST(HttpRequestHead, UpgradeIsTakenWithAllItsFields) {
    const std::string input = kUpgrade + "bytes of a frame";
    const HttpHeadResult result = parse(input);
    ASSERT_EQ(status_of(result), 200);
    const auto& head = std::get<HttpRequestHead>(result);
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/ws?room=lobby");
    EXPECT_EQ(head.path(), "/ws");
    EXPECT_EQ(head.host, "example.org:8080");
    EXPECT_EQ(head.version, 11u);
    EXPECT_EQ(head.fields.size(), 7u);
    EXPECT_EQ(head.field("sec-websocket-KEY"), "dGhlIHNhbXBsZSBub25jZQ==");
    EXPECT_FALSE(head.field("origin"));
    EXPECT_EQ(head.joined("X-A"), "1, 2");
    EXPECT_EQ(head.count("X-A"), 2u);
    EXPECT_EQ(head.bytes, kUpgrade.size());
    EXPECT_TRUE(head.keep_alive);
}

// A port may be empty (RFC 3986 section 3.2.3).
TEST(HttpRequestHead, PortMayBeEmpty) {
    EXPECT_EQ(status_of(parse("GET / HTTP/1.1\r\nHost: a:\r\n\r\n")), 200);
}

// One empty line in front of a request is passed over, and counts as its bytes.
TEST(HttpRequestHead, EmptyLineInFrontIsPassedOver) {
    const std::string text = "\r\n" + kUpgrade;
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_EQ(status_of(parse(text.substr(0, size))), 0) << size;
    }
    const HttpHeadResult result = parse(text + "bytes of a frame");
    ASSERT_EQ(status_of(result), 200);
    EXPECT_EQ(std::get<HttpRequestHead>(result).bytes, text.size());
}

// However the bytes arrive, nothing is said before the head is whole, and then the same.
TEST(HttpRequestHead, SplitAtEveryByteGivesTheSameHead) {
    for (std::size_t size = 0; size < kUpgrade.size(); ++size) {
        ASSERT_EQ(status_of(parse(std::string_view(kUpgrade).substr(0, size))), 0) << size;
    }
    EXPECT_EQ(status_of(parse(kUpgrade)), 200);
}

struct Case {
    std::string_view name;
    std::string text;
    int status;
};

std::string with_fields(std::string_view fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::vector<Case> request_line_cases() {
    return {
        {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"http 1.0 without host", "GET / HTTP/1.0\r\n\r\n", 200},
        {"options star", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"post with a body", with_fields("Content-Length: 5\r\n"), 200},
        {"a very long body", with_fields("Content-Length: 123456789012\r\n"), 200},
        {"ipv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
        {"obs-text in a value", with_fields("X: \xc3\xa4\r\n"), 200},
        {"empty value", with_fields("X:\r\n"), 200},
        {"absolute form", "GET http://b:1/x HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"leading space", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"two hosts", with_fields("Host: a\r\n"), 400},
        {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
        {"host with a bad port", "GET / HTTP/1.1\r\nHost: a:66000\r\n\r\n", 400},
        {"host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400},
        {"fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"fragment of a query", "GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"fragment of an absolute form", "GET http://a/b#c HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"unclosed ipv6 host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
        {"absolute form, bad authority", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"absolute form, other scheme", "GET ftp://b/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"authority form", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"star without options", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"relative target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"bad method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"non-ascii target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"http 0.9", "GET /\r\n\r\n", 400},
        {"http 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"http 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"http 9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505},
        {"lower case http", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"version of three numbers", "GET / HTTP/1.1.1\r\nHost: a\r\n\r\n", 400},
        {"version of two digits", "GET / HTTP/1.11\r\nHost: a\r\n\r\n", 400},
        {"blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
        {"blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"two empty lines in front", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"bare cr in front", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    };
}

std::vector<Case> field_cases() {
    return {
        {"bare lf after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
        {"bare lf after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
        {"bare lf at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
        {"bare cr in a field", with_fields("X: a\rb\r\n"), 400},
        {"two cr", with_fields("X: a\r\r\n"), 400},
        {"nul in a value", with_fields(std::string_view("X: a\0b\r\n", 8)), 400},
        {"escape in a value", with_fields("X: \x1b[2J\r\n"), 400},
        {"folded field", with_fields("X: a\r\n b\r\n"), 400},
        {"folded by a tab", with_fields("X: a\r\n\tb\r\n"), 400},
        {"folded first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        {"space before colon", with_fields("X : a\r\n"), 400},
        {"no colon", with_fields("X\r\n"), 400},
        {"no name", with_fields(": a\r\n"), 400},
        {"bad name", with_fields("X(Y: a\r\n"), 400},
        {"two lengths", with_fields("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
        {"signed length", with_fields("Content-Length: +5\r\n"), 400},
        {"negative length", with_fields("Content-Length: -5\r\n"), 400},
        {"length and coding", with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
         400},
        {"chunked body", with_fields("Transfer-Encoding: chunked\r\n"), 501},
        {"odd coding", with_fields("Transfer-Encoding: xchunked\r\n"), 501},
        {"upgrade with a coding",
         with_fields("Upgrade: websocket\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"upgrade with a body", with_fields("Upgrade: websocket\r\nContent-Length: 1\r\n"), 400},
        {"upgrade with an empty body", with_fields("Upgrade: websocket\r\nContent-Length: 0\r\n"),
         200},
        {"tls hello", "\x16\x03\x01\x02", 400},
        {"long line", "GET /" + std::string(8200, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"long line that never ends", "GET /" + std::string(8200, 'a'), 414},
        {"long field", with_fields("X: " + std::string(8200, 'a') + "\r\n"), 431},
        {"long head",
         with_fields("X: " + std::string(8000, 'a') + "\r\nY: " + std::string(8000, 'a') +
                     "\r\nZ: " + std::string(8000, 'a') + "\r\n"),
         431},
    };
}

std::vector<Case> cases() {
    std::vector<Case> all = request_line_cases();
    std::ranges::move(field_cases(), std::back_inserter(all));
    return all;
}

// Each malformed head is answered by the status of its fault.
TEST(HttpRequestHead, EachFaultHasItsStatus) {
    for (const Case& c : cases()) {
        const HttpHeadResult result = parse(c.text);
        EXPECT_EQ(status_of(result), c.status) << c.name;
        if (const auto* failure = std::get_if<HttpHeadFailure>(&result)) {
            EXPECT_FALSE(failure->reason.empty()) << c.name;
        }
    }
}

// Split at every byte a head gets the same verdict, perhaps earlier, and a good one never a bad
// one.
TEST(HttpRequestHead, EachVerdictIsTheSameSplitAtEveryByte) {
    for (const Case& c : cases()) {
        int verdict = 0;
        const std::size_t step = c.text.size() < 1000 ? 1 : 97;  // the long ones are all one letter
        for (std::size_t size = 0; size < c.text.size() && verdict == 0; size += step) {
            verdict = status_of(parse(std::string_view(c.text).substr(0, size)));
        }
        if (verdict == 0) verdict = status_of(parse(c.text));
        EXPECT_EQ(verdict, c.status) << c.name;
    }
}

// A hundred headers are taken, one more is not.
TEST(HttpRequestHead, FieldsAreCounted) {
    std::string fields;
    for (int i = 0; i < 99; ++i) fields += "X-" + std::to_string(i) + ": v\r\n";
    EXPECT_EQ(status_of(parse(with_fields(fields))), 200);
    EXPECT_EQ(status_of(parse(with_fields(fields + "Y: v\r\n"))), 431);
}

// The authority of an absolute target counts in place of Host (RFC 9112 section 3.2.2).
TEST(HttpRequestHead, AbsoluteTargetIsReduced) {
    const auto result = parse("GET HTTP://b:81?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(status_of(result), 200);
    EXPECT_EQ(std::get<HttpRequestHead>(result).target, "/?x=1");
    EXPECT_EQ(std::get<HttpRequestHead>(result).host, "b:81");
}

}  // namespace
}  // namespace stentor::net
