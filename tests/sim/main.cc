// simulate: plays seeds and says what failed (docs/simulation.md; scripts/simulate calls it).
// Thread: main. Invariant: exit code 0 means that every seed held, and, when asked, that all was
// met.
#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/log.h"
#include "tests/sim/run.h"

namespace {

using namespace stentor;

constexpr std::string_view kUsage =
    "usage: simulate [--seeds A..B] [--seed N] [--trace] [--coverage] [--expect-failure]\n"
    "  --seeds A..B      plays these seeds (1..100)\n"
    "  --seed N          plays one seed, twice: it must repeat itself\n"
    "  --trace           tells all that happens\n"
    "  --coverage        says what was met; fails when something never was\n"
    "  --expect-failure  succeeds when a seed fails: for mutants\n";

struct Arguments {
    std::uint64_t first = 1;
    std::uint64_t last = 100;
    bool trace = false;
    bool coverage = false;
    bool expect_failure = false;
};

// Where a failed CHECK finds the seed.
volatile std::sig_atomic_t playing = 0;
bool failure_expected = false;

extern "C" void on_abort(int signal) {
    if (failure_expected) {
        std::_Exit(0);
    }
    char text[64];
    const int size =
        std::snprintf(text, sizeof text, "seed %d: aborted\n", static_cast<int>(playing));
    std::fwrite(text, 1, static_cast<std::size_t>(size), stdout);
    std::fflush(stdout);
    std::signal(signal, SIG_DFL);  // what faulted faults again, and ends it
}

bool parse_number(std::string_view text, std::uint64_t& number) {
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

bool parse(int count, char** words, Arguments& arguments) {
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        const std::string_view value = i + 1 < count ? words[i + 1] : "";
        if (word == "--trace") {
            arguments.trace = true;
        } else if (word == "--coverage") {
            arguments.coverage = true;
        } else if (word == "--expect-failure") {
            arguments.expect_failure = true;
        } else if (word == "--seed" && parse_number(value, arguments.first)) {
            arguments.last = arguments.first;
            ++i;
        } else if (word == "--seeds" && value.find("..") != std::string_view::npos &&
                   parse_number(value, arguments.first) &&
                   parse_number(value.substr(value.find("..") + 2), arguments.last)) {
            ++i;
        } else {
            return false;
        }
    }
    return true;
}

bool tell_coverage(const sim::Report::Coverage& coverage) {
    bool complete = true;
    for (std::size_t i = 0; i < coverage.size(); ++i) {
        fmt::print("{:>10}  {}\n", coverage[i], name_of(static_cast<sim::Seen>(i)));
        // Needless wake-ups are counted, not wished for.
        complete = complete &&
                   (coverage[i] > 0 || i == static_cast<std::size_t>(sim::Seen::kNeedlessWake));
    }
    return complete;
}

}  // namespace

int main(int count, char** words) {
    Arguments arguments;
    if (!parse(count, words, arguments)) {
        fmt::print(stderr, "{}", kUsage);
        return 2;
    }
    failure_expected = arguments.expect_failure;
    std::signal(SIGABRT, on_abort);
    std::signal(SIGSEGV, on_abort);
    core::log::start({.level = core::log::Level::kError});
    sim::Report::Coverage coverage{};
    std::uint64_t failed = 0;
    std::uint64_t events = 0;
    std::uint64_t turns = 0;
    for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
        playing = static_cast<std::sig_atomic_t>(seed);
        const sim::Outcome outcome = sim::run(seed, arguments.trace);
        for (std::size_t i = 0; i < coverage.size(); ++i) {
            coverage[i] += outcome.coverage[i];
        }
        events += outcome.events;
        turns += outcome.turns;
        if (!outcome.failure.empty()) {
            ++failed;
            fmt::print("seed {}: {}\n", seed, outcome.failure);
            std::fflush(stdout);
            if (arguments.expect_failure) {
                return 0;
            }
        } else if (arguments.first == arguments.last &&
                   sim::run(seed, false).digest != outcome.digest) {
            ++failed;
            fmt::print("seed {} does not repeat itself\n", seed);
        }
    }
    fmt::print("{} seeds, {} failed; {} turns, {} events\n", arguments.last - arguments.first + 1,
               failed, turns, events);
    const bool complete = !arguments.coverage || tell_coverage(coverage);
    if (!complete) {
        fmt::print("something was never met\n");
    }
    return failed > 0 || !complete || arguments.expect_failure ? 1 : 0;
}
