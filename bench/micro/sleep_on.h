// Blocking until a doorbell rings, as a reactor does in epoll.
// Thread: the doorbell's owner.
// Invariant: returns only when the descriptor is readable.
#pragma once

#include <poll.h>

#include "core/doorbell.h"

namespace stentor::bench {

inline void sleep_on(const core::Doorbell& doorbell) {
    pollfd waits{.fd = doorbell.fd(), .events = POLLIN, .revents = 0};
    while (::poll(&waits, 1, -1) != 1) {
    }
}

}  // namespace stentor::bench
