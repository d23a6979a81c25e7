// chat: see workloads.h.
// Thread: main.
// Invariant: see workloads.h.
#include "bench/load/workloads.h"

namespace stentor::bench {

Outcome run_chat(const Options&, Progress&, Result&) {
    return std::unexpected("chat is not in this version");
}

}  // namespace stentor::bench
