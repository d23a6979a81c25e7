// The defaults that this machine, and who starts us, decide. See options.h.
// Thread: any.
// Invariant: reactors and connections are at least 1.
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
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

// Where systemd wants state (the first of its folders, separated by colons), else here.
std::string default_store_file() {
    constexpr std::string_view kName = "stentor.db";
    const char* folders = std::getenv("STATE_DIRECTORY");
    if (folders == nullptr || *folders == '\0') return std::string(kName);
    const std::string_view all = folders;
    return std::string(all.substr(0, all.find(':'))).append("/").append(kName);
}

}  // namespace

Options default_options() {
    Options options;
    net::ListenAddress address;
    address.host = "127.0.0.1";
    address.port = 8080;
    options.listen.push_back(std::move(address));
    options.store_file = default_store_file();
    const unsigned cores = std::thread::hardware_concurrency();
    options.reactors = std::clamp(cores, 2u, 65u) - 1;
    options.connections_max = connections_that_files_allow();
    return options;
}

}  // namespace stentor::chat
