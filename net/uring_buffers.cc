// See uring_buffers.h.
// Thread: see uring_buffers.h.
// Invariant: see uring_buffers.h.
#include "net/uring_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/check.h"
#include "core/mirrored_ring.h"

namespace stentor::net {

namespace {

constexpr std::size_t kRingBytes = UringBuffers::kCount * sizeof(io_uring_buf);
constexpr std::size_t kMemoryBytes = kRingBytes +
                                     std::size_t{UringBuffers::kCount} * UringBuffers::kBytes +
                                     core::kReadablePaddingBytes;
constexpr int kMask = UringBuffers::kCount - 1;

}  // namespace

UringBuffers::~UringBuffers() {
    if (memory_ != nullptr) ::munmap(memory_, kMemoryBytes);
}

std::expected<void, core::Error> UringBuffers::open(UringRing& ring) {
    if (memory_ == nullptr) {
        void* memory = ::mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return std::unexpected(core::Error::from_errno(errno, "mmap of receive buffers"));
        }
        memory_ = memory;
    }
    ring_ = static_cast<io_uring_buf_ring*>(memory_);
    io_uring_buf_ring_init(ring_);
    io_uring_buf_reg group{};
    group.ring_addr = reinterpret_cast<std::uintptr_t>(ring_);
    group.ring_entries = kCount;
    group.bgid = kGroup;
    if (const int result = io_uring_register_buf_ring(&ring.raw(), &group, 0); result != 0) {
        return std::unexpected(core::Error::from_errno(-result, "io_uring_register_buf_ring"));
    }
    held_ = offered_ = 0;
    aside_.clear();
    add_more();
    return {};
}

std::byte* UringBuffers::at(std::uint16_t buffer) const {
    return static_cast<std::byte*>(memory_) + kRingBytes + std::size_t{buffer} * kBytes;
}

void UringBuffers::append(UringChain& chain, std::uint16_t buffer, std::uint32_t bytes) {
    STENTOR_DCHECK(buffer < kCount && bytes > 0 && bytes <= kBytes);
    filled_[buffer] = {.bytes = bytes, .next = UringChain::kNone};
    if (chain.empty()) {
        chain.first = buffer;
    } else {
        filled_[chain.last].next = buffer;
    }
    chain.last = buffer;
    ++held_;
    held_bytes_ += bytes;
}

std::span<std::byte> UringBuffers::front(const UringChain& chain) const {
    if (chain.empty()) return {};
    return std::span(at(chain.first), filled_[chain.first].bytes).subspan(chain.taken_bytes);
}

std::size_t UringBuffers::take(UringChain& chain, std::span<std::byte> into) {
    std::size_t moved = 0;
    while (!chain.empty() && moved < into.size()) {
        const std::size_t left = filled_[chain.first].bytes - chain.taken_bytes;
        const std::size_t count = std::min(left, into.size() - moved);
        std::memcpy(into.data() + moved, at(chain.first) + chain.taken_bytes, count);
        moved += count;
        if (count == left) {
            give_back(pop(chain));
        } else {
            chain.taken_bytes = static_cast<std::uint16_t>(chain.taken_bytes + count);
        }
    }
    return moved;
}

void UringBuffers::clear(UringChain& chain) {
    while (!chain.empty()) give_back(pop(chain));
}

void UringBuffers::set_aside(UringChain& chain) {
    aside_.push_back(pop(chain));
}

void UringBuffers::give_back_aside() {
    for (const std::uint16_t buffer : aside_) give_back(buffer);
    aside_.clear();
}

std::size_t UringBuffers::bytes(const UringChain& chain) const {
    std::size_t sum = 0;
    for (std::uint16_t i = chain.first; i != UringChain::kNone; i = filled_[i].next) {
        sum += filled_[i].bytes;
    }
    return sum - (chain.empty() ? 0u : chain.taken_bytes);
}

std::uint16_t UringBuffers::pop(UringChain& chain) {
    const std::uint16_t buffer = chain.first;
    chain.first = filled_[buffer].next;
    chain.taken_bytes = 0;
    if (chain.empty()) chain.last = UringChain::kNone;
    --held_;
    held_bytes_ -= filled_[buffer].bytes;
    return buffer;
}

bool UringBuffers::add_more() {
    const std::uint32_t more = std::min(kAtFirst, kCount - offered_);
    for (std::uint32_t i = 0; i < more; ++i) give_back(static_cast<std::uint16_t>(offered_++));
    return more > 0;
}

void UringBuffers::give_back(std::uint16_t buffer) {
    io_uring_buf_ring_add(ring_, at(buffer), kBytes, buffer, kMask, 0);
    io_uring_buf_ring_advance(ring_, 1);
}

}  // namespace stentor::net
