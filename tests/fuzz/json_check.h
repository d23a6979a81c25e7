// Is it JSON, and what does it say: simdjson, for the targets that read back what the server
// writes. Thread: one. Invariant: what fails to parse is a finding.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "core/check.h"

namespace stentor::fuzz {

class JsonObject {
public:
    explicit JsonObject(std::string_view json) {
        simdjson::dom::element root;
        STENTOR_CHECK(parser_.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS);
        STENTOR_CHECK(root.get_object().get(object_) == simdjson::SUCCESS);
        STENTOR_CHECK(json.find('\n') == std::string_view::npos);
    }
    // Nothing when there is no such field, or it is no string.
    std::optional<std::string> text(std::string_view key) const {
        std::string_view value;
        if (object_[key].get_string().get(value) != simdjson::SUCCESS) return std::nullopt;
        return std::string(value);
    }
    std::optional<std::uint64_t> number(std::string_view key) const {
        std::uint64_t value = 0;
        if (object_[key].get_uint64().get(value) != simdjson::SUCCESS) return std::nullopt;
        return value;
    }
    // The field's value as JSON.
    std::string raw(std::string_view key) const {
        simdjson::dom::element value;
        if (object_[key].get(value) != simdjson::SUCCESS) return {};
        return simdjson::minify(value);
    }

private:
    simdjson::dom::parser parser_;
    simdjson::dom::object object_;
};

}  // namespace stentor::fuzz
