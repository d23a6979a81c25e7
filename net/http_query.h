// A parameter of an HTTP request target's query, decoded as forms are (WHATWG URL, section 5.1:
// application/x-www-form-urlencoded). Boost.URL does the reading.
// Thread: any; a pure function.
// Invariant: what is not well-formed has no parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stentor::net {

// The first one of that name: "löbby" of "/ws?room=l%C3%B6bby". Nothing if there is none, or if the
// query breaks the rules of RFC 3986. The value may be anything, invalid UTF-8 too.
std::optional<std::string> query_parameter(std::string_view target, std::string_view name);

}  // namespace stentor::net
