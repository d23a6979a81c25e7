// See describe.h.
// Thread: any; pure.
// Invariant: every row of the table has its line in both texts.
#include "chat/options/describe.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "chat/options/table.h"

namespace stentor::chat {
namespace {

constexpr std::size_t kHelpColumn = 30;

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

std::string help_line(const OptionRow& row, const Options& defaults) {
    std::string line = "  " + row.flag();
    if (!row.value.empty()) line += " " + std::string(row.value);
    line = padded(std::move(line), kHelpColumn) + std::string(row.meaning) + "\n";
    line += std::string(kHelpColumn, ' ') + "[";
    if (row.shape == OptionRow::Shape::kSwitch) {
        line += "off";
    } else {
        const std::string value = joined(row.show(defaults));
        line += "default " + (value.empty() ? "none" : value);
    }
    if (!row.unit.empty()) line += "; " + std::string(row.unit);
    return line + "; " + row.environment() + "]\n";
}

std::string toml_text(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            quoted += {'\\', c};
        } else if (byte < 0x20 || byte == 0x7f) {
            constexpr std::string_view kDigits = "0123456789abcdef";
            quoted += {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
        } else {
            quoted += c;
        }
    }
    return quoted + "\"";
}

std::string toml_value(const OptionRow& row, const std::vector<std::string>& texts) {
    if (!row.is_text()) return texts.front();
    if (row.shape != OptionRow::Shape::kMany) return toml_text(texts.front());
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "[" : ", ") + toml_text(text);
    return list + "]";
}

std::string_view name_of(Source source) {
    switch (source) {
        case Source::kDefault:
            return "default";
        case Source::kFile:
            return "file";
        case Source::kEnvironment:
            return "environment";
        case Source::kFlag:
            return "flag";
    }
    return "";
}

}  // namespace

std::string help_text() {
    std::string text =
        "stentor: a chat server over WebSocket\n\n"
        "usage: stentor [flags]\n\n"
        "Each flag is also an environment variable, and a key of the file of --config\n"
        "(max_message_bytes = \"64KiB\"). The flag goes first, then the environment, then the "
        "file.\n"
        "Sizes: 4096, 64KiB, 1MiB. Times: 250ms, 30s, 10m.\n";
    const Options defaults = default_options();
    std::string_view group;
    for (const OptionRow& row : option_rows()) {
        if (row.group != group) {
            group = row.group;
            text += "\n" + std::string(group) + "\n";
        }
        text += help_line(row, defaults);
    }
    text += "\nThis program\n";
    for (const ActionFlag& action : action_flags()) {
        const std::string value = action.name == "config" ? " FILE" : "";
        text += padded("  --" + std::string(action.name) + value, kHelpColumn) +
                std::string(action.meaning) + "\n";
    }
    return text +
           "\nExit codes: 0 ended well, 1 failed while running, 2 usage or configuration.\n\n"
           "Examples\n"
           "  stentor --listen 0.0.0.0:8080 --origin https://chat.example.org\n"
           "  stentor --listen tls:0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem\n"
           "  stentor --listen 127.0.0.1:0 --ports-file ports.json --reactors 4\n"
           "  stentor --config stentor.toml --check-config\n";
}

std::string config_text(const Invocation& invocation) {
    constexpr std::size_t kSourceColumn = 40;
    std::string text;
    const auto rows = option_rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::vector<std::string> texts = rows[i].show(invocation.options);
        std::string line = texts.empty() ? "# " + rows[i].key() + " is not set"
                                         : rows[i].key() + " = " + toml_value(rows[i], texts);
        if (!texts.empty() || invocation.sources[i] != Source::kDefault) {
            line = padded(std::move(line), kSourceColumn) + "# " +
                   std::string(name_of(invocation.sources[i]));
        }
        text += line + "\n";
    }
    return text;
}

}  // namespace stentor::chat
