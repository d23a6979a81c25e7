// See http_query.h. Boost.URL is compiled in boost_url.cc.
// Thread: any.
// Invariant: see http_query.h.
#include "net/http_query.h"

#include <boost/url/parse_query.hpp>

namespace stentor::net {
namespace {

std::string decoded(boost::urls::pct_string_view encoded) {
    boost::urls::encoding_opts form;
    form.space_as_plus = true;
    return encoded.decode(form, boost::urls::string_token::return_string{});
}

}  // namespace

std::optional<std::string> query_parameter(std::string_view target, std::string_view name) {
    const std::size_t mark = target.find('?');
    if (mark == std::string_view::npos) return std::nullopt;
    const std::string_view query = target.substr(mark + 1);
    const auto parameters = boost::urls::parse_query({query.data(), query.size()});
    if (!parameters) return std::nullopt;
    for (const auto& parameter : *parameters) {
        if (decoded(parameter.key) == name) return decoded(parameter.value);
    }
    return std::nullopt;
}

}  // namespace stentor::net
