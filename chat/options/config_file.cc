// toml++ is seen in this file alone. See config_file.h.
// Thread: any.
// Invariant: no exception of toml++ leaves this file.
#include "chat/options/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "chat/options/nearest.h"
#include "chat/options/table.h"

namespace stentor::chat {
namespace {

std::string at_line(const std::string& path, const toml::source_region& source) {
    return path + ":" + std::to_string(source.begin.line) + ": ";
}

const OptionRow* row_of(std::string_view key) {
    const auto rows = option_rows();
    const auto found =
        std::ranges::find_if(rows, [&](const OptionRow& row) { return row.key() == key; });
    return found == rows.end() ? nullptr : &*found;
}

std::string not_known(std::string_view key) {
    std::vector<std::string> keys;
    for (const OptionRow& row : option_rows()) keys.push_back(row.key());
    const std::vector<std::string_view> known(keys.begin(), keys.end());
    const std::string_view nearest = nearest_word(key, known);
    std::string message = "unknown key \"" + std::string(key) + "\"";
    message += nearest.empty() ? "; --print-config lists them all"
                               : "; did you mean \"" + std::string(nearest) + "\"?";
    return message;
}

std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* yes = node.as_boolean()) return yes->get() ? "true" : "false";
    return std::nullopt;
}

std::expected<std::vector<std::string>, std::string> texts_of(const toml::node& node, bool many) {
    const toml::array* array = node.as_array();
    if (array == nullptr) {
        auto text = text_of(node);
        if (!text)
            return std::unexpected("the value must be a text, a whole number, or true or false");
        return std::vector{std::move(*text)};
    }
    if (!many) return std::unexpected("the value must be one, not a list");
    std::vector<std::string> texts;
    for (const toml::node& element : *array) {
        auto text = text_of(element);
        if (!text) return std::unexpected("the list must hold texts");
        texts.push_back(std::move(*text));
    }
    if (texts.empty()) return std::unexpected("the list is empty");
    return texts;
}

std::expected<Given, std::string> given_by(const toml::table& table, const std::string& path) {
    Given given;
    for (const auto& [key, node] : table) {
        const std::string place = at_line(path, key.source());
        const OptionRow* row = row_of(key.str());
        if (row == nullptr) {
            if (node.is_table() || node.is_array_of_tables()) {
                return std::unexpected(place + "no [" + std::string(key.str()) +
                                       "] here: the keys stand at the top level, without a table");
            }
            return std::unexpected(place + not_known(key.str()));
        }
        auto texts = texts_of(node, row->shape == OptionRow::Shape::kMany);
        if (!texts) return std::unexpected(place + std::string(key.str()) + ": " + texts.error());
        given.emplace(row->name, GivenTexts{std::move(*texts), place + std::string(key.str())});
    }
    return given;
}

}  // namespace

std::expected<Given, std::string> parse_config(std::string_view text, const std::string& path) {
    try {
        return given_by(toml::parse(text), path);
    } catch (const toml::parse_error& error) {
        return std::unexpected(at_line(path, error.source()) + std::string(error.description()));
    }
}

std::expected<Given, std::string> read_config_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file.is_open() || file.bad()) {
        return std::unexpected(path + ": " + std::strerror(errno != 0 ? errno : EIO));
    }
    return parse_config(text, path);
}

}  // namespace stentor::chat
