// See signals.h.
// Thread: main.
// Invariant: SIGPIPE is ignored from here on; a write says EPIPE.
#include "chat/signals.h"

#include <cerrno>

#include "core/check.h"

namespace stentor::chat {

Signals::Signals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGHUP);
    STENTOR_CHECK(pthread_sigmask(SIG_BLOCK, &signals_, nullptr) == 0);
    std::signal(SIGPIPE, SIG_IGN);
}

int Signals::wait() {
    for (;;) {
        const int signal = sigwaitinfo(&signals_, nullptr);
        if (signal > 0) return signal;
        STENTOR_CHECK(errno == EINTR);
    }
}

bool Signals::stop_within(core::Duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
    const int signal = sigtimedwait(&signals_, nullptr, &timeout);
    return signal > 0 && signal != SIGHUP;
}

}  // namespace stentor::chat
