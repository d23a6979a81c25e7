// The defaults that this machine decides. See options.h.
// Thread: any.
// Invariant: both are at least 1.
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "chat/options/options.h"

namespace stentor::chat {
namespace {

constexpr std::uint64_t kFilesNotForConnections = 256;

// The soft limit is raised to the hard one before the server starts, so the hard one counts.
std::uint32_t connections_that_files_allow() {
    constexpr std::uint64_t kMost = 1'000'000;
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max == RLIM_INFINITY) return kMost;
    const std::uint64_t limit = files.rlim_max;
    const std::uint64_t left =
        limit > kFilesNotForConnections ? limit - kFilesNotForConnections : 1;
    return static_cast<std::uint32_t>(std::min(left, kMost));
}

}  // namespace

Options default_options() {
    Options options;
    net::ListenAddress address;
    address.host = "127.0.0.1";
    address.port = 8080;
    options.listen.push_back(std::move(address));
    const unsigned cores = std::thread::hardware_concurrency();
    options.reactors = std::clamp(cores, 2u, 65u) - 1;
    options.connections_max = connections_that_files_allow();
    return options;
}

}  // namespace stentor::chat
