// See receive_buffers.h. Untouched pages of the mapping cost nothing.
// Thread: see receive_buffers.h.
// Invariant: see receive_buffers.h.
#include "bench/limit/receive_buffers.h"

#include <sys/mman.h>

#include <cerrno>

namespace stentor::bench::limit {
namespace {

constexpr std::uint16_t kBuffersAtFirst = 16;
constexpr std::uint16_t kBuffersMax = 256;
constexpr std::size_t kReadBytes = 512 << 10;
constexpr std::size_t kStride = kCarryBytesMax + kReadBytes;
constexpr std::size_t kRingBytes = kBuffersMax * sizeof(io_uring_buf);

void* map(std::size_t bytes) {
    void* const memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

std::expected<std::unique_ptr<ReceiveBuffers>, core::Error> ReceiveBuffers::create(io_uring& ring) {
    auto* const entries = static_cast<io_uring_buf_ring*>(map(kRingBytes));
    auto* const memory = static_cast<std::byte*>(map(kBuffersMax * kStride));
    if (entries == nullptr || memory == nullptr) {
        return std::unexpected(core::Error::from_errno(errno, "no memory for receive buffers"));
    }
    io_uring_buf_reg where{};
    where.ring_addr = reinterpret_cast<std::uint64_t>(entries);
    where.ring_entries = kBuffersMax;
    where.bgid = kGroup;
    if (const int rc = io_uring_register_buf_ring(&ring, &where, 0); rc < 0) {
        return std::unexpected(core::Error::from_errno(-rc, "io_uring_register_buf_ring"));
    }
    io_uring_buf_ring_init(entries);
    std::unique_ptr<ReceiveBuffers> buffers(new ReceiveBuffers(entries, memory));
    for (std::uint16_t i = 0; i < kBuffersAtFirst; ++i) buffers->add_one();
    return buffers;
}

ReceiveBuffers::~ReceiveBuffers() {
    ::munmap(ring_, kRingBytes);
    ::munmap(memory_, kBuffersMax * kStride);
}

std::byte* ReceiveBuffers::at(std::uint16_t id) const {
    return memory_ + id * kStride + kCarryBytesMax;
}

void ReceiveBuffers::add_one() {
    if (count_ == kBuffersMax) return;
    const std::uint16_t id[] = {count_++};
    give_back(id);
}

void ReceiveBuffers::give_back(std::span<const std::uint16_t> ids) {
    int place = 0;
    for (const std::uint16_t id : ids) {
        io_uring_buf_ring_add(ring_, at(id), kReadBytes, id, io_uring_buf_ring_mask(kBuffersMax),
                              place++);
    }
    io_uring_buf_ring_advance(ring_, place);
}

}  // namespace stentor::bench::limit
