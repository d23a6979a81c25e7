// How the values of the table's rows are read, checked and shown: one function of each kind of
// value.
// Thread: any; pure.
// Invariant: a setter that fails has changed nothing.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "chat/options/options.h"
#include "chat/options/table.h"
#include "chat/options/units.h"

namespace stentor::chat {

Checked set_listen(Options& options, Texts texts);
std::vector<std::string> show_listen(const Options& options);
Checked set_admin_listen(Options& options, Texts texts);
std::vector<std::string> show_admin_listen(const Options& options);
Checked set_line_listen(Options& options, Texts texts);
std::vector<std::string> show_line_listen(const Options& options);
Checked set_dialects(Options& options, Texts texts);
std::vector<std::string> show_dialects(const Options& options);
Checked set_root_dialect(Options& options, Texts texts);
std::vector<std::string> show_root_dialect(const Options& options);
Checked set_proxies(Options& options, Texts texts);
std::vector<std::string> show_proxies(const Options& options);
Checked set_origins(Options& options, Texts texts);
std::vector<std::string> show_origins(const Options& options);
Checked set_store(Options& options, Texts texts);
std::vector<std::string> show_store(const Options& options);
Checked set_durability(Options& options, Texts texts);
std::vector<std::string> show_durability(const Options& options);
Checked set_memory_limit(Options& options, Texts texts);
std::vector<std::string> show_memory_limit(const Options& options);
Checked set_io(Options& options, Texts texts);
std::vector<std::string> show_io(const Options& options);
Checked set_log_level(Options& options, Texts texts);
std::vector<std::string> show_log_level(const Options& options);
Checked set_log_format(Options& options, Texts texts);
std::vector<std::string> show_log_format(const Options& options);

// "true" or "false", and the other spellings of the field.
std::expected<bool, std::string> parse_switch(std::string_view text);
// Is `value` between the two, both shown in the message by `format`?
Checked check_range(std::uint64_t value, std::uint64_t least, std::uint64_t most,
                    std::string (*format)(std::uint64_t));
std::string format_number(std::uint64_t number);

// kOn is the member's value when the switch is given.
template <auto kMember, bool kOn>
Checked set_switch(Options& options, Texts texts) {
    const auto on = parse_switch(texts.front());
    if (!on) return std::unexpected(on.error());
    options.*kMember = *on == kOn;
    return {};
}
template <auto kMember, bool kOn>
std::vector<std::string> show_switch(const Options& options) {
    return {options.*kMember == kOn ? "true" : "false"};
}

// The same as a word: "on" or "off".
template <auto kMember>
std::vector<std::string> show_on_off(const Options& options) {
    return {options.*kMember ? "on" : "off"};
}

template <auto kMember>
Checked set_text(Options& options, Texts texts) {
    if (texts.front().empty()) return std::unexpected("it is empty");
    options.*kMember = texts.front();
    return {};
}
template <auto kMember>
std::vector<std::string> show_text(const Options& options) {
    if ((options.*kMember).empty()) return {};
    return {options.*kMember};
}

template <auto kMember, std::uint64_t kLeast, std::uint64_t kMost>
Checked set_number(Options& options, Texts texts) {
    static_assert(kMost <= UINT32_MAX);
    const auto number = parse_number(texts.front());
    if (!number) return std::unexpected(number.error());
    Checked checked = check_range(*number, kLeast, kMost, format_number);
    if (checked) options.*kMember = static_cast<std::uint32_t>(*number);
    return checked;
}
template <auto kMember>
std::vector<std::string> show_number(const Options& options) {
    return {format_number(options.*kMember)};
}

template <auto kMember, std::uint64_t kLeast, std::uint64_t kMost>
Checked set_size(Options& options, Texts texts) {
    const auto bytes = parse_size_bytes(texts.front());
    if (!bytes) return std::unexpected(bytes.error());
    Checked checked = check_range(*bytes, kLeast, kMost, format_size);
    if (checked) options.*kMember = *bytes;
    return checked;
}
template <auto kMember>
std::vector<std::string> show_size(const Options& options) {
    return {format_size(options.*kMember)};
}

template <auto kMember, std::int64_t kLeastMs>
Checked set_duration(Options& options, Texts texts) {
    const auto duration = parse_duration(texts.front());
    if (!duration) return std::unexpected(duration.error());
    if (*duration < std::chrono::milliseconds{kLeastMs}) {
        return std::unexpected("the shortest is " +
                               format_duration(std::chrono::milliseconds{kLeastMs}));
    }
    options.*kMember = *duration;
    return {};
}
template <auto kMember>
std::vector<std::string> show_duration(const Options& options) {
    return {format_duration(options.*kMember)};
}

}  // namespace stentor::chat
