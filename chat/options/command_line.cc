// CLI11 is seen in this file alone. See command_line.h.
// Thread: any; pure.
// Invariant: no exception of CLI11 leaves this file.
#include "chat/options/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "chat/options/nearest.h"
#include "chat/options/table.h"

namespace stentor::chat {
namespace {

constexpr std::array<ActionFlag, 5> kActionFlags{{
    {"config", "read this TOML file; the environment and flags go before it (STENTOR_CONFIG)"},
    {"check-config", "check flags, environment and file, and end"},
    {"print-config", "print each value in effect and where it comes from, and end"},
    {"version", "print the version, and end"},
    {"help", "print this, and end"},
}};
constexpr std::string_view kConfig = kActionFlags[0].name;

std::string not_known(std::string_view argument) {
    if (!argument.starts_with("-")) {
        return "unexpected argument \"" + std::string(argument) + "\"; see --help";
    }
    const std::string_view flag = argument.substr(0, argument.find('='));
    std::vector<std::string_view> known;
    for (const OptionRow& row : option_rows()) known.push_back(row.name);
    for (const ActionFlag& action : kActionFlags) known.push_back(action.name);
    const std::string_view nearest =
        nearest_word(flag.substr(std::min(flag.size(), flag.find_first_not_of('-'))), known);
    std::string message = "unknown flag " + std::string(flag);
    message += nearest.empty() ? "; see --help" : "; did you mean --" + std::string(nearest) + "?";
    return message;
}

std::map<std::string_view, CLI::Option*> add_rows(CLI::App& app) {
    std::map<std::string_view, CLI::Option*> options;
    for (const OptionRow& row : option_rows()) {
        CLI::Option* option = row.shape == OptionRow::Shape::kSwitch ? app.add_flag(row.flag())
                                                                     : app.add_option(row.flag());
        if (row.shape == OptionRow::Shape::kMany) {
            option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        } else {
            option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
        }
        options.emplace(row.name, option);
    }
    return options;
}

Action action_of(const CLI::App& app) {
    if (app.count("--help") > 0) return Action::kHelp;
    if (app.count("--version") > 0) return Action::kVersion;
    if (app.count("--print-config") > 0) return Action::kPrintConfig;
    if (app.count("--check-config") > 0) return Action::kCheckConfig;
    return Action::kServe;
}

}  // namespace

std::span<const ActionFlag> action_flags() {
    return kActionFlags;
}

std::expected<CommandLine, std::string> read_command_line(std::span<const std::string> arguments) {
    try {
        CLI::App app;
        app.set_help_flag();
        app.allow_extras();
        const auto options = add_rows(app);
        CLI::Option* config = nullptr;
        for (const ActionFlag& action : kActionFlags) {
            const std::string flag = "--" + std::string(action.name);
            if (action.name == kConfig) {
                config = app.add_option(flag);
            } else if (action.name == "help") {
                app.add_flag("-h," + flag);
            } else {
                app.add_flag(flag);
            }
        }
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));

        const std::vector<std::string> extras = app.remaining();
        if (!extras.empty()) return std::unexpected(not_known(extras.front()));
        CommandLine line;
        line.action = action_of(app);
        if (config->count() > 0) line.config_file = config->results().back();
        for (const auto& [name, option] : options) {
            if (option->count() == 0) continue;
            std::vector<std::string> texts = option->results();
            const bool one = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeLast;
            if (one) texts = {texts.back()};
            line.given.emplace(name, GivenTexts{std::move(texts), "--" + std::string(name)});
        }
        return line;
    } catch (const CLI::Error& error) {
        return std::unexpected(std::string(error.what()));
    }
}

}  // namespace stentor::chat
