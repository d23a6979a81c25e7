// See origin_rule.h.
// Thread: any; pure.
// Invariant: what is not understood is not allowed.
#include "chat/origin_rule.h"

#include <algorithm>

#include "core/ascii.h"
#include "net/http_request_head.h"

namespace stentor::chat {
namespace {

// "[::1]:8080" -> "[::1]", "example.org:8080" -> "example.org".
std::string_view without_port(std::string_view authority) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    if (colon == std::string_view::npos) return authority;
    if (bracket != std::string_view::npos && colon < bracket) return authority;
    return authority.substr(0, colon);
}

// Empty when it is none: "null", or not of the form SCHEME://HOST.
std::string_view host_of_origin(std::string_view origin) {
    const std::size_t scheme_end = origin.find("://");
    if (scheme_end == std::string_view::npos || scheme_end == 0) return {};
    const std::string_view authority = origin.substr(scheme_end + 3);
    if (authority.find_first_of("/?#@") != std::string_view::npos) return {};
    return without_port(authority);
}

bool is_this_machine(std::string_view host) {
    return core::ascii::equal_ignoring_case(host, "localhost") || host == "127.0.0.1" ||
           host == "[::1]";
}

}  // namespace

bool origin_allowed(std::string_view origin, std::string_view host,
                    std::span<const std::string> allowed) {
    if (!allowed.empty()) {
        return std::ranges::any_of(
            allowed, [&](const std::string& one) { return one == "*" || one == origin; });
    }
    const std::string_view theirs = host_of_origin(origin);
    const std::string_view ours = without_port(host);
    if (theirs.empty() || ours.empty()) return false;
    return core::ascii::equal_ignoring_case(theirs, ours) ||
           (is_this_machine(theirs) && is_this_machine(ours));
}

}  // namespace stentor::chat
