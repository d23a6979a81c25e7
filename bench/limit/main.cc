// stentor-limit: what the kernel allows for the byte pattern of a work, on one thread and with no
// protocol; the yardstick of docs/performance.md.
// Exit codes: 1 failed, 2 usage; it serves until a signal ends it.
// Thread: main.
// Invariant: one line on stderr says why, whenever it ends by itself.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "bench/limit/loop.h"
#include "chat/ports_file.h"
#include "net/listener.h"

namespace {

using namespace stentor;
namespace limit = bench::limit;
using limit::Work;

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

using CreateLoop = limit::LoopOrError (*)(Work, int);
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

int serve(const Options& options) {
    const auto address = net::ListenAddress::parse(options.listen);
    if (!address) return complain(kBadUsage, address.error());
    net::ListenOptions how;
    how.tcp_congestion = options.tcp_congestion;
    const auto listeners = net::Listener::open(*address, how);
    if (!listeners) return complain(kFailed, listeners.error());
    const net::Listener& listener = listeners->front();
    const int on = 1;
    ::setsockopt(listener.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto loop = kLoops.at(options.io)(kWorks.at(options.work), listener.fd());
    if (!loop) return complain(kFailed, loop.error());
    if (!options.ports_file.empty()) {
        const auto written = chat::write_ports_file(options.ports_file,
                                                    {.listen = {listener.address()}, .admin = {}});
        if (!written) return complain(kFailed, written.error());
    }
    std::printf("stentor-limit at %s: %s on %s\n", listener.address().place().c_str(),
                options.work.c_str(), options.io.c_str());
    std::fflush(stdout);
    for (;;) (*loop)->turn();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app(
        "What the kernel allows for the byte pattern of a WebSocket server: the same reads "
        "and writes\nwith no protocol, on one thread. Drive it with stentor-bench.",
        "stentor-limit");
    describe(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kBadUsage;
    }
    raise_file_limit();
    return serve(options);
}
