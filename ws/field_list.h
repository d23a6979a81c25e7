// Lists in header fields, as the handshake has them: tokens and quoted strings, several lines,
// empty elements (RFC 9110 5.6, which keeps what RFC 2616 2.1 and 2.2 say and RFC 6455 refers to).
// Thread: any; pure.
// Invariant: one pass over the bytes, no recursion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "core/ascii.h"

namespace stentor::ws {

// The values of a field as they came, one for each line that bore its name, in order.
using FieldValues = std::span<const std::string_view>;

constexpr bool is_token_char(char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return core::ascii::is_digit(c) || core::ascii::is_alpha(c) ||
           kMarks.find(c) != std::string_view::npos;
}
constexpr bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

// Visits the elements of a comma-separated list of tokens over all lines, empty ones left out;
// false as soon as a visit says so.
template <typename Visit>
constexpr bool for_each_element(FieldValues values, Visit visit) {
    for (std::string_view line : values) {
        while (true) {
            const std::size_t comma = line.find(',');
            const std::string_view element = core::ascii::trim(line.substr(0, comma));
            if (!element.empty() && !visit(element)) return false;
            if (comma == std::string_view::npos) break;
            line.remove_prefix(comma + 1);
        }
    }
    return true;
}

// Reads one line of a field from its start.
class FieldReader {
public:
    explicit constexpr FieldReader(std::string_view line) : left_(line) {}

    constexpr bool at_end() {
        skip_blanks();
        return left_.empty();
    }
    // A separator, with the blanks around it.
    constexpr bool take(char separator) {
        skip_blanks();
        if (left_.empty() || left_.front() != separator) return false;
        left_.remove_prefix(1);
        return true;
    }
    // Empty when there is none.
    constexpr std::string_view take_token() {
        skip_blanks();
        const auto end = std::ranges::find_if_not(left_, is_token_char);
        const std::string_view token =
            left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
        left_.remove_prefix(token.size());
        return token;
    }
    // A token, or a quoted string that says one (RFC 6455 9.1), unquoted. Empty when there is none.
    constexpr std::string take_token_or_quoted() {
        if (!take('"')) return std::string(take_token());
        std::string unquoted;
        while (!left_.empty() && left_.front() != '"') {
            if (left_.front() == '\\') left_.remove_prefix(1);
            if (left_.empty() || !is_token_char(left_.front())) return {};
            unquoted.push_back(left_.front());
            left_.remove_prefix(1);
        }
        return take('"') ? unquoted : std::string();
    }

private:
    constexpr void skip_blanks() {
        left_.remove_prefix(std::min(left_.find_first_not_of(" \t"), left_.size()));
    }

    std::string_view left_;
};

}  // namespace stentor::ws
