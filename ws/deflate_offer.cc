// The grammar of extension lists (RFC 6455 9.1) and the choice among the offers in one (RFC 7692
// 7.1).
// Thread: any; pure.
// Invariant: the whole field is read, behind an accepted offer too, so that bad grammar anywhere
// fails it.
#include "ws/deflate_offer.h"

#include <string_view>
#include <utility>

namespace stentor::ws {
namespace {

constexpr std::string_view kExtension = "permessage-deflate";

// One offer while its parameters are read.
struct Offer {
    bool acceptable = true;
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    bool client_max_window_bits = false;
    std::optional<std::uint8_t> server_max_window_bits;
};

// 8..15 without leading zeros (7.1.2.1).
std::optional<std::uint8_t> window_bits(std::string_view value) {
    if (value == "8" || value == "9") return static_cast<std::uint8_t>(value[0] - '0');
    if (value.size() != 2 || value[0] != '1' || value[1] < '0' || value[1] > '5') return {};
    return static_cast<std::uint8_t>(10 + (value[1] - '0'));
}

bool is_first(bool& seen) {
    return !std::exchange(seen, true);
}

// `value` is empty when there is none: an empty one is no token. False: the offer is declined.
bool take_parameter(Offer& offer, std::string_view name, std::string_view value) {
    if (name == "server_no_context_takeover") {
        return value.empty() && is_first(offer.server_no_context_takeover);
    }
    if (name == "client_no_context_takeover") {
        return value.empty() && is_first(offer.client_no_context_takeover);
    }
    if (name == "client_max_window_bits") {
        // A hint of what we may ask for. We do not ask: we inflate with the largest window.
        return (value.empty() || window_bits(value)) && is_first(offer.client_max_window_bits);
    }
    if (name == "server_max_window_bits" && !offer.server_max_window_bits) {
        offer.server_max_window_bits = window_bits(value);
        return offer.server_max_window_bits.has_value();
    }
    return false;
}

// Reads one extension with its parameters; nothing when it is not one.
std::optional<Offer> read_offer(FieldReader& line) {
    const std::string_view extension = line.take_token();
    if (extension.empty()) return std::nullopt;
    Offer offer;
    offer.acceptable = extension == kExtension;
    while (line.take(';')) {
        const std::string_view name = line.take_token();
        if (name.empty()) return std::nullopt;
        std::string value;
        if (line.take('=')) {
            value = line.take_token_or_quoted();
            if (value.empty()) return std::nullopt;
        }
        offer.acceptable = offer.acceptable && take_parameter(offer, name, value);
    }
    return offer;
}

// client_no_context_takeover may be answered to any offer (7.1.1.2), server_no_context_takeover as
// well (7.1.1.1). server_max_window_bits is promised to who asked.
DeflateAnswer accept(const Offer& offer) {
    DeflateAnswer answer;
    answer.parameters.on = true;
    answer.extension =
        std::string(kExtension) + "; server_no_context_takeover; client_no_context_takeover";
    if (offer.server_max_window_bits) {
        answer.parameters.server_window_bits = *offer.server_max_window_bits;
        answer.extension +=
            "; server_max_window_bits=" + std::to_string(unsigned{*offer.server_max_window_bits});
    }
    return answer;
}

}  // namespace

std::optional<DeflateAnswer> answer_deflate_offers(FieldValues extensions, bool deflate) {
    DeflateAnswer answer;
    bool any = false;
    for (const std::string_view value : extensions) {
        FieldReader line(value);
        while (!line.at_end()) {
            if (line.take(',')) continue;
            const auto offer = read_offer(line);
            if (!offer || !(line.at_end() || line.take(','))) return std::nullopt;
            any = true;
            if (deflate && offer->acceptable && !answer.parameters.on) answer = accept(*offer);
        }
    }
    if (!any && !extensions.empty()) return std::nullopt;
    return answer;
}

}  // namespace stentor::ws
