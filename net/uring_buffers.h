// What a reactor's sockets receive into under io_uring: a bounded pool of buffers that the kernel
// takes from as bytes come, and the chains of filled ones that wait to be received.
// Thread: open() any; the rest owner reactor.
// Invariant: a buffer is the kernel's, or in exactly one chain, or in a completion not yet reaped,
// or set aside.
#pragma once

#include <liburing.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "core/error.h"
#include "net/uring_ring.h"

namespace stentor::net {

// Filled buffers of one socket, oldest first.
struct UringChain {
    static constexpr std::uint16_t kNone = 0xffff;

    bool empty() const { return first == kNone; }

    std::uint16_t first = kNone;
    std::uint16_t last = kNone;
    std::uint16_t taken_bytes = 0;  // of the first
};

class UringBuffers {
public:
    static constexpr std::uint32_t kCount = 256;
    // A large message comes in one; of a small one a page is touched.
    static constexpr std::uint32_t kBytes = 60 * 1024;
    // Buffers go round, so few of them stay in the cache; the kernel gets more when it wants more.
    static constexpr std::uint32_t kAtFirst = 16;
    static constexpr int kGroup = 0;
    static_assert((kCount & (kCount - 1)) == 0 && kCount < UringChain::kNone);
    static_assert(kBytes <= 0xffff, "taken_bytes counts them");
    static_assert(kCount * kBytes <= 16 * 1024 * 1024, "a reactor's pool, in docs/limits.md");

    UringBuffers() = default;
    ~UringBuffers();
    UringBuffers(const UringBuffers&) = delete;
    UringBuffers& operator=(const UringBuffers&) = delete;

    // kAtFirst of them the kernel's. Again after the ring was closed, too.
    std::expected<void, core::Error> open(UringRing& ring);

    void append(UringChain& chain, std::uint16_t buffer, std::uint32_t bytes);
    // Moves as much as fits; returns how much. What is empty goes back to the kernel.
    std::size_t take(UringChain& chain, std::span<std::byte> into);
    // What is left in the first of them; empty if there is none.
    std::span<std::byte> front(const UringChain& chain) const;
    // That one leaves the chain, and is nobody's until give_back_aside().
    void set_aside(UringChain& chain);
    void give_back_aside();
    void clear(UringChain& chain);
    std::size_t bytes(const UringChain& chain) const;
    void give_back(std::uint16_t buffer);
    // A receive found none. True unless all are out.
    bool add_more();

    // How many chains hold, of kCount.
    std::uint32_t held() const { return held_; }
    std::size_t held_bytes() const { return held_bytes_; }  // counting what was taken of them

private:
    struct Filled {
        std::uint32_t bytes;
        std::uint16_t next;
    };
    std::byte* at(std::uint16_t buffer) const;
    std::uint16_t pop(UringChain& chain);

    void* memory_ = nullptr;  // the ring of what is the kernel's, then the buffers
    io_uring_buf_ring* ring_ = nullptr;
    std::uint32_t offered_ = 0;  // the kernel's at any time, or held
    std::uint32_t held_ = 0;
    std::size_t held_bytes_ = 0;
    std::array<Filled, kCount> filled_{};
    std::vector<std::uint16_t> aside_;
};

}  // namespace stentor::net
