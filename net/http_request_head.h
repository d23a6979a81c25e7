// The head of an HTTP/1 request, sans-IO and strict (RFC 9110, 9112): what comes in
// front of a WebSocket, the web page and the admin API.
// Thread: any; pure functions.
// Invariant: a head that is returned has exactly one valid Host (HTTP/1.1), no folded line, no bare
// CR or LF; an upgrade has neither Transfer-Encoding nor a body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stentor::net {

struct HttpHeadLimits {
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t line_bytes_max = 8 * 1024;
    std::size_t fields_max = 100;
};

struct HttpField {
    std::string_view name;   // as it was written; compare without case
    std::string_view value;  // without white space around it
};

struct HttpRequestHead {
    std::string method;
    std::string target;  // origin form, "/ws?x=1" (an absolute form is reduced to it), or "*"
    std::string host;    // "example.org:8080"; empty only in HTTP/1.0
    std::uint32_t version = 11;        // 10 or 11
    std::vector<HttpField> fields;     // in order; their views point into the input
    std::uint64_t content_length = 0;  // the body that follows
    bool keep_alive = false;
    std::size_t bytes = 0;  // of the input: the head with its empty line

    // The first field of that name, without case; nothing if there is none.
    std::optional<std::string_view> field(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // All fields of that name joined by ", ", as a list is read.
    std::string joined(std::string_view name) const;
    std::string_view path() const;  // of target, without the query
};

// Why a head was refused: the status to answer with, and a word for the log.
struct HttpHeadFailure {
    std::uint16_t status = 400;  // 400, 414, 431, 501, 505
    std::string_view reason;
};
struct HttpHeadIncomplete {};
using HttpHeadResult = std::variant<HttpHeadIncomplete, HttpRequestHead, HttpHeadFailure>;

// `input` is all that was received so far, from its first byte; called again with more after
// HttpHeadIncomplete. What can be seen to be wrong is refused before the head is complete.
HttpHeadResult parse_http_request_head(std::span<const std::byte> input,
                                       const HttpHeadLimits& limits = {});

}  // namespace stentor::net
