// See loop.h.
// Thread: see loop.h.
#include "bench/limit/loop.h"
#include "bench/limit/uring_loop.h"

namespace stentor::bench::limit {

core::Error run_uring(Work work, int listener) {
    const auto loop = UringLoop::create(work, listener);
    if (!loop) return loop.error();
    for (;;) (*loop)->turn();
}

}  // namespace stentor::bench::limit
