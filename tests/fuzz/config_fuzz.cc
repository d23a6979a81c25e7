// Fuzz target: the configuration (chat/options): the TOML file, the environment and the command
// line together. The input is three texts divided by a line "---": file, variables, flags, one a
// line. Thread: one. Invariant: a failure says where; what is accepted is printed as a file that
// means the same.
#include "chat/options/config_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "chat/options/describe.h"
#include "chat/options/load.h"
#include "chat/options/table.h"
#include "net/unique_fd.h"
#include "tests/fuzz/fuzz_input.h"
#include "ws/utf8.h"

namespace {

using namespace stentor;
using namespace stentor::chat;

// The text up to the separator, which is taken too.
std::string_view take_until(std::string_view& left, std::string_view separator) {
    const std::size_t end = std::min(left.find(separator), left.size());
    const std::string_view taken = left.substr(0, end);
    left.remove_prefix(std::min(end + separator.size(), left.size()));
    return taken;
}

// A file that has a path and is nowhere.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view text) : fd_(::memfd_create("config", 0)) {
        STENTOR_CHECK(fd_.get() >= 0);
        STENTOR_CHECK(::write(fd_.get(), text.data(), text.size()) ==
                      static_cast<ssize_t>(text.size()));
    }
    std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

private:
    net::UniqueFd fd_;
};

std::vector<std::string> shown(const Options& options) {
    std::vector<std::string> all;
    for (const OptionRow& row : option_rows()) {
        for (const std::string& text : row.show(options)) all.push_back(row.flag() + "=" + text);
    }
    return all;
}

void expect_printed_reads_back(const Invocation& invocation) {
    const MemoryFile printed(config_text(invocation));
    const std::vector<std::string> arguments{"--config", printed.path()};
    const auto again =
        load_options(arguments, [](const std::string&) { return std::optional<std::string>(); });
    STENTOR_CHECK(again.has_value());
    STENTOR_CHECK(shown(again->options) == shown(invocation.options));
}

void fuzz_file(std::string_view text) {
    const auto given = parse_config(text, "file.toml");
    if (!given) {
        STENTOR_CHECK(given.error().starts_with("file.toml:"));
        return;
    }
    for (const auto& [name, texts] : *given) {
        STENTOR_CHECK(texts.place.starts_with("file.toml:"));
        STENTOR_CHECK(std::ranges::any_of(
            option_rows(), [&name](const OptionRow& row) { return row.name == name; }));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::TightBlock block(fuzz::Input(data, size).rest());
    std::string_view left = block.text();
    const std::string_view file = take_until(left, "\n---\n");
    std::string_view variable_lines = take_until(left, "\n---\n");
    fuzz_file(file);

    std::map<std::string, std::string> variables;
    while (!variable_lines.empty()) {
        std::string_view line = take_until(variable_lines, "\n");
        const std::string name(take_until(line, "="));
        variables.emplace(name, line);
    }
    const MemoryFile config(file);
    std::vector<std::string> arguments{"--config", config.path()};
    while (!left.empty()) {
        arguments.emplace_back(take_until(left, "\n"));
        // No other file of this machine.
        if (arguments.back().starts_with("--config")) arguments.pop_back();
    }
    const auto loaded = load_options(arguments, [&](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    STENTOR_CHECK(loaded || !loaded.error().empty());
    if (!loaded || loaded->action != Action::kServe) return 0;
    // A path need not be UTF-8, and a file of TOML must be.
    if (ws::is_valid_utf8(fuzz::bytes_of(config_text(*loaded)))) expect_printed_reads_back(*loaded);
    return 0;
}
