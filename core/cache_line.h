// What two threads write must not share a cache line: the size to align by.
// Thread: any; a constant.
// Invariant: the same in every translation unit, unlike
// std::hardware_destructive_interference_size, which follows -mtune.
#pragma once

#include <cstddef>

namespace stentor::core {

inline constexpr std::size_t kCacheLineBytes = 64;

}  // namespace stentor::core
