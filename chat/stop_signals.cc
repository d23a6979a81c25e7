// See stop_signals.h.
// Thread: main.
// Invariant: SIGPIPE is ignored from here on; a write says EPIPE.
#include "chat/stop_signals.h"

#include <cerrno>

#include "core/check.h"

namespace stentor::chat {

StopSignals::StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    STENTOR_CHECK(pthread_sigmask(SIG_BLOCK, &signals_, &before_) == 0);
    std::signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::wait() {
    for (;;) {
        const int signal = sigwaitinfo(&signals_, nullptr);
        if (signal > 0) return signal;
        STENTOR_CHECK(errno == EINTR);
    }
}

std::optional<int> StopSignals::wait_for(core::Duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
    const int signal = sigtimedwait(&signals_, nullptr, &timeout);
    if (signal > 0) return signal;
    return std::nullopt;
}

}  // namespace stentor::chat
