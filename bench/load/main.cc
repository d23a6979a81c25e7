// stentor-bench: reads the command line, runs the workload, prints and writes what it found.
// Thread: main.
// Invariant: one line on stderr says why, whenever the exit code is not 0.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/progress.h"
#include "bench/load/result.h"
#include "bench/load/workloads.h"
#include "core/ascii.h"

namespace {

using namespace stentor::bench;

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

int complain(int code, const std::string& message) {
    std::fprintf(stderr, "stentor-bench: %s\n", message.c_str());
    return code;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Result blank_result(const Options& options) {
    Result result;
    result.workload = options.workload;
    result.machine = this_machine();
    result.started = utc_now();
    result.parameters = {{"connections", options.connections},
                         {"rooms", options.rooms},
                         {"senders", options.senders},
                         {"size", options.size},
                         {"depth", options.depth},
                         {"burst", options.burst},
                         {"rate", options.rate},
                         {"share", options.share},
                         {"slice_seconds", static_cast<double>(options.slice.count()) / 1e9}};
    for (const TargetSpec& spec : options.targets) {
        TargetResult target;
        target.name = spec.name;
        target.url = spec.url.text;
        result.targets.push_back(std::move(target));
    }
    return result;
}

bool write_file(const std::string& file, const std::string& text) {
    if (file == "-") return std::fputs(text.c_str(), stdout) >= 0;
    std::ofstream out(file);
    out << text;
    out.close();
    return out.good();
}

std::string as_file_name(std::string name) {
    for (char& c : name) {
        if (!stentor::core::ascii::is_alpha(c) && !stentor::core::ascii::is_digit(c)) c = '-';
    }
    return name;
}

// One file for one target; for several, FILE.NAME each.
int write_results(const Options& options, const Result& result) {
    if (!options.json_file.empty() && !write_file(options.json_file, to_json(result))) {
        return complain(kFailed, options.json_file + ": cannot be written");
    }
    if (options.hgrm_file.empty()) return 0;
    for (const TargetResult& target : result.targets) {
        const std::string file = result.targets.size() == 1
                                     ? options.hgrm_file
                                     : options.hgrm_file + "." + as_file_name(target.name);
        if (!write_file(file, target.latency.hgrm())) {
            return complain(kFailed, file + ": cannot be written");
        }
    }
    return 0;
}

int run(const Options& options) {
    Result result = blank_result(options);
    Progress progress(options.quiet);
    const Outcome ran = run_workload(options, progress, result);
    progress.clear();
    if (!ran) return complain(kFailed, ran.error());
    result.finish();
    add_warnings(options, result);
    if (!options.quiet && options.json_file != "-") {
        std::fputs(to_text(result, may_colour(STDOUT_FILENO)).c_str(), stdout);
        std::fflush(stdout);
    }
    for (const std::string& warning : result.warnings) {
        std::fprintf(stderr, "stentor-bench: warning: %s\n", warning.c_str());
    }
    if (const int code = write_results(options, result); code != 0) return code;
    if (!result.failed) return 0;
    return complain(kFailed, "messages were lost, doubled or out of order, or connections ended");
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    auto line = read_command_line(arguments);
    if (!line) return complain(kBadUsage, line.error() + "; see --help");
    if (line->help) {
        std::fputs(line->help_text.c_str(), stdout);
        return 0;
    }
    return run(line->options);
}
