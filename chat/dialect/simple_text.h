// The small rules of text that the dialects beside the native one share (docs/protocol.md,
// "Dialects").
// Thread: any; pure.
// Invariant: what is made of valid UTF-8 is valid UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stentor::chat {

// With &, < and > escaped: pages of these dialects put what they get into HTML.
std::string html_escaped(std::string_view text);

// For a terminal: line breaks as " ⏎ ", a tab as a space, other control characters and bytes that
// are no UTF-8 as U+FFFD.
std::string one_line(std::string_view text);

bool is_blank(std::string_view text);

// "@NAME text": for that user alone.
struct PrivateText {
    std::string_view to;
    std::string_view text;  // what stands behind the name; may be blank
};
std::optional<PrivateText> private_text(std::string_view text);

}  // namespace stentor::chat
