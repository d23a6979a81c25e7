// See load.h.
// Thread: main, before the others start.
// Invariant: a text reaches the options by its row's set() alone, whatever source it comes from.
#include "chat/options/load.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "chat/options/config_file.h"
#include "chat/options/table.h"

namespace stentor::chat {
namespace {

// A list in one variable is divided by commas: no host, range or origin has one, and a path that
// has one can be said by a flag.
std::vector<std::string> divide(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        if (end > begin) parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// An empty variable is as good as none. Unknown STENTOR_ variables are no error: Kubernetes sets
// STENTOR_PORT and the like for a service of our name.
Given given_by(const Environment& environment) {
    Given given;
    for (const OptionRow& row : option_rows()) {
        const std::string name = row.environment();
        const auto text = environment(name);
        if (!text || text->empty()) continue;
        std::vector<std::string> texts =
            row.shape == OptionRow::Shape::kMany ? divide(*text) : std::vector{*text};
        if (!texts.empty()) given.emplace(row.name, GivenTexts{std::move(texts), name});
    }
    return given;
}

std::string quoted(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "\"" : ", \"") + text + "\"";
    return all;
}

struct From {
    Source source;
    const Given& given;
};

Checked apply(Invocation& invocation, std::span<const From> best_first) {
    for (const OptionRow& row : option_rows()) {
        Source source = Source::kDefault;
        for (const From& from : best_first) {
            const auto found = from.given.find(row.name);
            if (found == from.given.end()) continue;
            const GivenTexts& said = found->second;
            // What a better source overrides is checked too: a mistake does not wait for the day
            // on which the flag goes.
            Options scratch;
            Options& target = source == Source::kDefault ? invocation.options : scratch;
            if (Checked checked = row.set(target, said.texts); !checked) {
                return std::unexpected(said.place + " " + quoted(said.texts) + ": " +
                                       checked.error());
            }
            if (source == Source::kDefault) source = from.source;
        }
        invocation.sources.push_back(source);
    }
    return {};
}

// What no single row can see.
Checked check_together(const Options& options) {
    const bool tls = std::ranges::any_of(options.listen, &net::ListenAddress::tls);
    const bool certificate = !options.tls_certificate_file.empty();
    const bool key = !options.tls_key_file.empty();
    if (tls && !certificate && !key) {
        return std::unexpected("--tls-cert and --tls-key are missing: a tls: listener needs both");
    }
    if (certificate && !key) return std::unexpected("--tls-key is missing: --tls-cert needs it");
    if (key && !certificate) return std::unexpected("--tls-cert is missing: --tls-key needs it");
    return {};
}

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (value == nullptr) return std::nullopt;
        return value;
    };
}

std::expected<Invocation, std::string> load_options(std::span<const std::string> arguments,
                                                    const Environment& environment) {
    auto line = read_command_line(arguments);
    if (!line) return std::unexpected(std::move(line.error()));
    Invocation invocation;
    invocation.action = line->action;
    invocation.options = default_options();
    if (line->action == Action::kHelp || line->action == Action::kVersion) return invocation;

    invocation.config_file =
        line->config_file ? *line->config_file : environment("STENTOR_CONFIG").value_or("");
    Given file;
    if (!invocation.config_file.empty()) {
        auto read = read_config_file(invocation.config_file);
        if (!read) return std::unexpected(std::move(read.error()));
        file = std::move(*read);
    }
    const Given variables = given_by(environment);
    const From sources[] = {
        {Source::kFlag, line->given}, {Source::kEnvironment, variables}, {Source::kFile, file}};
    if (Checked applied = apply(invocation, sources); !applied) {
        return std::unexpected(std::move(applied.error()));
    }
    if (Checked whole = check_together(invocation.options); !whole) {
        return std::unexpected(std::move(whole.error()));
    }
    return invocation;
}

}  // namespace stentor::chat
