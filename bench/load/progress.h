// The line that says how far a run is, on a terminal, and what may be coloured (no-color.org).
// Thread: main.
// Invariant: where stderr is no terminal, nothing is printed.
#pragma once

#include <string>
#include <string_view>

namespace stentor::bench {

class Progress {
public:
    explicit Progress(bool quiet);
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Replaces the line.
    void show(const std::string& text);
    void clear();

private:
    const bool shown_;
    bool dirty_ = false;
};

// Is what goes to this descriptor to be coloured?
bool may_colour(int fd);

}  // namespace stentor::bench
