// See http_answer.h.
// Thread: any; pure.
// Invariant: Content-Length is the length of the body that a GET would get.
#include "chat/http_answer.h"

#include <utility>

#include "chat/http_status.h"

namespace stentor::chat {
namespace {

// What a page of ours may do: load its own files, connect back, nothing else.
constexpr std::string_view kSecurityFields =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string_view reason_phrase(std::uint16_t status) {
    const HttpStatusRow* row = find_http_status(status);
    return row == nullptr ? "Error" : row->phrase;
}

bool is_head(const net::HttpRequestHead& request) {
    return request.method == "HEAD";
}

std::string status_line(std::uint16_t status) {
    std::string head = "HTTP/1.1 " + std::to_string(status) + " ";
    head += reason_phrase(status);
    return head += "\r\n";
}

void end_head(std::string& head, bool close, std::uint32_t version) {
    if (close) {
        head += "Connection: close\r\n";
    } else if (version == 10) {
        head += "Connection: keep-alive\r\n";
    }
    head += kSecurityFields;
    head += "\r\n";
}

void content_fields(std::string& head, std::string_view type, std::size_t length) {
    head += "Content-Type: ";
    head += type;
    head += "\r\nContent-Length: " + std::to_string(length) + "\r\n";
}

// RFC 9110 13.1.2: a list of entity tags compared weakly, or "*". Ours hold neither quote nor
// comma.
bool names_tag(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view tag = list.substr(0, comma);
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
        while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag || tag == "*") return true;
    }
    return false;
}

}  // namespace

bool may_keep_alive(const net::HttpRequestHead& request) {
    return request.keep_alive && request.content_length == 0 &&
           request.count("Transfer-Encoding") == 0;
}

Answer refusal(std::size_t consumed, std::uint16_t status, std::string_view sentence,
               std::string_view fields) {
    Answer answer{.consumed = consumed,
                  .status = status,
                  .head = status_line(status),
                  .body = {},
                  .text = std::string(sentence) + "\n",
                  .close = true};
    content_fields(answer.head, "text/plain; charset=utf-8", answer.text.size());
    answer.head += "Cache-Control: no-store\r\n";
    answer.head += fields;
    end_head(answer.head, true, 11);
    return answer;
}

Answer refusal(const net::HttpRequestHead& request, std::uint16_t status, std::string_view sentence,
               std::string_view fields) {
    Answer answer = refusal(request.bytes, status, sentence, fields);
    if (is_head(request)) answer.text.clear();
    return answer;
}

Answer file_answer(const net::HttpRequestHead& request, const WebAsset& asset) {
    const bool known = names_tag(request.joined("If-None-Match"), asset.etag);
    const std::uint16_t status = known ? 304 : 200;
    Answer answer{.consumed = request.bytes,
                  .status = status,
                  .head = status_line(status),
                  .body = {},
                  .text = {},
                  .close = !may_keep_alive(request)};
    if (!known) {
        content_fields(answer.head, asset.content_type, asset.body.size());
        if (!is_head(request)) answer.body = asset.body;
    }
    answer.head += "ETag: ";
    answer.head += asset.etag;
    answer.head += "\r\nCache-Control: no-cache\r\n";
    end_head(answer.head, answer.close, request.version);
    return answer;
}

Answer text_answer(const net::HttpRequestHead& request, std::string_view content_type,
                   std::string text) {
    Answer answer{.consumed = request.bytes,
                  .status = 200,
                  .head = status_line(200),
                  .body = {},
                  .text = std::move(text),
                  .close = !may_keep_alive(request)};
    content_fields(answer.head, content_type, answer.text.size());
    answer.head += "Cache-Control: no-store\r\n";
    end_head(answer.head, answer.close, request.version);
    if (is_head(request)) answer.text.clear();
    return answer;
}

}  // namespace stentor::chat
