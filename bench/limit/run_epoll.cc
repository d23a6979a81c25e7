// See loop.h.
// Thread: see loop.h.
#include "bench/limit/epoll_loop.h"
#include "bench/limit/loop.h"

namespace stentor::bench::limit {

core::Error run_epoll(Work work, int listener) {
    const auto loop = EpollLoop::create(work, listener);
    if (!loop) return loop.error();
    for (;;) (*loop)->turn();
}

}  // namespace stentor::bench::limit
