// Flags, environment and file together: precedence, strictness, and what the messages say.
// Thread: one. Invariant: nothing of this process's environment is read.
#include "chat/options/load.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chat/options/config_file.h"
#include "chat/options/describe.h"
#include "chat/options/nearest.h"
#include "chat/options/table.h"
#include "tests/chat/options/temporary_file.h"

namespace stentor::chat {
namespace {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string>;

std::expected<Invocation, std::string> load(const std::vector<std::string>& arguments,
                                            const Variables& variables = {}) {
    return load_options(arguments, [&](const std::string& name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    });
}

Options must_load(const std::vector<std::string>& arguments, const Variables& variables = {}) {
    const auto loaded = load(arguments, variables);
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error());
    return loaded ? loaded->options : Options{};
}

std::string error_of(const std::vector<std::string>& arguments, const Variables& variables = {}) {
    const auto loaded = load(arguments, variables);
    EXPECT_FALSE(loaded.has_value());
    return loaded ? "" : loaded.error();
}

#define EXPECT_SAYS(message, part) \
    EXPECT_NE((message).find(part), std::string::npos) << "the message is: " << (message)

// Property: a flag goes before the environment, that before the file, that before the default.
TEST(LoadOptions, FlagThenEnvironmentThenFileThenDefault) {
    const TemporaryFile file("send_rate = 3\n");
    const std::vector<std::string> with_file{"--config", file.path()};
    const Variables variables{{"STENTOR_SEND_RATE", "2"}};
    EXPECT_EQ(must_load({"--config", file.path(), "--send-rate", "1"}, variables).sends_per_second,
              1u);
    EXPECT_EQ(must_load(with_file, variables).sends_per_second, 2u);
    EXPECT_EQ(must_load(with_file).sends_per_second, 3u);
    EXPECT_EQ(must_load({}).sends_per_second, 20u);
}

// Property: every option can be said in all three ways under one name, with one parser.
TEST(LoadOptions, OneNameThreeWays) {
    const TemporaryFile file(
        "max_message_bytes = \"1MiB\"\nlogin_timeout = \"250ms\"\necho = true\n");
    for (const Options& options :
         {must_load({"--max-message-bytes", "1MiB", "--login-timeout=250ms", "--echo"}),
          must_load({}, {{"STENTOR_MAX_MESSAGE_BYTES", "1MiB"},
                         {"STENTOR_LOGIN_TIMEOUT", "250ms"},
                         {"STENTOR_ECHO", "true"}}),
          must_load({"--config", file.path()}), must_load({}, {{"STENTOR_CONFIG", file.path()}})}) {
        EXPECT_EQ(options.message_bytes_max, 1'048'576u);
        EXPECT_EQ(options.login_timeout, 250ms);
        EXPECT_TRUE(options.echo);
    }
}

// Property: a list replaces the default whole, in its order, from each source.
TEST(LoadOptions, ListsReplaceTheDefault) {
    const TemporaryFile file(
        "listen = [\"127.0.0.1:1\", \"[::1]:2\"]\norigin = \"https://a.example\"\n");
    for (const Options& options : {must_load({"--listen", "127.0.0.1:1", "--listen", "[::1]:2",
                                              "--origin", "https://a.example"}),
                                   must_load({}, {{"STENTOR_LISTEN", "127.0.0.1:1,[::1]:2"},
                                                  {"STENTOR_ORIGIN", "https://a.example"}}),
                                   must_load({"--config", file.path()})}) {
        ASSERT_EQ(options.listen.size(), 2u);
        EXPECT_EQ(options.listen[0].to_string(), "127.0.0.1:1");
        EXPECT_EQ(options.listen[1].to_string(), "[::1]:2");
        EXPECT_EQ(options.origins, std::vector<std::string>{"https://a.example"});
    }
}

// Property: a switch can be turned off again by a better source.
TEST(LoadOptions, ABetterSourceTurnsASwitchOff) {
    EXPECT_FALSE(must_load({"--echo=false"}, {{"STENTOR_ECHO", "true"}}).echo);
    EXPECT_FALSE(must_load({"--no-web"}).web);
    EXPECT_TRUE(must_load({}, {{"STENTOR_NO_WEB", "off"}}).web);
}

// Property: the last of a repeated single flag counts, and an empty variable is as good as none.
TEST(LoadOptions, RepeatedFlagsAndEmptyVariables) {
    EXPECT_EQ(must_load({"--send-rate", "1", "--send-rate", "7"}).sends_per_second, 7u);
    EXPECT_EQ(must_load({}, {{"STENTOR_SEND_RATE", ""}}).sends_per_second, 20u);
}

// Property: an unknown flag is an error that names the nearest one, if one is near.
TEST(LoadOptions, UnknownFlagNamesTheNearest) {
    EXPECT_EQ(error_of({"--max-mesage-bytes", "1"}),
              "unknown flag --max-mesage-bytes; did you mean --max-message-bytes?");
    EXPECT_SAYS(error_of({"--send_rate=4"}), "did you mean --send-rate?");
    EXPECT_SAYS(error_of({"--frobnicate"}), "unknown flag --frobnicate; see --help");
    EXPECT_SAYS(error_of({"serve"}), "unexpected argument \"serve\"");
    EXPECT_SAYS(error_of({"--listen", "127.0.0.1:1", "127.0.0.1:2"}), "unexpected argument");
    EXPECT_FALSE(error_of({"--send-rate"}).empty());
}

// Property: a bad value is an error that names the place, the value and the rule.
TEST(LoadOptions, BadValueNamesThePlace) {
    EXPECT_EQ(
        error_of({"--max-message-bytes", "64KB"}),
        "--max-message-bytes \"64KB\": a size is a number of bytes, or one with KiB, MiB or GiB "
        "(64KiB)");
    EXPECT_SAYS(error_of({}, {{"STENTOR_LOGIN_TIMEOUT", "30"}}), "STENTOR_LOGIN_TIMEOUT \"30\": ");
    EXPECT_SAYS(error_of({"--reactors", "0"}), "the least is 1");
    EXPECT_SAYS(error_of({"--reactors", "65"}), "the most is 64");
    EXPECT_SAYS(error_of({"--store", "sqlite"}), "memory, or sqlite:");
    EXPECT_SAYS(error_of({"--store", "sqlite:"}), "the name of a file");
    EXPECT_SAYS(error_of({"--durability", "power"}), "commit, fsync");
    EXPECT_SAYS(error_of({"--io", "select"}), "epoll, io_uring");
    EXPECT_SAYS(error_of({"--listen", "8080"}), "--listen");
    EXPECT_SAYS(error_of({"--origin", "https://a.example/"}), "no path");
    EXPECT_SAYS(error_of({"--origin", "a.example"}), "an origin is");
    EXPECT_SAYS(error_of({"--log-level", "loud"}), "debug, info");
    EXPECT_SAYS(error_of({"--echo=perhaps"}), "a switch is true or false");
}

// Property: the store is a file or memory, and the file is where the state of a service belongs.
TEST(LoadOptions, StoreIsAFileOrMemory) {
    ::unsetenv("STATE_DIRECTORY");
    EXPECT_EQ(must_load({}).store_file, "stentor.db");
    EXPECT_EQ(must_load({"--store", "memory"}).store_file, "");
    EXPECT_EQ(must_load({"--store", "sqlite:/var/x.db"}).store_file, "/var/x.db");
    EXPECT_EQ(must_load({"--durability", "fsync"}).durability, Durability::kSynced);
    ::setenv("STATE_DIRECTORY", "/var/lib/stentor:/other", 1);
    EXPECT_EQ(must_load({}).store_file, "/var/lib/stentor/stentor.db");
    ::unsetenv("STATE_DIRECTORY");
}

// Property: an address is one for TCP, TLS or a Unix socket, and a bad one says why.
TEST(LoadOptions, AddressesAreOfThreeKinds) {
    const Options options =
        must_load({"--listen", "tls:[::1]:443", "--listen", "unix:/run/a.socket", "--tls-cert",
                   "c.pem", "--tls-key", "k.pem"});
    ASSERT_EQ(options.listen.size(), 2u);
    EXPECT_TRUE(options.listen[0].tls);
    EXPECT_EQ(options.listen[1].path, "/run/a.socket");
    EXPECT_SAYS(error_of({"--listen", "tls:8080"}), "expected HOST:PORT");
    EXPECT_SAYS(error_of({"--listen", "unix:/\xff"}), "UTF-8");
    EXPECT_SAYS(error_of({"--admin-listen", "unix:/\xff"}), "UTF-8");
    EXPECT_SAYS(error_of({"--listen", "unix:" + std::string(200, 'x')}), "107");
    EXPECT_SAYS(error_of({"--admin-listen", "tls:127.0.0.1:0"}), "private");
    EXPECT_EQ(must_load({"--admin-listen", "unix:/run/b"}).admin_listen->place(), "unix:/run/b");
}

// Property: certificate and key come together, and a tls: listener does not come without them; the
// message names what is missing.
TEST(LoadOptions, TlsNeedsCertificateAndKey) {
    EXPECT_SAYS(error_of({"--listen", "tls:127.0.0.1:0"}), "--tls-cert and --tls-key are missing");
    EXPECT_SAYS(error_of({"--listen", "tls:127.0.0.1:0", "--tls-cert", "c"}),
                "--tls-key is missing");
    EXPECT_SAYS(error_of({"--listen", "tls:127.0.0.1:0", "--tls-key", "k"}),
                "--tls-cert is missing");
    EXPECT_SAYS(error_of({"--tls-key", "k"}), "--tls-cert is missing");
    EXPECT_SAYS(error_of({"--tls-cert", ""}), "it is empty");
    EXPECT_EQ(must_load({"--tls-cert", "c", "--tls-key", "k"}).tls_key_file, "k");
}

// Property: the defences have their defaults, and 0 turns off what can be turned off.
TEST(LoadOptions, Defences) {
    const Options defaults = must_load({});
    EXPECT_EQ(defaults.joins_per_second, 10u);
    EXPECT_EQ(defaults.message_bytes_per_second_min, 512u);
    EXPECT_EQ(defaults.connections_per_address_max, 0u);
    EXPECT_TRUE(defaults.deflate);
    EXPECT_TRUE(defaults.proxies.empty());
    const Options options = must_load(
        {"--join-rate", "0", "--min-message-rate", "0", "--max-connections-per-address", "3",
         "--deflate", "off", "--proxy-protocol", "10.0.0.0/8", "--proxy-protocol", "unix"});
    EXPECT_EQ(options.joins_per_second, 0u);
    EXPECT_EQ(options.message_bytes_per_second_min, 0u);
    EXPECT_EQ(options.connections_per_address_max, 3u);
    EXPECT_FALSE(options.deflate);
    ASSERT_EQ(options.proxies.size(), 2u);
    EXPECT_EQ(options.proxies[0].to_string(), "10.0.0.0/8");
    EXPECT_SAYS(error_of({"--proxy-protocol", "10.0.0.0/33"}),
                "--proxy-protocol \"10.0.0.0/33\": ");
    EXPECT_SAYS(error_of({"--deflate", "maybe"}), "--deflate");
    const TemporaryFile file("deflate = false\nproxy_protocol = [\"::1\"]\n");
    EXPECT_FALSE(must_load({"--config", file.path()}).deflate);
    EXPECT_EQ(must_load({"--config", file.path()}).proxies.size(), 1u);
}

// Property: errors of the file name its line and the nearest known key.
TEST(LoadOptions, FileErrorsNameTheLine) {
    const auto error = [](std::string_view text) {
        const TemporaryFile file(text);
        std::string message = error_of({"--config", file.path()});
        EXPECT_TRUE(message.starts_with(file.path())) << message;
        return message.substr(std::min(message.size(), file.path().size()));
    };
    EXPECT_EQ(error("# first\n\nmax_mesage_bytes = \"64KiB\"\n"),
              ":3: unknown key \"max_mesage_bytes\"; did you mean \"max_message_bytes\"?");
    EXPECT_SAYS(error("max-message-bytes = 1\n"), "did you mean \"max_message_bytes\"?");
    EXPECT_SAYS(error("zzzzzz = 1\n"), ":1: unknown key \"zzzzzz\"; --print-config");
    EXPECT_SAYS(error("echo = true\nsend_rate = \"fast\"\n"), ":2: send_rate \"fast\": ");
    EXPECT_SAYS(error("send_rate = 1.5\n"), ":1: send_rate: ");
    EXPECT_SAYS(error("send_rate = [1]\n"), ":1: send_rate: ");
    EXPECT_SAYS(error("listen = []\n"), ":1: listen: the list is empty");
    EXPECT_SAYS(error("[limits]\nsend_rate = 1\n"), ":1: no [limits] here");
    EXPECT_SAYS(error("echo = true\necho = false\n"), ":2: ");
    EXPECT_SAYS(error("echo = \n"), ":1: ");
    EXPECT_SAYS(error_of({"--config", "/nonexistent/stentor.toml"}), "No such file");
}

// Property: what a flag overrides is checked too.
TEST(LoadOptions, OverriddenValuesAreChecked) {
    const TemporaryFile file("send_rate = \"fast\"\n");
    EXPECT_SAYS(error_of({"--config", file.path(), "--send-rate", "1"}), ":1: send_rate \"fast\"");
    EXPECT_SAYS(error_of({"--send-rate", "1"}, {{"STENTOR_SEND_RATE", "x"}}), "STENTOR_SEND_RATE");
}

// Property: the printed configuration is a file that gives the same values, each with its source.
TEST(LoadOptions, PrintedConfigurationIsReadBack) {
    const auto loaded = load({"--listen",
                              "[::1]:0",
                              "--listen",
                              "localhost:1",
                              "--echo",
                              "--send-rate",
                              "0",
                              "--name-hold",
                              "90s",
                              "--log-format",
                              "json",
                              "--print-config",
                              "--ports-file",
                              "a \"quoted\"\tname",
                              "--admin-listen",
                              "127.0.0.1:0",
                              "--listen",
                              "unix:/a b",
                              "--listen",
                              "tls:127.0.0.1:0",
                              "--tls-cert",
                              "c",
                              "--tls-key",
                              "k",
                              "--deflate",
                              "off",
                              "--proxy-protocol",
                              "2001:db8::/32",
                              "--min-message-rate",
                              "1KiB"},
                             {{"STENTOR_REACTORS", "3"}});
    ASSERT_TRUE(loaded.has_value()) << loaded.error();
    EXPECT_EQ(loaded->action, Action::kPrintConfig);
    const std::string text = config_text(*loaded);
    EXPECT_SAYS(text, "reactors = 3");
    EXPECT_SAYS(text, "# environment");
    EXPECT_SAYS(text, "# flag");
    EXPECT_SAYS(text, "# default");
    const TemporaryFile file(text);
    const auto again = load({"--config", file.path()});
    ASSERT_TRUE(again.has_value()) << again.error();
    for (const OptionRow& row : option_rows()) {
        EXPECT_EQ(row.show(again->options), row.show(loaded->options)) << row.name;
    }
}

// Property: each option's line of --help gives its flag, default and environment name; no name
// twice.
TEST(LoadOptions, HelpHasEveryOption) {
    const std::string help = help_text();
    std::map<std::string, int> names;
    for (const OptionRow& row : option_rows()) {
        EXPECT_SAYS(help, "  " + row.flag());
        EXPECT_SAYS(help, row.environment() + "]");
        EXPECT_EQ(++names[row.key()], 1);
    }
    EXPECT_SAYS(help, "default 64KiB; bytes; STENTOR_MAX_MESSAGE_BYTES]");
    for (const ActionFlag& action : action_flags()) {
        EXPECT_SAYS(help, "--" + std::string(action.name));
    }
    for (std::size_t begin = 0; begin < help.size();) {
        const std::size_t end = help.find('\n', begin);
        EXPECT_LE(end - begin, 110u) << help.substr(begin, end - begin);
        begin = end + 1;
    }
}

// Property: --help and --version win over whatever else is wrong in environment and file.
TEST(LoadOptions, HelpNeedsNoConfiguration) {
    EXPECT_EQ(load({"--help"}, {{"STENTOR_SEND_RATE", "x"}})->action, Action::kHelp);
    EXPECT_EQ(load({"-h"})->action, Action::kHelp);
    EXPECT_EQ(load({"--version", "--config", "/nonexistent"})->action, Action::kVersion);
    EXPECT_EQ(load({"--check-config"})->action, Action::kCheckConfig);
    EXPECT_EQ(load({})->action, Action::kServe);
}

// Property: a suggestion is near; swapped neighbours are one edit, - and _ are the same.
TEST(Nearest, SuggestsOnlyWhatIsNear) {
    const std::vector<std::string_view> known{"listen", "origin", "echo", "io"};
    EXPECT_EQ(nearest_word("lsiten", known), "listen");
    EXPECT_EQ(nearest_word("origins", known), "origin");
    EXPECT_EQ(nearest_word("qqqqqq", known), "");
    EXPECT_EQ(nearest_word("", known), "");
    EXPECT_EQ(nearest_word(std::string(1000, 'x'), known), "");
}

}  // namespace
}  // namespace stentor::chat
