// Makes what outboxes hold, parcels and blocks of answers, and takes it back when the last outbox
// lets go; some of it is kept for the next turn: a burst neither allocates nor faults pages in.
// Thread: owner reactor.
// Invariant: a parcel with references > 0 is live; drop() of the last one ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/parcel.h"

namespace stentor::net {

// Answers of one connection, copied one behind the other; the bytes follow the head. In three
// sizes: thousands of connections may wait for one short answer each, and a few for many long ones.
struct AnswerBlock {
    static constexpr std::uint32_t kHeadBytes = 8;
    static constexpr std::uint32_t kSmallBytes = 128 - kHeadBytes;
    static constexpr std::uint32_t kMediumBytes = 2048 - kHeadBytes;
    static constexpr std::uint32_t kLargeBytes = 16 * 1024 - kHeadBytes;

    std::uint32_t size;
    std::uint32_t capacity;

    std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
    std::uint32_t room() const { return capacity - size; }
};
static_assert(sizeof(AnswerBlock) == AnswerBlock::kHeadBytes);

// Bytes that go back whence they came: they lie where they were received, and whoever owns that
// place tells the outbox before it is used again (Outbox::own_borrowed()).
struct BorrowedBytes {
    std::byte* data;
    std::size_t size;
};

class ParcelPool {
public:
    ParcelPool() = default;
    ParcelPool(const ParcelPool&) = delete;
    ParcelPool& operator=(const ParcelPool&) = delete;
    ~ParcelPool();

    // Counted from zero.
    Parcel& make(core::SharedBytes bytes);
    // One reference less; the last one gives the parcel back.
    void drop(Parcel& parcel) {
        if (--parcel.references == 0) recycle(parcel);
    }
    // Gives back a parcel that nobody holds; one that somebody holds stays.
    void release_unheld(Parcel& parcel) {
        if (parcel.references == 0) recycle(parcel);
    }
    std::size_t live() const { return live_; }

    // An empty block of the size that takes `bytes` whole, or of the largest.
    AnswerBlock& make_block(std::size_t bytes);
    void drop(AnswerBlock& block);

    BorrowedBytes& borrow(std::span<std::byte> bytes);
    void drop(BorrowedBytes& borrowed) { kept_borrowed_.push_back(&borrowed); }

private:
    static constexpr std::size_t kKeptMax = 256;
    static constexpr std::size_t kKeptMediumMax = 256;  // 512 KiB
    static constexpr std::size_t kKeptLargeMax = 64;    // 1 MiB
    void recycle(Parcel& parcel);

    std::vector<std::unique_ptr<Parcel>> kept_;
    std::vector<AnswerBlock*> kept_medium_;
    std::vector<AnswerBlock*> kept_large_;
    std::vector<BorrowedBytes*> kept_borrowed_;  // as many as one turn ever had
    std::size_t live_ = 0;
};

}  // namespace stentor::net
