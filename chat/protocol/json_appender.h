// JSON for the end of a string, gathered on the stack first: a frame is some thirty short pieces,
// and each append to a string costs a check, a call and a zero behind it. Private to chat/protocol.
// Thread: owner reactor.
// Invariant: what was appended stands in the string, in order, once this is destroyed; until then
// nobody else reads or changes the string, and no piece lies in it.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stentor::chat {

class JsonAppender {
public:
    explicit JsonAppender(std::string& out) : out_(out) {}
    ~JsonAppender() { flush(); }
    JsonAppender(const JsonAppender&) = delete;
    JsonAppender& operator=(const JsonAppender&) = delete;

    // As it is. Inline, so that a literal is a few moves.
    [[gnu::always_inline]] void raw(std::string_view json) {
        if (json.size() > space()) return raw_at_length(json);
        json.copy(at_, json.size());
        at_ += json.size();
    }
    [[gnu::always_inline]] void raw(char character) {
        if (space() == 0) flush();
        *at_++ = character;
    }
    void number(std::signed_integral auto number) { digits(std::int64_t{number}); }
    void number(std::unsigned_integral auto number) { digits(std::uint64_t{number}); }
    // A JSON string with its quotes (append_json_string).
    void text(std::string_view text);

private:
    static constexpr std::size_t kGatheredBytes = 1024;

    std::size_t space() const {
        return static_cast<std::size_t>(gathered_.data() + gathered_.size() - at_);
    }
    // Out of line, or what is done for every piece drowns in them.
    [[gnu::noinline]] void flush();
    [[gnu::noinline]] void raw_at_length(std::string_view json);
    [[gnu::noinline]] void text_at_length(std::string_view text);
    void digits(std::int64_t number);
    void digits(std::uint64_t number);

    std::string& out_;
    std::array<char, kGatheredBytes> gathered_;  // up to at_; not zeroed, which would cost more
    char* at_ = gathered_.data();
};

}  // namespace stentor::chat
