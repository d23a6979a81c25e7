// Which producers have published something to one consumer: a bit each, so that 130 lanes cost the
// consumer three words a turn instead of 130 loads.
//   producer: lane.publish() (release of the tail), then set(), never skipped because the bit seems
//             set already
//   consumer: take(), then reads the tails
// Both read-modify-write the same word, so the two have one order. If set() came first, take()
// acquires it and sees the tail; if it came after, the bit is set again for the next take().
// Thread: set() any; the rest the consumer.
// Invariant: a bit that is clear means that the lane holds nothing published that the consumer was
// not told of.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

#include "core/cache_line.h"

namespace stentor::core {

class ReadyBits {
public:
    static constexpr std::uint32_t kWordBits = 64;

    explicit ReadyBits(std::uint32_t bits)
        : words_((bits + kWordBits - 1) / kWordBits),
          shared_(std::make_unique<Line[]>((words_ + kLineWords - 1) / kLineWords)),
          taken_(std::make_unique<std::uint64_t[]>(words_)) {}

    void set(std::uint32_t bit) {
        // seq_cst for the doorbell (it is P1); its release half pairs with take().
        shared(bit / kWordBits).fetch_or(mask(bit), std::memory_order_seq_cst);
    }

    // Moves the shared bits over to the consumer's own.
    void take() {
        for (std::uint32_t word = 0; word < words_; ++word) {
            if (shared(word).load(std::memory_order_relaxed) != 0) {
                taken_[word] |=
                    shared(word).exchange(0, std::memory_order_acquire);  // partner: set()
            }
        }
    }
    // The consumer has found this lane empty since it took the bit.
    void clear(std::uint32_t bit) { taken_[bit / kWordBits] &= ~mask(bit); }
    // The first taken bit at or after `from`; kNone when there is none.
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    std::uint32_t next(std::uint32_t from) const {
        std::uint32_t word = from / kWordBits;
        if (word >= words_) {
            return kNone;
        }
        std::uint64_t bits = taken_[word] & (~std::uint64_t{0} << (from % kWordBits));
        while (bits == 0) {
            if (++word == words_) {
                return kNone;
            }
            bits = taken_[word];
        }
        return word * kWordBits + static_cast<std::uint32_t>(std::countr_zero(bits));
    }
    // Is any bit set, taken or not? The load is S2 of the doorbell's protocol.
    bool any() const {
        for (std::uint32_t word = 0; word < words_; ++word) {
            if (taken_[word] != 0 || shared(word).load(std::memory_order_seq_cst) != 0) {
                return true;
            }
        }
        return false;
    }

private:
    static constexpr std::uint64_t mask(std::uint32_t bit) {
        return std::uint64_t{1} << (bit % kWordBits);
    }

    // Lines of their own: producers write them while the consumer works on taken_.
    static constexpr std::uint32_t kLineWords = kCacheLineBytes / sizeof(std::uint64_t);
    struct alignas(kCacheLineBytes) Line {
        std::atomic<std::uint64_t> words[kLineWords]{};
    };
    std::atomic<std::uint64_t>& shared(std::uint32_t word) const {
        return shared_[word / kLineWords].words[word % kLineWords];
    }

    std::uint32_t words_;
    std::unique_ptr<Line[]> shared_;
    std::unique_ptr<std::uint64_t[]> taken_;  // the consumer's alone
};

}  // namespace stentor::core
