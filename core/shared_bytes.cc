// The one allocation behind SharedBytes: a Block, then the bytes.
// Thread: any.
// Invariant: references >= 1 while a handle exists; who takes it to 0 frees the block.
#include "core/shared_bytes.h"

#include <cstring>
#include <limits>
#include <new>

#include "core/check.h"

namespace stentor::core {

SharedBytes SharedBytes::copy_of(std::span<const std::byte> bytes) {
    SharedBytes made;
    if (bytes.empty()) {
        return made;
    }
    STENTOR_CHECK(bytes.size() <= std::numeric_limits<std::uint32_t>::max());
    void* memory = ::operator new(sizeof(Block) + bytes.size());
    made.block_ = new (memory) Block{{1}, static_cast<std::uint32_t>(bytes.size())};
    std::memcpy(static_cast<void*>(made.block_ + 1), bytes.data(), bytes.size());
    return made;
}

std::uint32_t SharedBytes::use_count_for_test() const {
    return block_ == nullptr ? 0 : block_->references.load(std::memory_order_relaxed);
}

void SharedBytes::retain() noexcept {
    if (block_ != nullptr) {
        // Relaxed: the caller holds a reference already, so nothing has to become visible.
        block_->references.fetch_add(1, std::memory_order_relaxed);
    }
}

void SharedBytes::release() noexcept {
    if (block_ == nullptr) {
        return;
    }
    // Release: our reads of the bytes come before the free; acquire: the free comes after the reads
    // of all others. The partner is this same line in the other threads.
    if (block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::size_t bytes = sizeof(Block) + block_->size;
        block_->~Block();
        ::operator delete(static_cast<void*>(block_), bytes);
    }
}

}  // namespace stentor::core
