// SIGTERM, SIGINT (stop) and SIGHUP (read the certificate again) as something that the main thread
// waits for, instead of a handler.
// Thread: main, constructed before any other thread starts (they inherit what is blocked).
// Invariant: from its construction to the end of the program none of the three ends it by itself:
// what comes when all is done does not change how it ended.
#pragma once

#include <csignal>
#include <optional>

#include "core/instant.h"

namespace stentor::chat {

class Signals {
public:
    Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    // The number of the signal that came; nothing came within that time, if one is given.
    std::optional<int> wait(std::optional<core::Duration> at_most = std::nullopt);
    // Did one of those that stop come in time? A SIGHUP is let pass.
    bool stop_within(core::Duration time);

private:
    sigset_t signals_;
};

}  // namespace stentor::chat
