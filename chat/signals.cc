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

std::optional<int> Signals::wait(std::optional<core::Duration> at_most) {
    timespec timeout{};
    if (at_most) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*at_most);
        timeout = {.tv_sec = seconds.count(), .tv_nsec = (*at_most - seconds).count()};
    }
    for (;;) {
        const int signal =
            at_most ? sigtimedwait(&signals_, nullptr, &timeout) : sigwaitinfo(&signals_, nullptr);
        if (signal > 0) return signal;
        if (at_most && errno == EAGAIN) return std::nullopt;
        STENTOR_CHECK(errno == EINTR);
    }
}

bool Signals::stop_within(core::Duration time) {
    const std::optional<int> signal = wait(time);
    return signal && *signal != SIGHUP;
}

}  // namespace stentor::chat
