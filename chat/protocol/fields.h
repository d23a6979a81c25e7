// The fields of one JSON object, read by name and type (docs/protocol.md, "Frames"). The first
// field that is not as asked for is remembered, later reads give empty values: a verb's decoder
// says what it wants and nothing more. Private to chat/protocol.
// Thread: owner reactor.
// Invariant: failure() names the first bad field, and stays.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/protocol/command.h"

namespace stentor::chat {

struct Field {
    std::string_view key;
    simdjson::dom::element value;
};

class Fields {
public:
    // `all` outlives this. `owner` leads the names of nested fields: "since." or nothing.
    explicit Fields(std::span<const Field> all, std::string_view owner = {})
        : all_(all), owner_(owner) {}

    std::string_view string(std::string_view key);
    std::string_view filled_string(std::string_view key);  // not empty
    std::optional<std::string_view> optional_string(std::string_view key);
    bool boolean(std::string_view key);
    // 1..bytes_max bytes to be shown in one place: no control character, no space.
    std::string_view symbol(std::string_view key, std::size_t bytes_max);
    // An integer written as one (no fraction, no exponent), min..2^53-1.
    std::uint64_t integer(std::string_view key, std::uint64_t min);
    std::optional<std::uint64_t> optional_integer(std::string_view key, std::uint64_t min);
    // A number of things wanted: what is larger than `max` is cut to it.
    std::optional<std::uint32_t> optional_count(std::string_view key, std::uint32_t min,
                                                std::uint32_t max);
    const simdjson::dom::element* find(std::string_view key) const;

    void fail(std::string_view key, std::string_view why);
    // A bad field of a nested object is a bad field of this one.
    void adopt_failure(const Fields& nested);
    bool failed() const { return !failure_.empty(); }
    const std::string& failure() const { return failure_; }

private:
    std::string_view text_of(std::string_view key, const simdjson::dom::element& value);
    std::uint64_t integer_of(std::string_view key, const simdjson::dom::element& value,
                             std::uint64_t min);

    std::span<const Field> all_;
    std::string_view owner_;
    std::string failure_;
};

}  // namespace stentor::chat
