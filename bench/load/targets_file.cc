// The file of --targets (docs/benchmarks.md): {"targets":[{"name":…,"url":…,…}]}. See target.h.
// Thread: any; pure but for the file.
// Invariant: a key that is not known is an error.
#include <fmt/format.h>
#include <simdjson.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "bench/load/target.h"

namespace stentor::bench {
namespace {

using simdjson::dom::element;

std::expected<std::vector<std::string>, std::string> texts_of(element value) {
    std::vector<std::string> texts;
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return std::vector{std::string(text)};
    simdjson::dom::array list;
    if (value.get(list) != simdjson::SUCCESS) {
        return std::unexpected("must be a text or a list of texts");
    }
    for (const element one : list) {
        if (one.get(text) != simdjson::SUCCESS) return std::unexpected("must be a list of texts");
        texts.emplace_back(text);
    }
    return texts;
}

std::expected<void, std::string> set_field(TargetTexts& target, std::string_view key,
                                           element value) {
    if (key == "pid" || key == "core") {
        std::int64_t number = 0;
        if (value.get(number) != simdjson::SUCCESS || !std::in_range<int>(number) || number < 0) {
            return std::unexpected("must be a number");
        }
        (key == "pid" ? target.pid : target.core) = static_cast<int>(number);
        return {};
    }
    auto texts = texts_of(value);
    if (!texts) return std::unexpected(texts.error());
    if (key == "join") {
        target.join = std::move(*texts);
        return {};
    }
    if (texts->size() != 1) return std::unexpected("must be one text");
    if (key == "name") {
        target.name = texts->front();
    } else if (key == "url") {
        target.url = texts->front();
    } else if (key == "dialect") {
        target.dialect = texts->front();
    } else if (key == "joined") {
        target.joined = texts->front();
    } else if (key == "message") {
        target.message = texts->front();
    } else {
        return std::unexpected("is not known");
    }
    return {};
}

std::expected<std::vector<TargetSpec>, std::string> targets_of(element document,
                                                               std::string_view default_dialect) {
    simdjson::dom::array list;
    if (document["targets"].get(list) != simdjson::SUCCESS) {
        return std::unexpected("no list \"targets\"");
    }
    std::vector<TargetSpec> targets;
    for (const element one : list) {
        simdjson::dom::object fields;
        if (one.get(fields) != simdjson::SUCCESS) {
            return std::unexpected("a target must be an object");
        }
        TargetTexts texts;
        for (const auto& [key, value] : fields) {
            const auto set = set_field(texts, key, value);
            if (!set) return std::unexpected(fmt::format("\"{}\" {}", key, set.error()));
        }
        auto target = make_target(texts, default_dialect);
        if (!target) return std::unexpected(target.error());
        targets.push_back(std::move(*target));
    }
    if (targets.empty()) return std::unexpected("the list of targets is empty");
    return targets;
}

}  // namespace

std::expected<std::vector<TargetSpec>, std::string> parse_targets(
    std::string_view json, std::string_view default_dialect) {
    simdjson::dom::parser parser;
    element document;
    if (const auto error = parser.parse(simdjson::padded_string(json)).get(document)) {
        return std::unexpected(std::string("not JSON: ") + simdjson::error_message(error));
    }
    return targets_of(document, default_dialect);
}

std::expected<std::vector<TargetSpec>, std::string> read_targets(const std::string& file,
                                                                 std::string_view default_dialect) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream json;
    if (!(json << in.rdbuf())) return std::unexpected(file + ": cannot be read");
    auto targets = parse_targets(json.str(), default_dialect);
    if (!targets) return std::unexpected(file + ": " + targets.error());
    return targets;
}

}  // namespace stentor::bench
