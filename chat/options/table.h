// The table of options: one row for each, from which its flag, its environment variable, its key in
// the file, its line in --help and its line in --print-config come (README.md, "Tune it by flags").
// Thread: any; immutable.
// Invariant: a row's set() accepts what its show() writes.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/options/options.h"

namespace stentor::chat {

// What a setter says: nothing, or what is wrong, in words that follow the quoted value.
using Checked = std::expected<void, std::string>;
using Texts = std::span<const std::string>;

struct OptionRow {
    enum class Shape { kSwitch, kOne, kMany };

    std::string_view group;  // heading in --help
    std::string_view name;   // "max-message-bytes"
    std::string_view value;  // how the value is called in --help: "SIZE"; a switch has none
    std::string_view unit;   // "bytes", "a second"; may be empty
    std::string_view meaning;
    Shape shape;
    // `texts` holds one text, or with kMany one or more that replace the default.
    Checked (*set)(Options&, Texts texts);
    // The present value as set() takes it; empty when there is none.
    std::vector<std::string> (*show)(const Options&);

    std::string flag() const { return "--" + std::string(name); }
    std::string environment() const;  // STENTOR_MAX_MESSAGE_BYTES
    std::string key() const;          // max_message_bytes
    // Is the value a word or a size in the file (and so in quotes), not a bare number or true?
    bool is_text() const { return value != "N" && shape != Shape::kSwitch; }
};

std::span<const OptionRow> option_rows();

}  // namespace stentor::chat
