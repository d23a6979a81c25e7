// See simple_text.h.
// Thread: any; pure.
// Invariant: see simple_text.h.
#include "chat/dialect/simple_text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace stentor::chat {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kLineBreak = " ⏎ ";

bool breaks_line(UChar32 code_point) {
    constexpr UChar32 kNextLine = 0x85;
    constexpr UChar32 kLineSeparator = 0x2028;
    constexpr UChar32 kParagraphSeparator = 0x2029;
    return code_point == '\n' || code_point == '\r' || code_point == kNextLine ||
           code_point == kLineSeparator || code_point == kParagraphSeparator;
}

}  // namespace

std::string html_escaped(std::string_view text) {
    std::string escaped;
    escaped.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            default:
                escaped += c;
        }
    }
    return escaped;
}

std::string one_line(std::string_view text) {
    std::string line;
    line.reserve(text.size());
    const auto* octets = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto size = static_cast<std::int32_t>(text.size());
    for (std::int32_t at = 0; at < size;) {
        const std::int32_t begin = at;
        UChar32 code_point = 0;
        U8_NEXT(octets, at, size, code_point);
        if (code_point == '\r' && at < size && text[static_cast<std::size_t>(at)] == '\n') continue;
        if (code_point == '\t') {
            line += ' ';
        } else if (breaks_line(code_point)) {
            line += kLineBreak;
        } else if (code_point < 0 || u_isISOControl(code_point) != 0) {
            line += kReplacement;
        } else {
            line +=
                text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
        }
    }
    return line;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::optional<PrivateText> private_text(std::string_view text) {
    if (!text.starts_with('@')) return std::nullopt;
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos || space == 1) return std::nullopt;
    return PrivateText{text.substr(1, space - 1), text.substr(space + 1)};
}

}  // namespace stentor::chat
