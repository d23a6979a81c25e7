// See probe.h; the formats are those of proc(5).
// Thread: any.
// Invariant: see probe.h.
#include "bench/load/probe.h"

#include <sched.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace stentor::bench {
namespace {

std::string first_line(const std::string& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

// What stands behind "key<blanks>:" in a file of such lines.
std::string value_of(const std::string& file, const std::string& key) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || !line.starts_with(key)) continue;
        if (line.find_first_not_of(" \t", key.size()) != colon) continue;
        const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
        return begin == std::string::npos ? "" : line.substr(begin);
    }
    return {};
}

}  // namespace

std::optional<double> process_cpu_seconds(int pid) {
    std::error_code error;
    const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
    double ns = 0;
    bool any = false;
    for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end;
         task.increment(error)) {
        std::istringstream line(first_line(task->path() / "schedstat"));
        double ran = 0;
        if (line >> ran) {
            ns += ran;
            any = true;
        }
    }
    if (!any) return std::nullopt;
    return ns / 1e9;
}

std::optional<double> core_busy_seconds(int core) {
    std::ifstream in("/proc/stat");
    const std::string name = "cpu" + std::to_string(core) + " ";
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(name)) continue;
        std::istringstream fields(line.substr(name.size()));
        // user nice system idle iowait irq softirq steal; guests are in user already
        double sum = 0;
        for (int i = 0; i < 8; ++i) {
            double ticks = 0;
            fields >> ticks;
            if (i != 3 && i != 4) sum += ticks;
        }
        return sum / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    return std::nullopt;
}

std::optional<std::uint64_t> process_memory_bytes(int pid, const std::string& line) {
    std::istringstream value(value_of("/proc/" + std::to_string(pid) + "/status", line));
    std::uint64_t kib = 0;
    if (!(value >> kib)) return std::nullopt;
    return kib * 1024;
}

double own_cpu_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

Machine this_machine() {
    utsname system{};
    ::uname(&system);
    return {.cpu = value_of("/proc/cpuinfo", "model name"),
            .cores = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN)),
            .kernel = system.release,
            .congestion = first_line("/proc/sys/net/ipv4/tcp_congestion_control")};
}

std::vector<int> allowed_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(static_cast<std::size_t>(core), &set)) cores.push_back(core);
    }
    return cores;
}

}  // namespace stentor::bench
