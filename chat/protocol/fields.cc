// Typed access to the fields of a frame.
// Thread: owner reactor.
// Invariant: nothing is converted: a string is a string, an integer an integer, null is neither.
#include "chat/protocol/fields.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace stentor::chat {

namespace {

// Of `text`, valid UTF-8. Joiners and variation selectors, of which emoji are made, are neither.
bool holds_space_or_control(std::string_view text) {
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
    for (std::int32_t at = 0; at < wide.length(); at = wide.moveIndex32(at, 1)) {
        const UChar32 code_point = wide.char32At(at);
        if (u_isUWhiteSpace(code_point) != 0 || u_isISOControl(code_point) != 0) return true;
    }
    return false;
}

}  // namespace

std::string_view Fields::string(std::string_view key) {
    const simdjson::dom::element* value = find(key);
    if (value != nullptr) return text_of(key, *value);
    fail(key, "is missing");
    return {};
}

std::string_view Fields::filled_string(std::string_view key) {
    const std::string_view text = string(key);
    if (text.empty()) fail(key, "must not be empty");
    return text;
}

std::optional<std::string_view> Fields::optional_string(std::string_view key) {
    const simdjson::dom::element* value = find(key);
    if (value == nullptr) return std::nullopt;
    return text_of(key, *value);
}

bool Fields::boolean(std::string_view key) {
    const simdjson::dom::element* value = find(key);
    bool truth = false;
    if (value == nullptr) {
        fail(key, "is missing");
    } else if (value->get_bool().get(truth) != simdjson::SUCCESS) {
        fail(key, "must be true or false");
    }
    return truth;
}

std::string_view Fields::symbol(std::string_view key, std::size_t bytes_max) {
    const std::string_view text = string(key);
    if (text.empty() || text.size() > bytes_max) {
        fail(key, fmt::format("must be a string of 1 to {} bytes", bytes_max));
    } else if (holds_space_or_control(text)) {
        fail(key, "must not hold spaces or control characters");
    }
    return text;
}

std::uint64_t Fields::integer(std::string_view key, std::uint64_t min) {
    const simdjson::dom::element* value = find(key);
    if (value != nullptr) return integer_of(key, *value, min);
    fail(key, "is missing");
    return 0;
}

std::optional<std::uint64_t> Fields::optional_integer(std::string_view key, std::uint64_t min) {
    const simdjson::dom::element* value = find(key);
    if (value == nullptr) return std::nullopt;
    return integer_of(key, *value, min);
}

std::optional<std::uint32_t> Fields::optional_count(std::string_view key, std::uint32_t min,
                                                    std::uint32_t max) {
    const auto count = optional_integer(key, min);
    if (!count) return std::nullopt;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(*count, max));
}

const simdjson::dom::element* Fields::find(std::string_view key) const {
    const auto found = std::ranges::find(all_, key, &Field::key);
    return found == all_.end() ? nullptr : &found->value;
}

void Fields::fail(std::string_view key, std::string_view why) {
    if (!failed()) failure_ = fmt::format("{}{}: {}", owner_, key, why);
}

void Fields::adopt_failure(const Fields& nested) {
    if (!failed()) failure_ = nested.failure_;
}

std::string_view Fields::text_of(std::string_view key, const simdjson::dom::element& value) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) fail(key, "must be a string");
    return text;
}

std::uint64_t Fields::integer_of(std::string_view key, const simdjson::dom::element& value,
                                 std::uint64_t min) {
    std::uint64_t number = 0;
    const bool is_unsigned = value.get_uint64().get(number) == simdjson::SUCCESS;
    if (is_unsigned && number >= min && number <= kWireIntegerMax) return number;
    fail(key, fmt::format("must be an integer from {} to {}", min, kWireIntegerMax));
    return 0;
}

}  // namespace stentor::chat
