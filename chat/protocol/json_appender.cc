// Numbers, and what is done seldom: what was gathered goes to the string. Texts are in
// json_string.cc.
// Thread: owner reactor.
// Invariant: see json_appender.h.
#include "chat/protocol/json_appender.h"

#include <fmt/format.h>

namespace stentor::chat {

void JsonAppender::digits(std::int64_t number) {
    const fmt::format_int text(number);
    raw({text.data(), text.size()});
}

void JsonAppender::digits(std::uint64_t number) {
    const fmt::format_int text(number);
    raw({text.data(), text.size()});
}

void JsonAppender::flush() {
    out_.append(gathered_.data(), static_cast<std::size_t>(at_ - gathered_.data()));
    at_ = gathered_.data();
}

void JsonAppender::raw_at_length(std::string_view json) {
    flush();
    out_.append(json);
}

}  // namespace stentor::chat
