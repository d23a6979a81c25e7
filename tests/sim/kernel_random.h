// The kernel's random numbers, drawn from the seed: what asks for them (keys and epochs of a store)
// repeats itself too. The linker leads getrandom here (CMakeLists.txt).
// Thread: the simulation has one. Invariant: before the first seed_kernel_random() it is the
// kernel's own.
#pragma once

#include <cstdint>

namespace stentor::sim {

void seed_kernel_random(std::uint64_t seed);

}  // namespace stentor::sim
