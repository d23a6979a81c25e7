// See provenance.h.
// Thread: main.
// Invariant: see provenance.h.
#include "bench/micro/provenance.h"

#include <sys/utsname.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace stentor::bench {
namespace {

// Our own code is compiled like this file.
#ifdef NDEBUG
constexpr bool kHasDebugChecks = false;
#else
constexpr bool kHasDebugChecks = true;
#endif
#ifdef __OPTIMIZE__
constexpr bool kIsOptimised = true;
#else
constexpr bool kIsOptimised = false;
#endif
constexpr std::string_view kSanitizers = STENTOR_MICRO_SANITIZERS;

std::string processor() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

// Why the times of this build say nothing; empty when they do.
std::string objection() {
    std::string why;
    const auto add = [&why](std::string_view what) {
        why += why.empty() ? "" : ", ";
        why += what;
    };
    if (!kIsOptimised) add("not optimised");
    if (kHasDebugChecks) add("with debug checks (no NDEBUG)");
    if (!kSanitizers.empty()) add(fmt::format("under sanitizers ({})", kSanitizers));
    return why;
}

}  // namespace

void state_provenance() {
    utsname kernel{};
    ::uname(&kernel);
    const std::string why = objection();
    benchmark::AddCustomContext("stentor_commit", commit());
    benchmark::AddCustomContext("stentor_build",
                                why.empty() ? "release" : "NOT FOR FIGURES: " + why);
    benchmark::AddCustomContext("stentor_build_type", STENTOR_MICRO_BUILD_TYPE);
    benchmark::AddCustomContext("stentor_compiler", STENTOR_MICRO_COMPILER);
    benchmark::AddCustomContext("stentor_flags", STENTOR_MICRO_FLAGS);
    benchmark::AddCustomContext("processor", processor());
    benchmark::AddCustomContext("kernel", kernel.release);
    if (!why.empty()) {
        std::fputs(fmt::format("***WARNING*** stentor was built {}: the answers count, the times "
                               "do not. Use scripts/build.\n",
                               why)
                       .c_str(),
                   stderr);
    }
}

}  // namespace stentor::bench
