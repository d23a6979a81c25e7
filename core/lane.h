// A bounded single-producer single-consumer ring. Pushing and publishing are two steps, so that a
// turn's worth of items costs one release; each side caches the other's index and asks again only
// when the cached one says full (or empty).
// Thread: "producer" functions one thread, "consumer" functions one thread.
// Invariant: head_ <= read_ <= tail_ <= write_ <= head_ + slots (64-bit, never wrap); exactly
// [read_, write_) holds objects.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "core/cache_line.h"
#include "core/check.h"

namespace stentor::core {

template <typename Item>
class Lane {
public:
    // `slots`: a power of two.
    explicit Lane(std::size_t slots)
        : slots_(std::make_unique<Slot[]>(slots)), mask_(slots - 1), size_(slots) {
        STENTOR_CHECK(std::has_single_bit(slots));
    }
    // Both threads are done with it. Destroys what was pushed and not drained.
    ~Lane() {
        for (std::uint64_t i = read_; i != write_; ++i) {
            std::destroy_at(item(i));
        }
    }
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    // ---- producer
    // Makes an Item in its slot, out of another or out of what one is made from: a variant is moved
    // by way of a table, what goes into it is not. False, and `what` untouched, when no slot is
    // free.
    template <typename What = Item>
    bool try_push(What&& what) {
        static_assert(std::is_rvalue_reference_v<What&&>, "an item has one owner");
        if (write_ - cached_head_ == size_ && !refresh_room()) {
            return false;
        }
        ::new (static_cast<void*>(slots_[write_ & mask_].storage)) Item(std::forward<What>(what));
        ++write_;
        return true;
    }
    // Makes what was pushed visible; false when there was nothing new.
    bool publish() {
        if (tail_.load(std::memory_order_relaxed) == write_) {
            return false;
        }
        tail_.store(write_, std::memory_order_release);  // partner: drained()
        return true;
    }
    // Is a slot free now? With seq_cst, for the producer that is about to sleep until there is one:
    // see ask_for_room().
    bool refresh_room() {
        cached_head_ = head_.load(std::memory_order_seq_cst);  // partner: the store in drain()
        return write_ - cached_head_ != size_;
    }
    // The producer will sleep until a slot is free: asks to be rung, then looks once more
    // (Doorbell's protocol the other way round: P1 is the store of head_, S2 is refresh_room()).
    void ask_for_room() { wants_room_.store(true, std::memory_order_seq_cst); }

    // ---- consumer
    // Hands over published items, oldest first, at most `budget`, while may_continue(): fn(Item&&).
    // The slot's object is destroyed after fn, whether or not fn moved from it. fn may push.
    template <typename MayContinue, typename Fn>
    std::size_t drain(std::size_t budget, MayContinue&& may_continue, Fn&& fn) {
        const std::uint64_t first = read_;
        const FreeOnExit free{*this, first};
        while (read_ - first < budget && !drained() && may_continue()) {
            const DestroyOnExit destroy{*this};
            fn(std::move(*item(read_)));
        }
        return static_cast<std::size_t>(read_ - first);
    }
    // Is nothing published left? Looks at tail_ again before it says yes.
    bool drained() {
        if (read_ == cached_tail_) {
            cached_tail_ = tail_.load(std::memory_order_acquire);  // partner: publish()
        }
        return read_ == cached_tail_;
    }
    // Is the producer waiting for what drain() has just freed? Says true once per ask_for_room().
    bool take_room_wish() {
        return wants_room_.load(std::memory_order_seq_cst) &&  // partner: ask_for_room()
               wants_room_.exchange(false, std::memory_order_seq_cst);
    }

private:
    struct Slot {
        alignas(Item) std::byte storage[sizeof(Item)];
    };
    Item* item(std::uint64_t index) {
        return std::launder(reinterpret_cast<Item*>(slots_[index & mask_].storage));
    }
    // An fn that throws has still consumed its item.
    struct DestroyOnExit {
        Lane& lane;
        ~DestroyOnExit() {
            std::destroy_at(lane.item(lane.read_));
            ++lane.read_;
        }
    };
    // seq_cst rather than release once a batch, for the producer that sleeps for room.
    struct FreeOnExit {
        Lane& lane;
        std::uint64_t first;
        ~FreeOnExit() {
            if (lane.read_ != first) {
                lane.head_.store(lane.read_, std::memory_order_seq_cst);  // partner: refresh_room()
            }
        }
    };

    // Read by both, never written.
    const std::unique_ptr<Slot[]> slots_;
    const std::uint64_t mask_;
    const std::uint64_t size_;
    std::atomic<bool> wants_room_{false};  // written only by a producer about to sleep, and back
    // The producer's own; apart from tail_, so that a push does not pull a line that is polled.
    alignas(kCacheLineBytes) std::uint64_t write_ = 0;
    std::uint64_t cached_head_ = 0;
    // Written by the producer, once a turn.
    alignas(kCacheLineBytes) std::atomic<std::uint64_t> tail_{0};
    // The consumer's own.
    alignas(kCacheLineBytes) std::uint64_t read_ = 0;
    std::uint64_t cached_tail_ = 0;
    // Written by the consumer, once a batch.
    alignas(kCacheLineBytes) std::atomic<std::uint64_t> head_{0};
};

}  // namespace stentor::core
