// run_uring() where liburing is not installed.
// Thread: see loop.h.
#include "bench/limit/loop.h"

namespace stentor::bench::limit {

core::Error run_uring(Work /*work*/, int /*listener*/) {
    return core::Error::because(
        "built without io_uring: install liburing-dev and build again, or use --io epoll");
}

}  // namespace stentor::bench::limit
