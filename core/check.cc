// The end of a program whose invariant broke; see check.h.
// Thread: any.
// Invariant: allocates nothing, takes no lock of ours; a core dump shows the caller.
#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace stentor::core {

void check_failed(const char* expression, const char* file, int line) noexcept {
    std::fprintf(stderr, "stentor: check failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace stentor::core
