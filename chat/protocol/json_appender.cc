// What is done seldom: what was gathered goes to the string. Texts are in json_string.cc.
// Thread: owner reactor.
// Invariant: see json_appender.h.
#include "chat/protocol/json_appender.h"

#include <charconv>

namespace stentor::chat {

namespace {

constexpr std::size_t kDigitsMax = 20;  // of 64 bits, with a sign

}  // namespace

void JsonAppender::digits(std::int64_t number) {
    if (space() < kDigitsMax) flush();
    at_ = std::to_chars(at_, at_ + kDigitsMax, number).ptr;
}

void JsonAppender::digits(std::uint64_t number) {
    if (space() < kDigitsMax) flush();
    at_ = std::to_chars(at_, at_ + kDigitsMax, number).ptr;
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
