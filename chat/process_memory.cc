// See process_memory.h.
// Thread: any.
// Invariant: see process_memory.h.
#include "chat/process_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STENTOR_SANITIZED_ALLOCATOR 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STENTOR_SANITIZED_ALLOCATOR 1
#endif
#ifdef STENTOR_SANITIZED_ALLOCATOR
// Of the sanitizers' allocator; not every compiler brings its header.
extern "C" std::size_t
__sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier)
#endif

namespace stentor::chat {

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t pages = 0;
    std::size_t resident_pages = 0;
    file >> pages >> resident_pages;
    return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

#ifdef STENTOR_SANITIZED_ALLOCATOR
std::size_t used_memory_bytes() {
    return __sanitizer_get_current_allocated_bytes();
}
#else
std::size_t used_memory_bytes() {
    return resident_bytes();
}
#endif

void give_back_free_memory() {
    ::malloc_trim(0);
}

}  // namespace stentor::chat
