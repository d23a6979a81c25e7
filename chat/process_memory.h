// What this process has of the machine's memory, and giving back what it does not use.
// Thread: any.
// Invariant: the figure is what the kernel counts as resident (proc(5), statm), so a limit on it
// means what a container's means.
#pragma once

#include <cstddef>

namespace stentor::chat {

std::size_t resident_bytes();
// What is held against --memory-limit: resident_bytes(), but for builds whose allocator keeps what
// is freed.
std::size_t used_memory_bytes();
// What malloc keeps of freed memory goes back to the system, as far as it makes whole pages. Takes
// the longer the more there is; other threads may wait for it.
void give_back_free_memory();

}  // namespace stentor::chat
