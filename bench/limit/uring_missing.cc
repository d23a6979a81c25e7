// What stands for uring_loop.cc where liburing is not installed.
// Thread: any.
#include "bench/limit/loop.h"

namespace stentor::bench::limit {

LoopOrError create_uring_loop(Work /*work*/, int /*listener*/, HandOverSeat /*seat*/) {
    return std::unexpected(core::Error::because(
        "built without io_uring: install liburing-dev and build again, or use --io epoll"));
}

}  // namespace stentor::bench::limit
