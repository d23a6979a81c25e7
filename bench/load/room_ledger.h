// What stands at each seq of a room, as whoever saw it first saw it: the others must see the same.
// Thread: any.
// Invariant: an entry of a seq changes only when a seq 65,536 later takes its place.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace stentor::bench {

class RoomLedger {
public:
    // False: somebody saw another event at this seq.
    bool agrees(std::uint64_t seq, std::uint64_t hash) {
        std::atomic<std::uint64_t>& entry = entries_[seq % kEntries];
        const std::uint64_t mine = ((seq & kSeqMask) << kHashBits) | (hash & kHashMask);
        std::uint64_t found = entry.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint64_t age = ((mine >> kHashBits) - (found >> kHashBits)) & kSeqMask;
            if (found != 0 && age == 0) return found == mine;
            if (found != 0 && age > kSeqMask / 2) return true;  // it is we who are late
            // Relaxed: the entry is all that is told.
            if (entry.compare_exchange_weak(found, mine, std::memory_order_relaxed)) return true;
        }
    }

private:
    static constexpr std::size_t kEntries = 65'536;
    static constexpr unsigned kHashBits = 36;
    static constexpr std::uint64_t kHashMask = (std::uint64_t{1} << kHashBits) - 1;
    static constexpr std::uint64_t kSeqMask = (std::uint64_t{1} << (64 - kHashBits)) - 1;

    std::array<std::atomic<std::uint64_t>, kEntries> entries_{};
};

}  // namespace stentor::bench
