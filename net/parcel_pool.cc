// Parcels and blocks made, and kept for the next turn.
// Thread: see parcel_pool.h.
// Invariant: see parcel_pool.h.
#include "net/parcel_pool.h"

#include <new>

namespace stentor::net {

ParcelPool::~ParcelPool() {
    for (AnswerBlock* block : kept_medium_) ::operator delete(block);
    for (AnswerBlock* block : kept_large_) ::operator delete(block);
    for (BorrowedBytes* borrowed : kept_borrowed_) delete borrowed;
}

Parcel& ParcelPool::make(core::SharedBytes bytes) {
    std::unique_ptr<Parcel> parcel;
    if (kept_.empty()) {
        parcel = std::make_unique<Parcel>();
    } else {
        parcel = std::move(kept_.back());
        kept_.pop_back();
    }
    parcel->bytes = std::move(bytes);
    ++live_;
    return *parcel.release();
}

void ParcelPool::recycle(Parcel& parcel) {
    std::unique_ptr<Parcel> owned(&parcel);
    --live_;
    if (kept_.size() == kKeptMax) return;
    *owned = Parcel{};
    kept_.push_back(std::move(owned));
}

namespace {

AnswerBlock& allocate_block(std::uint32_t capacity) {
    void* memory = ::operator new(sizeof(AnswerBlock) + capacity);
    return *::new (memory) AnswerBlock{0, capacity};
}

AnswerBlock& take_block(std::vector<AnswerBlock*>& kept, std::uint32_t capacity) {
    if (kept.empty()) return allocate_block(capacity);
    AnswerBlock& block = *kept.back();
    kept.pop_back();
    block.size = 0;
    return block;
}

void keep_block(std::vector<AnswerBlock*>& kept, AnswerBlock& block, std::size_t kept_max) {
    if (kept.size() < kept_max) return kept.push_back(&block);
    ::operator delete(&block);
}

}  // namespace

// The allocator is quick enough for small ones.
AnswerBlock& ParcelPool::make_block(std::size_t bytes) {
    if (bytes <= AnswerBlock::kSmallBytes) return allocate_block(AnswerBlock::kSmallBytes);
    if (bytes <= AnswerBlock::kMediumBytes) {
        return take_block(kept_medium_, AnswerBlock::kMediumBytes);
    }
    return take_block(kept_large_, AnswerBlock::kLargeBytes);
}

void ParcelPool::drop(AnswerBlock& block) {
    switch (block.capacity) {
        case AnswerBlock::kLargeBytes:
            return keep_block(kept_large_, block, kKeptLargeMax);
        case AnswerBlock::kMediumBytes:
            return keep_block(kept_medium_, block, kKeptMediumMax);
        default:
            ::operator delete(&block);
    }
}

BorrowedBytes& ParcelPool::borrow(std::span<std::byte> bytes) {
    if (kept_borrowed_.empty()) return *new BorrowedBytes{bytes.data(), bytes.size()};
    BorrowedBytes& borrowed = *kept_borrowed_.back();
    kept_borrowed_.pop_back();
    borrowed = {bytes.data(), bytes.size()};
    return borrowed;
}

}  // namespace stentor::net
