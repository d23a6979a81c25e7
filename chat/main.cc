// The program: read the options, start the server, wait for a signal, let everybody go in peace.
// SIGHUP reads the certificate again.
// Exit codes: 0 ended well, 1 failed while running (or a second signal), 2 usage or configuration.
// Thread: main.
// Invariant: one line on stderr says why, whenever the code is not 0.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chat/console_terminal.h"
#include "chat/options/describe.h"
#include "chat/options/load.h"
#include "chat/server.h"
#include "chat/signals.h"
#include "chat/tls_identity.h"
#include "chat/version.h"
#include "core/log.h"

namespace {

using namespace stentor;
using chat::Action;
using chat::Options;

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr core::Duration kQuietTime = std::chrono::seconds{1};
constexpr core::Duration kDrainTime = std::chrono::seconds{3};
constexpr core::Duration kDrainCheck = std::chrono::milliseconds{10};

int complain(int code, const std::string& message) {
    std::fprintf(stderr, "stentor: %s\n", message.c_str());
    return code;
}

// --max-connections counts on the hard limit.
void raise_file_limit() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

std::string where_to_chat(const net::ListenAddress& address) {
    if (address.kind == net::ListenAddress::Kind::kUnix) return address.place();
    return (address.tls ? "https://" : "http://") + address.place() + "/";
}

void announce(const chat::BoundAddresses& addresses, const Options& options) {
    std::string text = "stentor " + std::string(chat::kVersion) + "\n";
    for (const net::ListenAddress& address : addresses.listen) {
        text += "  chat at " + where_to_chat(address) + "\n";
    }
    if (addresses.line) text += "  lines at " + addresses.line->place() + ", for nc\n";
    if (addresses.admin) {
        const bool unix_socket = addresses.admin->kind == net::ListenAddress::Kind::kUnix;
        text += unix_socket ? "  metrics at " + addresses.admin->place() + ", /metrics\n"
                            : "  metrics at http://" + addresses.admin->place() + "/metrics\n";
    }
    const std::string store =
        options.store_file.empty() ? std::string("memory") : options.store_file;
    text += "  " + std::to_string(options.reactors) + " reactors, rooms in " + store + ", up to " +
            std::to_string(options.connections_max) + " connections\n";
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

// Until `done`, or the time is over, or somebody is in a hurry.
template <typename Done>
void wait_for(chat::Signals& signals, core::Duration at_most, Done&& done) {
    const core::SystemClock clock;
    const core::Instant deadline = clock.now() + at_most;
    while (!done() && clock.now() < deadline) {
        if (signals.stop_within(kDrainCheck)) ::_exit(complain(kFailed, "ended at once"));
    }
}

// What was acknowledged is told to everybody before anybody hears goodbye.
void drain(chat::Server& server, chat::Signals& signals) {
    server.begin_drain();
    wait_for(signals, kQuietTime, [&] { return server.quiet(); });
    server.say_goodbye();
    wait_for(signals, kDrainTime, [&] { return server.drained(); });
}

// Returns when the server is to stop, with the signal that said so.
int serve_until_told(chat::Server& server, chat::Signals& signals, chat::TlsIdentity* tls) {
    for (;;) {
        const std::optional<int> signal = signals.wait(server.look_at_memory());
        if (!signal) continue;
        if (*signal != SIGHUP) return *signal;
        if (tls != nullptr) {
            tls->reload();
        } else {
            core::log::info("nothing_to_reload", {{"reason", "no --tls-cert"}});
        }
    }
}

int serve(const Options& options) {
    chat::Signals signals;
    raise_file_limit();
    core::log::start({.level = options.log_level, .format = options.log_format});
    const auto tls = chat::TlsIdentity::load(options);
    if (!tls) return complain(kBadUsage, tls.error().message());
    auto server = chat::Server::start(options, tls->get());
    if (!server) return complain(kFailed, server.error().message());
    if (!options.ports_file.empty()) {
        const auto written = chat::write_ports_file(options.ports_file, (*server)->addresses());
        if (!written) return complain(kFailed, written.error().message());
    }
    announce((*server)->addresses(), options);
    if (*tls && std::ranges::none_of(options.listen, &net::ListenAddress::tls)) {
        core::log::warning("tls_unused", {{"hint", "no --listen begins with tls:"}});
    }
    core::log::info("ready", {{"version", chat::kVersion}, {"reactors", options.reactors}});

    std::unique_ptr<chat::ConsoleTerminal> console;
    if (options.console) {
        auto terminal =
            chat::ConsoleTerminal::start((*server)->take_console(), STDIN_FILENO, STDOUT_FILENO);
        if (!terminal) return complain(kFailed, terminal.error().message());
        console = std::move(*terminal);
    }

    const int signal = serve_until_told(**server, signals, tls->get());
    core::log::info("draining", {{"signal", signal}});
    drain(**server, signals);
    const auto failure = (*server)->store_failure();
    (*server)->stop();
    console.reset();
    core::log::info("ended");
    core::log::stop();
    if (failure) return complain(kFailed, failure->message());
    return 0;
}

int check_config(const Options& options) {
    const auto tls = chat::TlsIdentity::load(options);
    if (!tls) return complain(kBadUsage, tls.error().message());
    std::puts("the configuration is good");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const auto invocation = chat::load_options(arguments, chat::process_environment());
    if (!invocation) return complain(kBadUsage, invocation.error());
    switch (invocation->action) {
        case Action::kServe:
            return serve(invocation->options);
        case Action::kHelp:
            std::fputs(chat::help_text().c_str(), stdout);
            return 0;
        case Action::kVersion:
            std::printf("stentor %s\n", std::string(chat::kVersion).c_str());
            return 0;
        case Action::kPrintConfig:
            std::fputs(chat::config_text(*invocation).c_str(), stdout);
            return 0;
        case Action::kCheckConfig:
            return check_config(invocation->options);
    }
    return kBadUsage;
}
