// The texts by which a server is spoken to, with placeholders: {room}, {user}, {number} (16 digits
// of a message's own), {stamp} (the same between marks, see stamp.h) and {pad} (fills up to a
// size). Thread: any; a value. Invariant: every placeholder is known; {pad} and {stamp} stand at
// most once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/stamp.h"

namespace stentor::bench {

// A message of one sender, but for the digits that differ from one message to the next.
struct PreparedMessage {
    std::string text;
    std::vector<std::size_t> digit_offsets;  // of kStampDigits characters each

    // `at` holds a copy of `text`.
    void number(char* at, Stamp stamp) const {
        for (const std::size_t offset : digit_offsets) write_hex(at + offset, stamp.word());
    }
};

class MessageTemplate {
public:
    // On failure: what is wrong with `text`.
    static std::expected<MessageTemplate, std::string> parse(std::string_view text);

    bool has_stamp() const { return has(Part::Kind::kStamp); }
    bool has_pad() const { return has(Part::Kind::kPad); }
    // Is the text another one for each room or user?
    bool varies() const { return has(Part::Kind::kRoom) || has(Part::Kind::kUser); }

    PreparedMessage prepare(std::string_view room, std::string_view user,
                            std::size_t pad_bytes) const;

private:
    struct Part {
        enum class Kind : std::uint8_t { kText, kRoom, kUser, kNumber, kStamp, kPad };
        Kind kind = Kind::kText;
        std::string text;
    };
    bool has(Part::Kind kind) const;

    std::vector<Part> parts_;
};

}  // namespace stentor::bench
