// What getrandom is in a simulation. Thread: the simulation has one. Invariant: see
// kernel_random.h.
#include "tests/sim/kernel_random.h"

#include <sys/types.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "chat/random.h"
#include "core/hash.h"

namespace {

std::optional<stentor::chat::SeededRandom>& generator() {
    static std::optional<stentor::chat::SeededRandom> one;
    return one;
}

}  // namespace

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names for a function and its double
ssize_t __real_getrandom(void* into, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void* into, size_t size, unsigned flags);

ssize_t __wrap_getrandom(void* into, size_t size, unsigned flags) {
    if (!generator()) return __real_getrandom(into, size, flags);
    for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
        const std::uint64_t number = generator()->next();
        std::memcpy(static_cast<char*>(into) + at, &number, std::min(size - at, sizeof number));
    }
    return static_cast<ssize_t>(size);
}
// NOLINTEND(bugprone-reserved-identifier)

}  // extern "C"

namespace stentor::sim {

void seed_kernel_random(std::uint64_t seed) {
    core::process_hash_key();  // drawn once a process, and so by no seed
    generator().emplace(seed);
}

}  // namespace stentor::sim
