// What the system says of a process, a core and this machine.
// Thread: any; reads /proc.
// Invariant: what cannot be read is nothing, never zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stentor::bench {

// Processor time of all threads of a process (/proc/PID/task/*/schedstat, in ns).
std::optional<double> process_cpu_seconds(int pid);
// Time in which a core did something for anybody (/proc/stat; ticks of 10 ms).
std::optional<double> core_busy_seconds(int core);
// A line of /proc/PID/status, "VmRSS" or "RssAnon".
std::optional<std::uint64_t> process_memory_bytes(int pid, const std::string& line);
// Of this process.
double own_cpu_seconds();

struct Machine {
    std::string cpu;
    std::uint32_t cores = 1;
    std::string kernel;
    std::string congestion;
};
Machine this_machine();
// The cores that this process may run on.
std::vector<int> allowed_cores();

}  // namespace stentor::bench
