// Fuzz target: an HTTP request head as it comes (net/http_request_head.h, RFC 9112), and what the
// front door decides about it (chat/front.h).
// Thread: one.
// Invariant: a verdict depends on the bytes alone, not on how they came; what is accepted is one
// clean request, and an answer holds nothing that could end a line but its own line ends.
#include "net/http_request_head.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "chat/front.h"
#include "chat/web_assets.h"
#include "core/ascii.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace stentor;

// Small, so that the limits are within reach of small inputs.
constexpr net::HttpHeadLimits kLimits{
    .head_bytes_max = 1024, .line_bytes_max = 256, .fields_max = 12};

void expect_clean(const net::HttpRequestHead& head, std::span<const std::byte> input) {
    STENTOR_CHECK(head.bytes <= input.size() && head.bytes <= kLimits.head_bytes_max);
    STENTOR_CHECK(fuzz::text_of(input.first(head.bytes)).ends_with("\r\n\r\n"));
    STENTOR_CHECK(head.version == 10 || head.version == 11);
    STENTOR_CHECK(head.target == "*" || head.target.starts_with('/'));
    STENTOR_CHECK(head.fields.size() <= kLimits.fields_max);
    STENTOR_CHECK(head.version == 10 || head.count("host") == 1);
    STENTOR_CHECK(!head.field("transfer-encoding") || !head.field("upgrade") || head.version == 10);
    for (const net::HttpField& field : head.fields) {
        STENTOR_CHECK(!field.name.empty());
        for (const char c : field.name) STENTOR_CHECK(c > ' ' && c < 0x7f && c != ':');
        for (const char c : field.value) STENTOR_CHECK(c != '\r' && c != '\n' && c != '\0');
        STENTOR_CHECK(core::ascii::trim(field.value) == field.value);
    }
}

bool same(const net::HttpRequestHead& one, const net::HttpRequestHead& other) {
    return one.bytes == other.bytes && one.method == other.method && one.target == other.target &&
           one.host == other.host && one.fields.size() == other.fields.size() &&
           one.content_length == other.content_length && one.keep_alive == other.keep_alive;
}

// Given more and more: nothing, until the verdict that all of it gets.
void fuzz_head(std::span<const std::byte> input, std::size_t chunk_bytes) {
    const net::HttpHeadResult whole = net::parse_http_request_head(input, kLimits);
    const auto* head = std::get_if<net::HttpRequestHead>(&whole);
    const auto* failure = std::get_if<net::HttpHeadFailure>(&whole);
    if (head != nullptr) expect_clean(*head, input);
    if (failure != nullptr) STENTOR_CHECK(failure->status >= 400 && !failure->reason.empty());
    std::size_t end = 0;
    bool judged = false;
    fuzz::for_each_chunk(input, chunk_bytes, [&](std::span<const std::byte> chunk) {
        end += chunk.size();
        const fuzz::TightBlock block(input.first(end));
        const net::HttpHeadResult part = net::parse_http_request_head(block.span(), kLimits);
        if (std::holds_alternative<net::HttpHeadIncomplete>(part)) {
            STENTOR_CHECK(!judged && (head == nullptr || end < head->bytes));
            return;
        }
        judged = true;
        if (const auto* early = std::get_if<net::HttpHeadFailure>(&part)) {
            STENTOR_CHECK(failure != nullptr && early->status >= 400);
        } else {
            STENTOR_CHECK(head != nullptr && same(std::get<net::HttpRequestHead>(part), *head));
        }
    });
    const bool incomplete = std::holds_alternative<net::HttpHeadIncomplete>(whole);
    STENTOR_CHECK(input.empty() || judged == !incomplete);
}

// ---- the front door

constexpr std::string_view kFile = "<!doctype html>";

chat::Front front(std::vector<std::string> origins) {
    static const std::array<chat::WebAsset, 2> page{
        {{"/", "text/html; charset=utf-8", std::as_bytes(std::span(kFile)), "\"p1\""},
         {"/app.js", "text/javascript", std::as_bytes(std::span(kFile)), "\"s1\""}}};
    return chat::Front({.origins = std::move(origins), .echo = true, .page = page},
                       [] { return std::string("up 1\n"); });
}

// A status line and fields, each with its CRLF, and the empty line.
void expect_answer_head(std::string_view head) {
    STENTOR_CHECK(head.starts_with("HTTP/1.1 ") && head.ends_with("\r\n\r\n"));
    for (bool first = true; head != "\r\n"; first = false) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        for (const char c : line) STENTOR_CHECK(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
        STENTOR_CHECK(first || line.find(": ") != std::string_view::npos);
        head.remove_prefix(end + 2);
    }
}

// 0: more is needed.
std::uint32_t status_of(const chat::FrontDecision& decision, std::size_t input_bytes) {
    if (const auto* answer = std::get_if<chat::Answer>(&decision)) {
        STENTOR_CHECK(answer->consumed <= input_bytes && answer->consumed > 0);
        expect_answer_head(answer->head);
        STENTOR_CHECK(answer->head.substr(9, 3) == std::to_string(answer->status));
        return answer->status;
    }
    if (const auto* upgrade = std::get_if<chat::Upgrade>(&decision)) {
        STENTOR_CHECK(upgrade->consumed <= input_bytes);
        expect_answer_head(upgrade->head);
        STENTOR_CHECK(upgrade->head.starts_with("HTTP/1.1 101 "));
        return 101;
    }
    return 0;
}

void fuzz_front(std::span<const std::byte> input, std::size_t chunk_bytes, const chat::Front& front,
                chat::Front::Listener listener) {
    const std::uint32_t whole = status_of(front.decide(input, listener), input.size());
    std::size_t end = 0;
    fuzz::for_each_chunk(input, chunk_bytes, [&](std::span<const std::byte> chunk) {
        end += chunk.size();
        const fuzz::TightBlock block(input.first(end));
        const std::uint32_t part = status_of(front.decide(block.span(), listener), end);
        // Of several wrongs the first to come may be another than the first to be looked for.
        STENTOR_CHECK(part == 0 || part == whole || (part >= 400 && whole >= 400));
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t chunk_bytes = input.chunk_bytes();
    const auto bytes = input.rest();
    if (chunk_bytes < 16 && bytes.size() > 128 * chunk_bytes) return 0;  // time, and nothing new
    fuzz_head(bytes, chunk_bytes);
    using Listener = chat::Front::Listener;
    static const chat::Front same_host = front({});
    static const chat::Front one_origin = front({"https://chat.example"});
    fuzz_front(bytes, chunk_bytes, same_host, Listener::kPublic);
    fuzz_front(bytes, chunk_bytes, same_host, Listener::kAdmin);
    fuzz_front(bytes, chunk_bytes, one_origin, Listener::kPublic);
    return 0;
}
