// The statuses of HTTP that this server answers with, each with its phrase and its cell among the
// counters (RFC 9110 15).
// Thread: any; constants.
// Invariant: the table has one row for each enumerator but the last two, in their order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stentor::chat {

enum class HttpStatus : std::size_t {
    kOk,
    kNotModified,
    kBadRequest,
    kForbidden,
    kNotFound,
    kMethodNotAllowed,
    kUriTooLong,
    kUpgradeRequired,
    kHeadTooLarge,
    kNotImplemented,
    kVersionNotSupported,
    kOther,
    kCount,
};

struct HttpStatusRow {
    HttpStatus status;
    std::uint16_t code;
    std::string_view phrase;
};

inline constexpr auto kHttpStatuses = std::to_array<HttpStatusRow>({
    {HttpStatus::kOk, 200, "OK"},
    {HttpStatus::kNotModified, 304, "Not Modified"},
    {HttpStatus::kBadRequest, 400, "Bad Request"},
    {HttpStatus::kForbidden, 403, "Forbidden"},
    {HttpStatus::kNotFound, 404, "Not Found"},
    {HttpStatus::kMethodNotAllowed, 405, "Method Not Allowed"},
    {HttpStatus::kUriTooLong, 414, "URI Too Long"},
    {HttpStatus::kUpgradeRequired, 426, "Upgrade Required"},
    {HttpStatus::kHeadTooLarge, 431, "Request Header Fields Too Large"},
    {HttpStatus::kNotImplemented, 501, "Not Implemented"},
    {HttpStatus::kVersionNotSupported, 505, "HTTP Version Not Supported"},
});
static_assert(kHttpStatuses.size() == static_cast<std::size_t>(HttpStatus::kOther));

constexpr const HttpStatusRow* find_http_status(std::uint16_t code) {
    const auto* row = std::ranges::find(kHttpStatuses, code, &HttpStatusRow::code);
    return row == kHttpStatuses.end() ? nullptr : row;
}
constexpr HttpStatus http_status(std::uint16_t code) {
    const HttpStatusRow* row = find_http_status(code);
    return row == nullptr ? HttpStatus::kOther : row->status;
}

}  // namespace stentor::chat
