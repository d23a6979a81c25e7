// What waits to be sent on one connection: references to parcels (shared), blocks of answers (its
// own) and, for a moment, bytes that lie where they were received; oldest first. Bounded for
// parcels in bytes and references; see docs/protocol.md, slow readers.
// Thread: owner reactor.
// Invariant: bytes() is the sum of what is queued less what of the first entry was sent; no memory
// of its own while at most two entries wait and none of them is an answer.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/parcel.h"
#include "net/parcel_pool.h"

namespace stentor::net {

class Outbox {
public:
    static constexpr std::uint32_t kReferencesMax = 512;
    Outbox() = default;
    ~Outbox();  // clear() came before
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    bool empty() const { return count_ == 0; }
    std::size_t bytes() const { return bytes_; }
    std::uint32_t references() const { return count_; }
    // Has a parcel of that size room? An empty outbox has room for any one parcel.
    bool has_room(std::size_t parcel_bytes, std::size_t limit_bytes) const {
        return count_ == 0 || (bytes_ + parcel_bytes <= limit_bytes && count_ < kReferencesMax);
    }

    // Queues one reference; the parcel is not empty.
    void push(Parcel& parcel) {
        ++parcel.references;
        bytes_ += parcel.bytes.size();
        push_entry(Entry::of(parcel));
    }
    // Queues a copy: behind the answer that is queued last, as long as that one is not begun.
    void append_answer(std::span<const std::byte> bytes, ParcelPool& pool);

    // Queues the bytes where they lie, not empty, until own_borrowed(). If what was queued last is
    // borrowed too, and lies before them at `from` or behind it, they move down to its end: one
    // piece. What is between them is then nobody's.
    void borrow(std::span<std::byte> bytes, const std::byte* from, ParcelPool& pool);
    // What is borrowed and was not sent is copied, in its place.
    void own_borrowed(ParcelPool& pool);

    // What to send next, oldest first: fills `out`, not empty, up to about `bytes_max` (at least
    // one entry) and says how many entries it filled. Valid until anything else is called.
    std::size_t gather(std::span<iovec> out, std::size_t bytes_max) const {
        if (count_ == 1) [[likely]] {
            out.front() = piece(at(0).bytes().subspan(sent_of_first_));
            return 1;
        }
        return gather_some(out, bytes_max);
    }
    // The first `count` bytes were sent. count <= bytes().
    void consume(std::size_t count, ParcelPool& pool) {
        if (count == bytes_ && count_ == 1) [[likely]] {
            bytes_ = 0;
            pop_front(pool);
            give_back_ring();
        } else {
            consume_some(count, pool);
        }
    }
    void clear(ParcelPool& pool);

    // What is not yet begun may be let go; see Link for the meaning of these.
    std::size_t shed_ephemeral(ParcelPool& pool);
    std::optional<std::uint32_t> heaviest_topic() const;
    std::optional<OldestEvents> oldest_events() const;
    // The first_seq of the oldest that was let go, 0 if there was none; adds to `freed_bytes`.
    std::uint64_t shed_topic(std::uint32_t topic, ParcelPool& pool, std::size_t& freed_bytes);

    // Memory held beyond sizeof(*this), without the parcels, which others share.
    std::size_t held_bytes() const;

private:
    // One of three; the lowest bits say which.
    class Entry {
    public:
        Entry() = default;
        static Entry of(Parcel& parcel) { return Entry(reinterpret_cast<std::uintptr_t>(&parcel)); }
        static Entry of(AnswerBlock& block) {
            return Entry(reinterpret_cast<std::uintptr_t>(&block) | kAnswer);
        }
        static Entry of(BorrowedBytes& borrowed) {
            return Entry(reinterpret_cast<std::uintptr_t>(&borrowed) | kBorrowed);
        }
        Parcel* parcel() const { return as<Parcel, kParcel>(); }
        AnswerBlock* answer() const { return as<AnswerBlock, kAnswer>(); }
        BorrowedBytes* borrowed() const { return as<BorrowedBytes, kBorrowed>(); }
        // The one of the three that fits is called with what it is.
        template <typename OfParcel, typename OfAnswer, typename OfBorrowed>
        auto visit(OfParcel&& of_parcel, OfAnswer&& of_answer, OfBorrowed&& of_borrowed) const {
            switch (word_ & kKinds) {
                case kParcel:
                    return of_parcel(*to<Parcel>());
                case kAnswer:
                    return of_answer(*to<AnswerBlock>());
                default:
                    return of_borrowed(*to<BorrowedBytes>());
            }
        }
        std::span<const std::byte> bytes() const {
            return visit([](const Parcel& parcel) { return parcel.bytes.bytes(); },
                         [](AnswerBlock& block) {
                             return std::span<const std::byte>(block.data(), block.size);
                         },
                         [](const BorrowedBytes& borrowed) {
                             return std::span<const std::byte>(borrowed.data, borrowed.size);
                         });
        }

    private:
        static constexpr std::uintptr_t kParcel = 0;
        static constexpr std::uintptr_t kAnswer = 1;
        static constexpr std::uintptr_t kBorrowed = 2;
        static constexpr std::uintptr_t kKinds = 3;

        explicit Entry(std::uintptr_t word) : word_(word) {}
        template <typename T>
        T* to() const {
            return reinterpret_cast<T*>(word_ & ~kKinds);
        }
        template <typename T, std::uintptr_t kKind>
        T* as() const {
            return (word_ & kKinds) == kKind ? to<T>() : nullptr;
        }
        std::uintptr_t word_ = 0;
    };
    static constexpr std::uint32_t kInline = 2;

    Entry* slots() { return capacity_ == kInline ? inline_ : ring_; }
    const Entry* slots() const { return capacity_ == kInline ? inline_ : ring_; }
    Entry& at(std::uint32_t index) { return slots()[(head_ + index) & (capacity_ - 1)]; }
    const Entry& at(std::uint32_t index) const {
        return slots()[(head_ + index) & (capacity_ - 1)];
    }
    void push_entry(Entry entry) {
        if (count_ == capacity_) grow();
        at(count_++) = entry;
    }
    void pop_front(ParcelPool& pool) {
        let_go(at(0), pool);
        sent_of_first_ = 0;
        head_ = (head_ + 1) & (capacity_ - 1);
        --count_;
    }
    // iovec is not const-correct; send only reads.
    static iovec piece(std::span<const std::byte> bytes) {
        return {const_cast<std::byte*>(bytes.data()), bytes.size()};
    }
    std::size_t gather_some(std::span<iovec> out, std::size_t bytes_max) const;
    void consume_some(std::size_t count, ParcelPool& pool);
    void grow();
    void give_back_ring() {
        head_ = 0;
        if (capacity_ != kInline) end_ring();
    }
    void end_ring();
    // How many entries at the front must stay because bytes of them were sent: 0 or 1.
    std::uint32_t begun() const { return sent_of_first_ > 0 ? 1 : 0; }
    // Keeps the entries from begun() on for which keep(entry) says true; returns the bytes let go.
    template <typename Keep>
    std::size_t retain(ParcelPool& pool, Keep&& keep);
    AnswerBlock* last_answer() { return count_ > begun() ? at(count_ - 1).answer() : nullptr; }
    static void let_go(Entry entry, ParcelPool& pool) {
        const auto drop = [&pool](auto& what) { pool.drop(what); };
        entry.visit(drop, drop, drop);
    }

    union {
        Entry inline_[kInline] = {};
        Entry* ring_;
    };
    std::size_t bytes_ = 0;
    std::uint32_t sent_of_first_ = 0;
    std::uint32_t head_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t capacity_ = kInline;  // a power of two
};
static_assert(sizeof(Outbox) == 40);

}  // namespace stentor::net
