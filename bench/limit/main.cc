// stentor-limit: what the kernel allows for the byte pattern of a work, with no protocol, on one
// thread or several; the yardstick of docs/performance.md.
// Exit codes: 1 failed, 2 usage; it serves until a signal ends it.
// Thread: main, which turns the first loop; the others have one each.
// Invariant: one line on stderr says why, whenever it ends by itself.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/limit/hand_over.h"
#include "bench/limit/loop.h"
#include "chat/ports_file.h"
#include "net/listener.h"

namespace {

using namespace stentor;
namespace limit = bench::limit;
using limit::Work;

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

using CreateLoop = limit::LoopOrError (*)(Work, int, limit::HandOverSeat);
const std::map<std::string, CreateLoop> kLoops = {{"epoll", limit::create_epoll_loop},
                                                  {"io_uring", limit::create_uring_loop}};
const std::map<std::string, Work> kWorks = {{"echo", Work::kEcho},
                                            {"fanout", Work::kFanout},
                                            {"burst", Work::kBurst},
                                            {"accept", Work::kAccept}};

struct Options {
    std::string io = "epoll";
    std::string work = "echo";
    std::string listen = "127.0.0.1:0";
    std::string ports_file;
    std::string tcp_congestion;
    std::uint32_t threads = 1;
};

int complain(int code, const core::Error& error) {
    std::fprintf(stderr, "stentor-limit: %s\n", error.message().c_str());
    return code;
}

void describe(CLI::App& app, Options& options) {
    app.add_option("--io", options.io, "how it waits, reads and writes")
        ->check(CLI::IsMember(&kLoops))
        ->capture_default_str();
    app.add_option("--work", options.work,
                   "echo: all frames of a read go back in one send\n"
                   "fanout: \"join ROOM\" is answered \"joined\"; each later frame goes to each\n"
                   "  member in a send of its own\n"
                   "burst: the same, but the frames of one turn of the loop go in one send\n"
                   "accept: accept and close")
        ->check(CLI::IsMember(&kWorks))
        ->capture_default_str();
    app.add_option("--threads", options.threads,
                   "loops, each with its own share of the connections; those of work burst hand\n"
                   "  what came for a room in a turn to the others, work fanout has one alone")
        ->check(CLI::Range(1u, limit::HandOver::kThreadsMax))
        ->capture_default_str();
    app.add_option("--listen", options.listen, "address; port 0 picks a free one")
        ->capture_default_str();
    app.add_option("--ports-file", options.ports_file,
                   "write pid and address here as JSON once ready");
    app.add_option("--tcp-congestion", options.tcp_congestion,
                   "congestion control, as reno (default: the system's)");
}

void raise_file_limit() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

// Turns loops until the process ends; says first whether its own could be made.
class Threads {
public:
    explicit Threads(const Options& options, const std::vector<net::Listener>& listeners)
        : create_(kLoops.at(options.io)),
          work_(kWorks.at(options.work)),
          listeners_(listeners),
          hand_over_(options.threads) {}

    std::expected<void, core::Error> begin_others() {
        std::vector<std::future<std::expected<void, core::Error>>> begun;
        for (std::uint32_t thread = 1; thread < hand_over_.threads(); ++thread) {
            std::promise<std::expected<void, core::Error>> said;
            begun.push_back(said.get_future());
            std::thread([this, thread, said = std::move(said)]() mutable {
                auto loop = create(thread);
                if (!loop) return said.set_value(std::unexpected(loop.error()));
                said.set_value({});
                for (;;) (*loop)->turn();
            }).detach();
        }
        for (auto& one : begun) {
            if (auto done = one.get(); !done) return done;
        }
        return {};
    }
    limit::LoopOrError create(std::uint32_t thread) {
        const bool alone = hand_over_.threads() == 1;
        return create_(work_, listeners_[thread].fd(), {alone ? nullptr : &hand_over_, thread});
    }

private:
    const CreateLoop create_;
    const Work work_;
    const std::vector<net::Listener>& listeners_;
    limit::HandOver hand_over_;
};

int serve(const Options& options) {
    const auto address = net::ListenAddress::parse(options.listen);
    if (!address) return complain(kBadUsage, address.error());
    net::ListenOptions how;
    how.sockets = options.threads;
    how.tcp_congestion = options.tcp_congestion;
    const auto listeners = net::Listener::open(*address, how);
    if (!listeners) return complain(kFailed, listeners.error());
    const int on = 1;
    for (const net::Listener& listener : *listeners) {
        ::setsockopt(listener.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Threads threads(options, *listeners);
    const auto loop = threads.create(0);
    if (!loop) return complain(kFailed, loop.error());
    if (const auto begun = threads.begin_others(); !begun) {
        std::_Exit(complain(kFailed, begun.error()));  // others turn already
    }
    const net::ListenAddress& place = listeners->front().address();
    if (!options.ports_file.empty()) {
        const auto written =
            chat::write_ports_file(options.ports_file, {.listen = {place}, .admin = {}});
        if (!written) std::_Exit(complain(kFailed, written.error()));
    }
    std::printf("stentor-limit at %s: %s on %s\n", place.place().c_str(), options.work.c_str(),
                options.io.c_str());
    std::fflush(stdout);
    for (;;) (*loop)->turn();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app(
        "What the kernel allows for the byte pattern of a WebSocket server: the same reads "
        "and writes\nwith no protocol. Drive it with stentor-bench.",
        "stentor-limit");
    describe(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kBadUsage;
    }
    if (options.threads > 1 && options.work == "fanout") {
        return complain(kBadUsage, core::Error::because("work fanout has one thread alone"));
    }
    raise_file_limit();
    return serve(options);
}
