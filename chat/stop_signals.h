// SIGTERM and SIGINT as something that the main thread waits for, instead of a handler.
// Thread: main, constructed before any other thread starts (they inherit what is blocked).
// Invariant: while it lives no signal of the two interrupts or ends the program by itself.
#pragma once

#include <csignal>
#include <optional>

#include "core/instant.h"

namespace stentor::chat {

class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // The number of the signal that came.
    int wait();
    std::optional<int> wait_for(core::Duration time);

private:
    sigset_t signals_;
    sigset_t before_;
};

}  // namespace stentor::chat
