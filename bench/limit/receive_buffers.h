// The buffers that the kernel puts received bytes into, as it sees fit
// (io_uring_register_buf_ring). Thread: the loop's. Invariant: a buffer is the kernel's from
// give_back() until a completion names it, then ours. In front of each lies room for the beginning
// of a frame that came before, so that parts of a frame become one span without a copy of the
// larger part.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>

#include "bench/limit/wire.h"
#include "core/error.h"

namespace stentor::bench::limit {

class ReceiveBuffers {
public:
    static constexpr std::uint16_t kGroup = 0;

    static std::expected<std::unique_ptr<ReceiveBuffers>, core::Error> create(io_uring& ring);
    ~ReceiveBuffers();
    ReceiveBuffers(const ReceiveBuffers&) = delete;
    ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;

    // Up to kCarryBytesMax may be written in front of it.
    std::byte* at(std::uint16_t id) const;
    void give_back(std::span<const std::uint16_t> ids);
    // For when the kernel ran out of them. They go round, and few stay warm: echo of 16 KiB over 16
    // buffers instead of 256 is a third faster.
    void add_one();

private:
    ReceiveBuffers(io_uring_buf_ring* ring, std::byte* memory) : ring_(ring), memory_(memory) {}

    io_uring_buf_ring* ring_;
    std::byte* memory_;
    std::uint16_t count_ = 0;
};

}  // namespace stentor::bench::limit
