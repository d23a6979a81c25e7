// The program: read the options, start the server, wait for a signal, let everybody go in peace.
// Exit codes: 0 ended well, 1 failed while running (or a second signal), 2 usage or configuration.
// Thread: main.
// Invariant: one line on stderr says why, whenever the code is not 0.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "chat/options/describe.h"
#include "chat/options/load.h"
#include "chat/server.h"
#include "chat/stop_signals.h"
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

void announce(const chat::BoundAddresses& addresses, const Options& options) {
    std::string text = "stentor " + std::string(chat::kVersion) + "\n";
    for (const std::string& address : addresses.listen) {
        text += "  chat at http://" + address + "/\n";
    }
    if (!addresses.admin.empty()) text += "  metrics at http://" + addresses.admin + "/metrics\n";
    text += "  " + std::to_string(options.reactors) + " reactors, rooms in memory, up to " +
            std::to_string(options.connections_max) + " connections\n";
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

// Until `done`, or the time is over, or somebody is in a hurry.
template <typename Done>
void wait_for(chat::StopSignals& signals, core::Duration at_most, Done&& done) {
    const core::SystemClock clock;
    const core::Instant deadline = clock.now() + at_most;
    while (!done() && clock.now() < deadline) {
        if (signals.wait_for(kDrainCheck)) ::_exit(complain(kFailed, "ended at once"));
    }
}

// What was acknowledged is told to everybody before anybody hears goodbye.
void drain(chat::Server& server, chat::StopSignals& signals) {
    server.begin_drain();
    wait_for(signals, kQuietTime, [&] { return server.quiet(); });
    server.say_goodbye();
    wait_for(signals, kDrainTime, [&] { return server.drained(); });
}

int serve(const Options& options) {
    chat::StopSignals signals;
    raise_file_limit();
    core::log::start({.level = options.log_level, .format = options.log_format});
    auto server = chat::Server::start(options);
    if (!server) return complain(kFailed, server.error().message());
    if (!options.ports_file.empty()) {
        const auto written = chat::write_ports_file(options.ports_file, (*server)->addresses());
        if (!written) return complain(kFailed, written.error().message());
    }
    announce((*server)->addresses(), options);
    core::log::info("ready", {{"version", chat::kVersion}, {"reactors", options.reactors}});

    const int signal = signals.wait();
    core::log::info("draining", {{"signal", signal}});
    drain(**server, signals);
    (*server)->stop();
    core::log::info("ended");
    core::log::stop();
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
            std::puts("the configuration is good");
            return 0;
    }
    return kBadUsage;
}
