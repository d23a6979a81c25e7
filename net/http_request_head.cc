// The scan before Boost.Beast's parser and the checks behind it; Beast itself stays in this file.
// Thread: any.
// Invariant: see http_request_head.h.
#include "net/http_request_head.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <expected>

#include "core/ascii.h"

namespace stentor::net {

namespace {

namespace http = boost::beast::http;
using Failure = HttpHeadFailure;
using core::ascii::equal_ignoring_case;
using core::ascii::is_alpha;
using core::ascii::is_digit;
using core::ascii::is_hex;
using core::ascii::trim;

// What browsers and proxies send; more costs a second allocation.
constexpr std::size_t kFieldsExpected = 16;

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// Not any_of: a loop that never ends early is done many characters at a time.
template <typename Predicate>
bool has_any(std::string_view text, Predicate predicate) {
    bool found = false;
    for (const char c : text) found |= predicate(c);
    return found;
}

// A line without its CRLF is checked as soon as it is there, also when it is not complete.
std::optional<Failure> check_line(std::string_view line, bool is_request_line,
                                  const HttpHeadLimits& limits) {
    if (line.size() > limits.line_bytes_max) {
        if (is_request_line) return Failure{414, "the request line is too long"};
        return Failure{431, "a header line is too long"};
    }
    if (has_any(line, is_control)) return Failure{400, "a control character"};
    if (!is_request_line) {
        const bool folded = line.starts_with(' ') || line.starts_with('\t');
        return folded ? std::optional<Failure>({400, "a folded header line"}) : std::nullopt;
    }
    const bool invisible = has_any(line, [](char c) { return c < ' ' || c > '~'; });
    if (invisible || line.starts_with(' ')) return Failure{400, "not a request line"};
    return std::nullopt;
}

// The size of the head with its empty line; nothing while that has not come.
std::expected<std::optional<std::size_t>, Failure> find_head(std::string_view input,
                                                             const HttpHeadLimits& limits) {
    std::size_t begin = 0;
    for (std::size_t line_number = 0;; ++line_number) {
        if (line_number > limits.fields_max + 1)
            return std::unexpected(Failure{431, "too many headers"});
        const std::size_t end = input.find('\n', begin);
        const bool whole = end != std::string_view::npos;
        std::string_view line = input.substr(begin, whole ? end - begin : std::string_view::npos);
        // A trailing CR of a line that goes on may be the first half of its end.
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        } else if (whole) {
            return std::unexpected(Failure{400, "a bare LF"});
        }
        if (auto failure = check_line(line, line_number == 0, limits))
            return std::unexpected(*failure);
        if (begin + line.size() > limits.head_bytes_max) {
            return std::unexpected(Failure{431, "the headers are too long"});
        }
        if (!whole) return std::nullopt;
        begin = end + 1;
        if (!line.empty()) continue;
        if (line_number == 0) return std::unexpected(Failure{400, "an empty request line"});
        return begin;
    }
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size();
}

// uri-host [ ":" port ] (RFC 3986 section 3.2.2), not empty.
bool is_valid_host(std::string_view host) {
    std::size_t end = 0;
    if (host.starts_with('[')) {
        const std::size_t close = host.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const std::string_view address = host.substr(1, close - 1);
        const auto in_address = [](char c) { return is_hex(c) || c == ':' || c == '.'; };
        if (!std::ranges::all_of(address, in_address)) return false;
        end = close + 1;
    } else {
        end = std::min(host.find(':'), host.size());
        const auto in_name = [](char c) {
            return is_alpha(c) || is_digit(c) ||
                   std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
        };
        if (end == 0 || !std::ranges::all_of(host.substr(0, end), in_name)) return false;
    }
    const std::string_view rest = host.substr(end);
    // port = *DIGIT: it may be empty.
    return rest.empty() || rest == ":" || (rest.starts_with(':') && is_port(rest.substr(1)));
}

// method SP target SP "HTTP/" DIGIT "." DIGIT (RFC 9112 section 3): a request line, if perhaps of a
// version that is not ours.
bool is_request_line(std::string_view line) {
    constexpr std::string_view kName = " HTTP/";
    if (line.size() < kName.size() + 3 || std::ranges::count(line, ' ') != 2) return false;
    const std::string_view version = line.substr(line.size() - 3);
    return line.substr(0, line.size() - 3).ends_with(kName) && is_digit(version[0]) &&
           version[1] == '.' && is_digit(version[2]);
}

Failure to_failure(const boost::system::error_code& error, std::string_view request_line) {
    if (error == http::error::bad_version) {
        return is_request_line(request_line) ? Failure{505, "not HTTP/1.0 or 1.1"}
                                             : Failure{400, "not a request line"};
    }
    if (error == http::error::header_limit) return {431, "the headers are too long"};
    if (error == http::error::bad_method) return {400, "a bad method"};
    if (error == http::error::bad_target) return {400, "a bad target"};
    if (error == http::error::bad_field || error == http::error::bad_value) {
        return {400, "a bad header line"};
    }
    if (error == http::error::bad_content_length || error == http::error::bad_transfer_encoding) {
        return {400, "a bad or ambiguous length"};
    }
    return {400, "not a request"};
}

// Beast's parser with our head to write into: Beast's own message would be a copy of every field.
// Of a body nothing comes, since nothing behind the head is shown to it.
class HeadParser final : public http::basic_parser<true> {
public:
    explicit HeadParser(HttpRequestHead& head) : head_(head) {}

private:
    using Text = boost::beast::string_view;
    using Error = boost::system::error_code;

    void on_request_impl(http::verb /*method*/, Text method, Text target, int version,
                         Error& error) override {
        error = {};
        head_.method = std::string_view(method);
        head_.target = std::string_view(target);
        head_.version = static_cast<std::uint32_t>(version);
    }
    void on_field_impl(http::field /*name*/, Text name, Text value, Error& error) override {
        error = {};
        head_.fields.push_back({std::string_view(name), trim(std::string_view(value))});
    }
    void on_header_impl(Error& error) override { error = {}; }
    void on_finish_impl(Error& error) override { error = {}; }

    void on_response_impl(int /*code*/, Text /*reason*/, int /*version*/, Error& error) override {
        error = http::error::unexpected_body;
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>& /*bytes*/, Error& error) override {
        error = {};
    }
    std::size_t on_body_impl(Text /*body*/, Error& error) override {
        error = http::error::unexpected_body;
        return 0;
    }
    void on_chunk_header_impl(std::uint64_t /*size*/, Text /*extensions*/, Error& error) override {
        error = http::error::unexpected_body;
    }
    std::size_t on_chunk_body_impl(std::uint64_t /*left*/, Text /*body*/, Error& error) override {
        error = http::error::unexpected_body;
        return 0;
    }

    HttpRequestHead& head_;
};

// No line is folded any more, so what Beast tells of lies in `text`.
std::expected<HttpRequestHead, Failure> parse_with_beast(std::string_view text) {
    HttpRequestHead head;
    head.fields.reserve(kFieldsExpected);
    HeadParser parser(head);
    parser.header_limit(static_cast<std::uint32_t>(text.size()) + 1);
    parser.body_limit(boost::none);  // the body is not ours
    parser.eager(false);
    boost::system::error_code error;
    parser.put(boost::asio::buffer(text.data(), text.size()), error);
    if (error && error != http::error::need_more) {
        return std::unexpected(to_failure(error, text.substr(0, text.find('\r'))));
    }
    if (!parser.is_header_done()) return std::unexpected(Failure{400, "not a request"});
    head.keep_alive = parser.keep_alive();
    head.content_length = parser.content_length().value_or(0);
    head.bytes = text.size();
    return head;
}

// Exactly one Host in HTTP/1.1; the authority of an absolute target counts in its stead (RFC 9112,
// section 3.2.2).
std::optional<Failure> settle_host_and_target(HttpRequestHead& head) {
    const std::size_t hosts = head.count("host");
    if (hosts > 1) return Failure{400, "more than one Host"};
    if (hosts == 0 && head.version >= 11) return Failure{400, "no Host"};
    head.host = head.field("host").value_or("");
    if (hosts == 1 && !is_valid_host(head.host)) return Failure{400, "a bad Host"};
    // No form of target has a fragment (RFC 9112 section 3.2).
    if (head.target.find('#') != std::string::npos) return Failure{400, "a bad target"};
    if (head.target.starts_with('/')) return std::nullopt;
    if (head.target == "*" && head.method == "OPTIONS") return std::nullopt;
    const std::size_t scheme = head.target.find("://");
    if (scheme == std::string::npos) return Failure{400, "a bad target"};
    const std::string_view name = std::string_view(head.target).substr(0, scheme);
    if (!equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) {
        return Failure{400, "a bad target"};
    }
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(head.target.find_first_of("/?", begin), head.target.size());
    head.host = head.target.substr(begin, end - begin);
    if (!is_valid_host(head.host)) return Failure{400, "a bad target"};
    head.target.erase(0, end);
    if (!head.target.starts_with('/')) head.target.insert(0, "/");
    return std::nullopt;
}

std::optional<Failure> check_body(const HttpRequestHead& head) {
    const bool coded = head.count("transfer-encoding") > 0;
    if (head.count("upgrade") > 0) {
        if (coded) return Failure{400, "Transfer-Encoding on an upgrade"};
        if (head.content_length > 0) return Failure{400, "a body on an upgrade"};
    }
    if (coded) return Failure{501, "Transfer-Encoding is not understood"};
    return std::nullopt;
}

}  // namespace

HttpHeadResult parse_http_request_head(std::span<const std::byte> input,
                                       const HttpHeadLimits& limits) {
    constexpr std::string_view kEmptyLine = "\r\n";
    std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
    if (text == "\r") return HttpHeadIncomplete{};
    // One empty line in front of a request is passed over (RFC 9112 section 2.2).
    const std::size_t passed_over = text.starts_with(kEmptyLine) ? kEmptyLine.size() : 0;
    text.remove_prefix(passed_over);
    const auto size = find_head(text, limits);
    if (!size) return size.error();
    if (!*size) return HttpHeadIncomplete{};
    auto head = parse_with_beast(text.substr(0, **size));
    if (!head) return head.error();
    if (const auto failure = settle_host_and_target(*head)) return *failure;
    if (const auto failure = check_body(*head)) return *failure;
    head->bytes += passed_over;
    return std::move(*head);
}

std::optional<std::string_view> HttpRequestHead::field(std::string_view name) const {
    for (const HttpField& field : fields) {
        if (equal_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

std::size_t HttpRequestHead::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields, [name](const HttpField& field) { return equal_ignoring_case(field.name, name); }));
}

std::string HttpRequestHead::joined(std::string_view name) const {
    std::string list;
    bool first = true;
    for (const HttpField& field : fields) {
        if (!equal_ignoring_case(field.name, name)) continue;
        if (!std::exchange(first, false)) list += ", ";
        list += field.value;
    }
    return list;
}

std::string_view HttpRequestHead::path() const {
    return std::string_view(target).substr(0, target.find('?'));
}

}  // namespace stentor::net
