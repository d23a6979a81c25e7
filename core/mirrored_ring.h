// A byte ring whose memory is mapped twice in a row, so that what it holds, and what is free, is
// always one contiguous span; and the pool that lends rings (docs/decisions.md, "A ring is lent").
// Thread: owner reactor.
// Invariant: head <= tail, tail - head <= capacity (64-bit, never wrap); what was ever written lies
// below peak, or peak >= capacity.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "core/error.h"

namespace stentor::core {

// Readers of what a ring holds (simdjson) may touch this many bytes behind the span; their content
// is arbitrary. RingPool keeps a page mapped behind every slot.
inline constexpr std::size_t kReadablePaddingBytes = 64;

class RingPool;

class MirroredRing {
public:
    MirroredRing() = default;  // no memory: capacity() is 0
    MirroredRing(MirroredRing&&) noexcept;
    MirroredRing& operator=(MirroredRing&&) noexcept;
    ~MirroredRing();  // gives the slot back to its pool

    explicit operator bool() const { return base_ != nullptr; }
    std::size_t capacity() const { return capacity_; }
    std::size_t size() const { return static_cast<std::size_t>(tail_ - head_); }
    bool empty() const { return head_ == tail_; }

    // Free space to receive into; valid until the next commit().
    std::span<std::byte> writable();
    // The first `count` bytes of writable() are now held. count <= writable().size().
    void commit(std::size_t count);
    // What is held, oldest first, writable in place (unmasking); valid until the next consume().
    std::span<std::byte> readable();
    // The first `count` bytes are done with. count <= size(). An emptied ring begins at its first
    // byte again: small messages stay in one page, and in the cache.
    void consume(std::size_t count);

private:
    friend class RingPool;
    void give_back();

    RingPool* pool_ = nullptr;
    std::byte* base_ = nullptr;
    std::size_t capacity_ = 0;  // a runtime value on purpose: see docs/decisions.md
    std::uint64_t head_ = 0;
    std::uint64_t tail_ = 0;
    std::uint64_t peak_ = 0;  // the highest tail since it was borrowed
};

class RingPool {
public:
    struct Config {
        std::size_t ring_bytes;  // a power of two, a multiple of the page size
        std::uint32_t rings_max;
        std::uint32_t kept_resident = 32;  // free rings that keep their memory
    };
    static std::expected<std::unique_ptr<RingPool>, Error> create(const Config& config);
    ~RingPool();  // every ring must have come back

    // A ring, empty; one without memory when rings_max are lent (counted in exhausted()).
    MirroredRing borrow();

    std::uint32_t lent() const { return lent_; }
    std::uint64_t exhausted() const { return exhausted_; }
    // Free slots that keep more than their first page.
    std::uint32_t resident_free() const { return static_cast<std::uint32_t>(warm_.size()); }

private:
    friend class MirroredRing;
    explicit RingPool(const Config& config) : config_(config) {}
    bool map_next_slot();
    bool map(std::size_t address_offset, std::size_t file_offset, std::size_t bytes);
    std::byte* address_of(std::uint32_t slot) const;
    void take_back(std::byte* base, std::uint64_t peak);

    Config config_;
    std::size_t page_bytes_ = 0;
    int memory_fd_ = -1;
    std::byte* space_ = nullptr;  // reserved address space: two ring_bytes a slot, and a page
    std::size_t space_bytes_ = 0;
    std::uint32_t mapped_ = 0;         // slots [0, mapped_) are mapped
    std::vector<std::uint32_t> warm_;  // free, with their memory
    std::vector<std::uint32_t> cold_;  // free, with one page at most
    std::vector<bool> has_memory_;     // by slot: more than the first page may be resident
    std::uint32_t lent_ = 0;
    std::uint64_t exhausted_ = 0;
};

}  // namespace stentor::core
