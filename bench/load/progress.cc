// See progress.h.
// Thread: main.
// Invariant: see progress.h.
#include "bench/load/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace stentor::bench {
namespace {

constexpr const char* kToLineStart = "\r\x1b[K";

bool is_terminal(int fd) {
    const char* term = std::getenv("TERM");
    return ::isatty(fd) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

std::size_t columns() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

}  // namespace

Progress::Progress(bool quiet) : shown_(!quiet && is_terminal(STDERR_FILENO)) {}

void Progress::show(const std::string& text) {
    if (!shown_) return;
    // A line that wraps would not be replaced.
    const std::string line = kToLineStart + text.substr(0, columns() - 1);
    std::fputs(line.c_str(), stderr);
    dirty_ = true;
}

void Progress::clear() {
    if (!dirty_) return;
    std::fputs(kToLineStart, stderr);
    dirty_ = false;
}

bool may_colour(int fd) {
    const char* no_colour = std::getenv("NO_COLOR");
    return is_terminal(fd) && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace stentor::bench
